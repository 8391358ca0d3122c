// What the desk knows, as signals, and the only place where calls and frames change it.
import { computed, signal } from '@preact/signals'
import { newKey } from '../chat/outbox'
import { langOf, type Lang } from '../shared/i18n'
import { at, call, Refused } from './api'
import { chime, notify } from './attention'
import { fresh, groups, orderOf, type Order } from './order'
import type { ActForm, ActRequest, Choices, Colleague, FromDesk, Me, Opened, Presence, Queue, Row, Settings } from './protocol'
import { Socket } from './socket'
import { Talk } from './talk'

const noOrder: Order = { mine: [], waiting: [], bot: [], closed: [] }

export class Desk {
  readonly lang = signal<Lang>(langOf(localStorage.getItem('balie:desk:lang') ?? document.documentElement.lang))
  /** undefined: not known yet; null: nobody is signed in. */
  readonly me = signal<Me | null | undefined>(undefined)
  readonly up = signal(false)
  readonly rows = signal<ReadonlyMap<string, Row>>(new Map())
  readonly presence = signal<Presence>('offline')
  readonly settings = signal<Settings>({ codes: [], canned: [], agents: [], teams: [] })
  readonly agents = signal<Colleague[]>([])
  /** Acts that wait for a second person: all of them for a supervisor, one's own for anybody else. */
  readonly requests = signal<ActRequest[]>([])
  /** The order on the screen. It stands still while the pointer is over it: see held. */
  readonly order = signal<Order>(noOrder)
  readonly held = signal(false)
  readonly selected = signal('')
  readonly talk = signal<Talk | undefined>(undefined)
  readonly problem = signal('')
  readonly notice = signal('')
  readonly now = signal(Date.now())

  readonly nextOrder = computed(() => orderOf(this.rows.value.values(), this.me.value?.id ?? ''))
  readonly freshCount = computed(() => (this.held.value ? fresh(this.order.value, this.nextOrder.value) : 0))
  /** What wants a person now: the queue, and one's own where the customer spoke last. */
  readonly count = computed(() => {
    const { waiting, mine } = this.nextOrder.value
    return waiting.length + mine.filter((id) => this.rows.value.get(id)?.unanswered).length
  })

  /** Whether conversations are any business of whoever is signed in. */
  readonly allowed = computed(() => this.me.value?.roles.some((r) => r === 'agent' || r === 'supervisor' || r === 'admin') ?? false)

  /** Whether one may say yes to what colleagues may not do alone. */
  readonly decides = computed(() => this.me.value?.roles.some((r) => r === 'supervisor' || r === 'admin') ?? false)

  /** The words for a refusal, given by the screen as well. */
  refusalText: (e: { code: string; message: string; reason?: string | undefined; holder?: string | undefined }) => string = (e) => e.message
  /** The words for alerts, given by the screen, which knows the language. */
  alertText: (kind: string) => string = (kind) => kind

  private readonly socket: Socket
  private readonly talks = new Map<string, Talk>()

  constructor() {
    this.socket = new Socket({
      frame: (f) => this.frame(f),
      state: (up) => {
        this.up.value = up
      },
      signedOut: () => this.leave(),
    })
    this.nextOrder.subscribe((next) => this.held.peek() || (this.order.value = next))
    setInterval(() => (this.now.value = Date.now()), 5_000)
  }

  // ---- coming and going

  async begin() {
    try {
      await this.enter(await call<Me>('GET', '/me'))
    } catch (e) {
      this.me.value = null
      if (e instanceof Refused && e.status !== 401) this.fail(e)
    }
  }

  /** signIn also says that the agent is here: who signs in comes to work. */
  async signIn(email: string, password: string) {
    await this.enter(await call<Me>('POST', '/login', { email, password }))
    if (this.allowed.value && this.presence.value !== 'available') await this.setPresence('available')
  }

  async signOut() {
    await this.attempt(() => call('POST', '/logout'))
    this.leave()
  }

  private async enter(me: Me) {
    this.me.value = me
    this.problem.value = ''
    if (!this.allowed.value) return
    await this.load()
    this.socket.start()
  }

  private leave() {
    this.socket.stop()
    this.talks.clear()
    this.talk.value = undefined
    this.rows.value = new Map()
    this.me.value = null
  }

  /** load asks for everything once: at the start, and after the line was away. */
  private async load() {
    await this.attempt(async () => {
      const [queue, settings] = await Promise.all([
        call<Queue>('GET', '/desk/queue'),
        call<Settings>('GET', '/desk/settings'),
      ])
      const all = [queue.waiting, queue.mine, queue.bot, queue.closed].flatMap((rows) => rows ?? [])
      this.rows.value = new Map(all.map((r) => [r.id, r]))
      this.presence.value = queue.presence
      this.settings.value = settings
      this.agents.value = settings.agents ?? []
    })
    await this.loadRequests()
  }

  private cannedAt = 0
  /** loadCanned asks for the prepared replies again, for an editor may have changed them since. */
  async loadCanned() {
    if (Date.now() - this.cannedAt < 10_000) return
    this.cannedAt = Date.now()
    await this.attempt(async () => {
      const { canned } = await call<Settings>('GET', '/desk/settings')
      this.settings.value = { ...this.settings.value, canned }
    })
  }

  private chosen: Presence | undefined
  async setPresence(state: Presence) {
    this.chosen = state
    await this.attempt(async () => {
      await call('PUT', '/desk/presence', { state })
      this.presence.value = state
      this.socket.send({ type: 'presence', state })
    })
  }

  setLang(lang: Lang) {
    this.lang.value = lang
    localStorage.setItem('balie:desk:lang', lang)
  }

  // ---- the list

  hold(held: boolean) {
    this.held.value = held
    if (!held) this.settle()
  }
  /** settle shows the order as it is now. */
  settle() {
    this.order.value = this.nextOrder.value
  }
  /** list is every row on the screen, from top to bottom. */
  list(): string[] {
    return groups.flatMap((g) => this.order.value[g])
  }
  move(step: number) {
    const list = this.list()
    const from = list.indexOf(this.selected.value)
    const to = Math.min(list.length - 1, Math.max(0, from + step))
    this.selected.value = list[to] ?? ''
  }

  async search(q: string): Promise<Row[]> {
    const found = await this.attempt(() => call<{ rows: Row[] | null }>('GET', '/desk/search?q=' + encodeURIComponent(q)))
    return found?.rows ?? []
  }

  // ---- one conversation

  /** open shows a conversation: what is already here at once, and what is newer as soon as it comes. */
  async open(id: string) {
    this.selected.value = id
    this.problem.value = ''
    const left = this.talk.value
    if (left && left.id !== id) {
      left.saveDraft()
      this.forget(left.id)
    }
    const talk = this.talks.get(id) ?? new Talk(id, this)
    this.talks.set(id, talk)
    this.talk.value = talk
    await this.refresh(talk)
  }

  /** forget stops following a conversation that is not one's own; opening it again asks for it anew. */
  private forget(id: string) {
    if (this.isMine(id)) return
    this.talks.delete(id)
    this.socket.send({ type: 'leave', conversation: id })
  }

  private async refresh(talk: Talk) {
    await this.attempt(async () => {
      talk.fill(await call<Opened>('GET', at(talk.id, `?after=${talk.last}`)))
      this.socket.send({ type: 'open', conversation: talk.id, after: talk.last })
    })
  }

  closeTalk() {
    const talk = this.talk.value
    if (!talk) return
    talk.saveDraft()
    this.forget(talk.id)
    this.talk.value = undefined
  }

  isMine(id: string): boolean {
    const owner = this.rows.value.get(id)?.owner
    return owner?.role === 'agent' && owner.agent === this.me.value?.id
  }

  async claim(id: string) {
    const done = await this.attempt(() => call<{ lease: string; row: Row }>('POST', at(id, '/claim')))
    if (!done) return
    this.putRow({ ...done.row, lease: done.lease })
    await this.open(id)
  }

  /** write does one of the calls that answer with the row as it has become. */
  async write(id: string, what: string, body: object): Promise<boolean> {
    const lease = this.rows.value.get(id)?.lease || undefined
    const done = await this.attempt(() => call<{ row?: Row }>('POST', at(id, what), { ...body, lease }))
    if (done?.row) this.putRow(done.row)
    return done !== undefined
  }

  /** post does a call of a conversation under the claim that one has; a refusal is the caller's to show. */
  post<T>(id: string, what: string, body: object): Promise<T> {
    return call<T>('POST', at(id, what), { ...body, lease: this.rows.value.get(id)?.lease || undefined })
  }

  // ---- acts

  actsFor(id: string, order: string): Promise<{ acts: ActForm[]; choices: Choices }> {
    return call('GET', at(id, `/actions?lang=${this.lang.value}&order=${encodeURIComponent(order)}`))
  }

  async loadRequests() {
    try {
      this.requests.value = (await call<{ requests: ActRequest[] }>('GET', `/desk/requests?lang=${this.lang.value}`)).requests
    } catch (e) {
      this.fail(e)
    }
  }

  /** decide says yes or no to what a colleague asked for; nobody needs to have the conversation for it. */
  async decide(q: ActRequest, how: 'approve' | 'decline', why: string) {
    await this.attempt(() => call('POST', at(q.conversation, '/actions'), { [how]: q.id, why }))
    await this.loadRequests()
  }

  typing(id: string) {
    this.socket.send({ type: 'typing', conversation: id })
  }

  key(): string {
    return newKey()
  }

  // ---- frames

  private frame(f: FromDesk) {
    switch (f.type) {
      case 'welcome':
        return void this.returned()
      case 'row':
        return this.putRow(f.row)
      case 'event':
        this.talks.get(f.conversation)?.add(f)
        return this.acted(f.conversation, f.action?.state)
      case 'typing':
        return this.talks.get(f.conversation)?.typed(f.from)
      case 'alert':
        return this.alert(f.alert, f.conversation, f.text)
      case 'agents':
        this.agents.value = f.agents
        return
      case 'error':
        this.problem.value = this.refusalText(f)
        return
      default:
        return // a frame of a later version
    }
  }

  /** acted looks again at what is known of the customer when an act has come to its end. */
  private acted(id: string, state: string | undefined) {
    const talk = this.talk.value
    if (talk?.id !== id || !['done', 'failed', 'undone'].includes(state ?? '')) return
    void this.attempt(async () => talk.fill(await call<Opened>('GET', at(id, `?after=${talk.last}`))))
  }

  private first = true
  /** returned catches up after a dropped line; the first welcome needs nothing, for everything was just loaded. What the agent chose on
   *  this page holds, whatever the server made of the silence. */
  private async returned() {
    if (!this.first) {
      await this.load()
      if (this.chosen && this.chosen !== this.presence.value) await this.setPresence(this.chosen)
    }
    this.first = false
    const talk = this.talk.value
    if (talk) await this.refresh(talk)
  }

  putRow(row: Row) {
    const wasMine = this.isMine(row.id)
    const before = this.rows.value.get(row.id)
    const known = this.requests.value.filter((q) => q.conversation === row.id).length
    if ((row.asked ?? 0) !== known && (this.decides.value || wasMine || known > 0)) void this.loadRequests()
    const rows = new Map(this.rows.value)
    rows.set(row.id, { ...row, lease: row.lease || (this.sameClaim(before, row) ? (before?.lease ?? '') : '') })
    this.rows.value = rows
    if (wasMine && !this.isMine(row.id) && this.talk.value?.id !== row.id) this.talks.delete(row.id) // no longer followed
  }

  private sameClaim(before: Row | undefined, row: Row): boolean {
    return !!before && before.owner.agent === row.owner.agent && before.owner.since === row.owner.since
  }

  private alert(kind: string, conversation: string, text: string) {
    if (kind === 'new_message' && this.talk.value?.id === conversation && document.hasFocus()) return
    chime()
    const row = this.rows.value.get(conversation)
    notify(this.alertText(kind), text || row?.last?.text || '', conversation, () => void this.open(conversation))
    this.notice.value = [this.alertText(kind), text].filter(Boolean).join(': ')
  }

  // ---- failure

  /** attempt runs a call and shows its refusal. It returns undefined when there was one. */
  async attempt<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await run()
      this.problem.value = ''
      return (result ?? ({} as T)) as T
    } catch (e) {
      this.fail(e)
      return undefined
    }
  }

  private fail(e: unknown) {
    if (!(e instanceof Refused)) throw e
    if (e.status === 401 && this.me.value) return this.leave()
    this.problem.value = this.refusalText(e)
  }
}
