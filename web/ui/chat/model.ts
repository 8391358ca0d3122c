// What the chat knows, as signals, and the only place where frames change it.
import { computed, signal } from '@preact/signals'
import { langOf, type Lang } from '../shared/i18n'
import { Line, noSession, tooBig, type LineState } from './line'
import { newKey, Outbox, type Kept } from './outbox'
import type { Event, FromServer, Hello, Notice, Owner, Parcel, Queue, Refusal, Verdict, Welcome } from './protocol'

export interface Settings {
  site: string
  lang: Lang
  wsURL: string
  api: string
  page: string
  /** The help page that the chat was opened from, as "nl/retour". */
  article?: string | undefined
  store: Storage
}

/** thinkingTime is how long "the chatbot is looking" may stand without a sign from the server. */
const thinkingTime = 30_000

export class Chat {
  readonly lang = signal<Lang>('nl')
  readonly notice = signal<Notice | undefined>(undefined)
  /** What a customer reads out on the telephone to be found again. */
  readonly reference = signal('')
  readonly line = signal<LineState>('connecting')
  readonly owner = signal<Owner>('bot')
  readonly events = signal<Event[]>([])
  readonly outbox = signal<Kept[]>([])
  readonly delta = signal('')
  readonly queue = signal<Queue | undefined>(undefined)
  readonly typist = signal('')
  readonly thinking = signal(false)
  /** Why something was refused: a code of the protocol. */
  readonly problem = signal('')
  readonly visible = signal(true)
  readonly unread = signal(0)
  /** Messages that arrived while the page was open, for the ears of a screen reader. */
  readonly spoken = signal<Event[]>([])
  /** Buttons and forms the customer used on this page, by id. */
  readonly used = signal<ReadonlySet<string>>(new Set())
  /** A question that the shop's page put into the text field; each new one replaces the text. */
  readonly asked = signal('')

  readonly closed = computed(() => {
    const last = this.events.value.findLast((e) => e.kind === 'closed' || e.kind === 'owner' || isOwn(e))
    return last?.kind === 'closed' || last?.owner?.to === 'nobody'
  })
  readonly rated = computed(() => this.events.value.some((e) => e.kind === 'rating'))
  readonly agent = computed(() => {
    if (this.owner.value !== 'agent') return ''
    const change = this.events.value.findLast((e) => e.kind === 'owner' && e.owner?.to === 'agent')
    return change?.owner?.name ?? this.events.value.findLast((e) => e.from?.role === 'agent')?.from?.name ?? ''
  })

  identity: string | undefined
  /** Called for everything the shop's page may want to hear. */
  onEvent: (name: string, detail: unknown) => void = () => undefined
  /** Called when the server wants to know again who the customer is. */
  onIdentity: () => void = () => undefined

  private readonly box: Outbox
  private readonly carrier: Line
  private started = false
  private last = 0
  private live = 0
  private epoch = ''
  private seen: number
  private order = Date.now()
  private thinkTimer: number | undefined
  private typeTimer: number | undefined
  private typedAt = 0

  constructor(private readonly set: Settings) {
    this.lang.value = langOf(this.recall('lang') ?? set.lang)
    this.box = new Outbox(set.site, set.store)
    this.outbox.value = this.box.all()
    this.seen = Number(this.recall('seen') ?? 0)
    this.carrier = new Line(set.wsURL, set.api, set.site, {
      hello: () => this.hello(),
      session: () => this.recall('session') ?? '',
      after: () => this.last,
      epoch: () => this.epoch,
      frame: (f) => this.frame(f),
      state: (s) => {
        this.line.value = s
      },
      hungUp: (code) => this.hungUp(code),
    })
  }

  start() {
    this.started = true
    this.carrier.start()
  }

  // ---- what the customer does

  say(text: string) {
    const clean = text.trim()
    if (!clean) return
    this.post({ type: 'say', key: newKey(), text: clean, article: this.set.article || undefined }, clean)
    this.set.article = undefined // the page at hand is what the first question is about
    this.think()
  }
  press(id: string, label: string) {
    this.use(id)
    this.post({ type: 'press', key: newKey(), button: id }, label)
    this.think()
  }
  submit(form: string, values: Record<string, string>, label: string) {
    this.use(form)
    this.post({ type: 'submit', key: newKey(), form, values }, label)
    this.think()
  }
  human() {
    this.post({ type: 'human', key: newKey() }, '')
  }
  rate(verdict: Verdict) {
    this.post({ type: 'rate', key: newKey(), ...verdict }, '')
  }
  end() {
    this.post({ type: 'end', key: newKey() }, '')
  }
  /** typing tells an agent that the customer is writing, at most every three seconds. */
  typing() {
    const now = Date.now()
    if (this.owner.value !== 'agent' || now - this.typedAt < 3_000) return
    this.typedAt = now
    this.carrier.send({ type: 'typing' })
  }
  retry(kept: Kept) {
    const again = { ...kept, failed: undefined }
    this.keep(again)
    this.carrier.send(again.parcel)
  }
  discard(kept: Kept) {
    this.drop(kept.parcel.key)
  }

  // ---- who and where

  setLang(lang: Lang) {
    this.lang.value = lang
    this.remember('lang', lang)
    this.carrier.greet()
  }
  identify(identity: string) {
    if (this.identity === identity) return
    this.identity = identity
    this.carrier.greet()
  }
  setPage(page: string) {
    this.set.page = page
  }
  show(visible: boolean) {
    this.visible.value = visible
    if (visible) this.look()
  }
  /** fresh leaves this conversation behind and begins another. */
  fresh() {
    this.forget()
    this.remember('session', '')
    this.remember('seen', '0')
    this.seen = 0
    this.box.clear()
    this.outbox.value = []
    if (this.started) this.carrier.restart()
  }
  /** logout is fresh for a customer whose name must not stay behind either. */
  logout() {
    this.identity = undefined
    this.fresh()
  }

  /** look marks everything that is on the screen as seen. */
  look() {
    if (!this.visible.value || document.hidden) return
    this.unread.value = 0
    if (this.last <= this.seen) return
    this.seen = this.last
    this.remember('seen', String(this.seen))
    this.carrier.send({ type: 'seen', seq: this.seen })
  }

  // ---- frames

  private hello(): Hello {
    return {
      type: 'hello',
      session: this.recall('session') ?? '',
      after: this.last,
      epoch: this.epoch || undefined,
      lang: this.lang.value,
      identity: this.identity,
      page: this.set.page || undefined,
    }
  }

  private frame(f: FromServer) {
    switch (f.type) {
      case 'welcome':
        return this.welcome(f)
      case 'event':
        return this.event(f)
      case 'ack':
        return this.ack(f.key, f.seq)
      case 'delta':
        this.delta.value += f.text
        return this.think()
      case 'queue':
        this.queue.value = f
        return
      case 'typing':
        return this.someoneTypes(f.from.name ?? '')
      case 'reset':
        this.forget()
        this.epoch = f.epoch
        return
      case 'error':
        return this.refused(f)
      default:
        return // a frame of a later version
    }
  }

  /** hungUp mends what a wait cannot: a frame that is too big, and a session that is over. A page that had nothing to
   *  show yet begins a new conversation; otherwise the customer is told, and decides. */
  private hungUp(code: number) {
    if (code === tooBig)
      for (const kept of this.outbox.value) if (!kept.seq) this.keep({ ...kept, failed: 'too_long' })
    if (code === noSession && this.recall('session') && !this.events.value.length) this.fresh()
  }

  private welcome(w: Welcome) {
    if (this.epoch && this.epoch !== w.epoch) this.forget()
    this.epoch = w.epoch
    this.live = Math.max(this.live, w.seq)
    this.remember('session', w.session)
    this.owner.value = w.owner
    this.notice.value = w.notice ?? this.notice.value
    this.reference.value = w.reference ?? this.reference.value
    if (w.lang && !this.recall('lang')) this.lang.value = langOf(w.lang)
    this.problem.value = ''
    for (const kept of this.outbox.value) if (!kept.failed && !kept.seq) this.carrier.send(kept.parcel)
  }

  private event(e: Event) {
    if (e.seq <= this.last) return
    this.last = e.seq
    if (e.kind === 'redacted') {
      this.redact(e)
      return
    }
    this.events.value = [...this.events.value, e]
    if (e.kind === 'owner' && e.owner) this.ownerChanged(e.owner.to)
    this.arrived(e)
    this.use(e.message?.pressed?.id, e.message?.submit?.form)
    if (e.kind === 'message' && e.from?.role !== 'customer') this.heard(e)
    if (e.kind === 'action' || e.kind === 'closed') this.rest()
    if (e.seq > this.live) {
      this.live = e.seq
      this.spoken.value = [...this.spoken.value.slice(-30), e]
      this.onEvent(e.kind, { seq: e.seq, kind: e.kind, role: e.from?.role })
    }
    this.look()
  }

  private heard(e: Event) {
    this.rest()
    this.typist.value = ''
    if (e.seq > this.seen && !this.visible.value) this.unread.value++
  }

  private ownerChanged(to: Owner) {
    this.owner.value = to
    if (to !== 'queue') this.queue.value = undefined
    if (to !== 'bot') this.rest()
  }

  /** arrived takes our own line out of the outbox, whether its event comes before its ack or after it. */
  private arrived(e: Event) {
    const own = this.outbox.value.find(
      (k) => k.parcel.key === e.key || (k.seq !== undefined && k.seq <= e.seq) || (isOwn(e) && !e.key && same(k, e)),
    )
    if (own) this.drop(own.parcel.key)
  }

  /** ack makes a line "sent". It stays in sight until its event takes its place, but is never sent again. */
  private ack(key: string, seq: number) {
    const own = this.outbox.value.find((k) => k.parcel.key === key)
    if (own && seq <= this.last) this.drop(key)
    else if (own) {
      this.outbox.value = this.outbox.value.map((k) => (k === own ? { ...own, seq } : k))
      this.box.remove(key)
    }
    this.problem.value = ''
    this.onEvent('sent', { seq })
  }

  private refused(r: Refusal) {
    const kept = r.key ? this.outbox.value.find((k) => k.parcel.key === r.key) : undefined
    this.rest()
    if (kept?.parcel.type === 'say') return this.keep({ ...kept, failed: r.code })
    if (kept) this.drop(kept.parcel.key)
    if (kept && 'button' in kept.parcel) this.unuse(kept.parcel.button)
    if (kept && 'form' in kept.parcel) this.unuse(kept.parcel.form)
    if (r.code === 'forbidden') this.onIdentity()
    this.problem.value = r.code
  }

  private redact(e: Event) {
    const gone = new Set(e.redacted?.seqs ?? [])
    const blank = (x: Event): Event => (gone.has(x.seq) ? { ...x, kind: 'redacted', message: {} } : x)
    this.events.value = this.events.value.map(blank)
    this.spoken.value = this.spoken.value.map(blank)
  }

  private forget() {
    this.last = 0
    this.events.value = []
    this.spoken.value = []
    this.used.value = new Set()
    this.queue.value = undefined
    this.rest()
  }

  // ---- signs of life

  private think() {
    if (this.owner.value !== 'bot') return
    this.thinking.value = true
    clearTimeout(this.thinkTimer)
    this.thinkTimer = window.setTimeout(() => this.rest(), thinkingTime)
  }
  private rest() {
    clearTimeout(this.thinkTimer)
    this.thinking.value = false
    this.delta.value = ''
  }
  private someoneTypes(name: string) {
    this.typist.value = name || '…'
    clearTimeout(this.typeTimer)
    this.typeTimer = window.setTimeout(() => (this.typist.value = ''), 6_000)
  }

  // ---- the outbox

  private post(parcel: Parcel, label: string) {
    this.problem.value = ''
    this.keep({ parcel, label, order: this.order++ })
    this.carrier.send(parcel)
  }
  private keep(kept: Kept) {
    const others = this.outbox.value.filter((k) => k.parcel.key !== kept.parcel.key)
    this.outbox.value = [...others, kept].sort((a, b) => a.order - b.order)
    this.box.put(kept)
  }
  private drop(key: string) {
    this.outbox.value = this.outbox.value.filter((k) => k.parcel.key !== key)
    this.box.remove(key)
  }
  private use(...ids: (string | undefined)[]) {
    const fresh = ids.filter((id) => id !== undefined && !this.used.value.has(id)) as string[]
    if (fresh.length) this.used.value = new Set([...this.used.value, ...fresh])
  }
  private unuse(id: string) {
    const rest = new Set(this.used.value)
    rest.delete(id)
    this.used.value = rest
  }

  // ---- what is kept between visits

  private recall(name: string): string | null {
    return this.set.store.getItem(`balie:${this.set.site}:${name}`)
  }
  private remember(name: string, value: string) {
    this.set.store.setItem(`balie:${this.set.site}:${name}`, value)
  }
}

function isOwn(e: Event): boolean {
  return e.kind === 'message' && e.from?.role === 'customer'
}

/** same guesses that e is the line k, for the moment between an event and its ack. */
function same(k: Kept, e: Event): boolean {
  return !k.failed && k.label !== '' && k.label === e.message?.text
}
