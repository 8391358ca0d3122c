// One open conversation on the desk: its log, its packet, and what the agent is writing in it.
import { computed, signal } from '@preact/signals'
import { actionsOf } from '../chat/active'
import type { From } from '../chat/protocol'
import { at, call } from './api'
import type { Customer, DeskEvent, Opened, Packet, Row } from './protocol'

/** Keeper is what an open conversation asks of the desk around it. */
export interface Keeper {
  readonly me: { readonly value: { id: string } | null | undefined }
  putRow(row: Row): void
  typing(id: string): void
  key(): string
  write(id: string, what: string, body: object): Promise<boolean>
  attempt<T>(run: () => Promise<T>): Promise<T | undefined>
}

/** A line of the agent that is on its way. */
export interface Sending {
  key: string
  text: string
  failed: boolean
}

export class Talk {
  readonly events = signal<DeskEvent[]>([])
  readonly packet = signal<Packet | undefined>(undefined)
  readonly customer = signal<Customer | undefined>(undefined)
  readonly answer = signal('')
  readonly note = signal('')
  readonly mode = signal<'answer' | 'note'>('answer')
  readonly sending = signal<Sending[]>([])
  readonly typist = signal<(From & { id?: string }) | undefined>(undefined)
  readonly loaded = signal(false)
  /** On a screen with room for one pane: the customer's is shown in the place of the log. */
  readonly side = signal(false)

  readonly actions = computed(() => actionsOf(this.events.value))
  readonly marks = computed(() => {
    const found = new Map<number, string>()
    for (const e of this.events.value) if (e.mark) found.set(e.mark.seq, e.mark.verdict)
    return found
  })

  last = 0
  private saved = ''
  private saveTimer: number | undefined
  private typeTimer: number | undefined
  private typedAt = 0

  constructor(
    readonly id: string,
    private readonly desk: Keeper,
  ) {}

  fill(opened: Opened) {
    this.desk.putRow(opened.row)
    if (this.events.value.length === 0) this.begin(opened.events ?? [])
    else for (const e of opened.events ?? []) this.add(e)
    this.packet.value = opened.context ?? this.packet.value
    this.customer.value = opened.customer ?? opened.context?.customer ?? this.customer.value
    if (!this.loaded.value && opened.draft) {
      this.answer.value ||= opened.draft.text ?? ''
      this.note.value ||= opened.draft.note ?? ''
      this.saved = this.draftBody()
    }
    this.loaded.value = true
  }

  /** begin takes a whole log at once: adding a thousand events one by one would draw as many times. */
  private begin(events: DeskEvent[]) {
    const gone = new Set(events.flatMap((e) => e.redacted?.seqs ?? []))
    this.events.value = events.map((e) => (gone.has(e.seq) ? blank(e) : e))
    this.last = events.at(-1)?.seq ?? 0
  }

  /** add puts an event in its place; one that is already here changes nothing. The call and the socket may bring the same
   *  events, and in either order. */
  add(e: DeskEvent) {
    if (this.events.value.some((x) => x.seq === e.seq)) return
    this.last = Math.max(this.last, e.seq)
    const gone = new Set(e.redacted?.seqs ?? [])
    const before = gone.size
      ? this.events.value.map((x) => (gone.has(x.seq) ? blank(x) : x))
      : this.events.value
    const after = before.findIndex((x) => x.seq > e.seq)
    this.events.value = after < 0 ? [...before, e] : before.toSpliced(after, 0, e)
    if (e.kind === 'message') this.typist.value = undefined
  }

  typed(from: From & { id?: string }) {
    if (from.id && from.id === this.desk.me.value?.id) return
    this.typist.value = from
    clearTimeout(this.typeTimer)
    this.typeTimer = window.setTimeout(() => (this.typist.value = undefined), 6_000)
  }

  // ---- writing

  write(text: string) {
    if (this.mode.value === 'note') this.note.value = text
    else {
      this.answer.value = text
      this.tellTyping()
    }
    clearTimeout(this.saveTimer)
    this.saveTimer = window.setTimeout(() => this.saveDraft(), 700)
  }

  private tellTyping() {
    const now = Date.now()
    if (now - this.typedAt < 3_000) return
    this.typedAt = now
    this.desk.typing(this.id)
  }

  private draftBody(): string {
    return JSON.stringify({ text: this.answer.value, note: this.note.value })
  }

  /** saveDraft keeps what is being written on the server, so that it is there on another screen too. */
  saveDraft() {
    clearTimeout(this.saveTimer)
    const body = this.draftBody()
    if (body === this.saved) return
    this.saved = body
    void this.desk.attempt(() => call('PUT', at(this.id, '/draft'), JSON.parse(body)))
  }

  /** send sends the answer or keeps the note. What is refused stays in sight, with its key, and can be sent again. */
  async send() {
    const note = this.mode.value === 'note'
    const text = (note ? this.note : this.answer).value.trim()
    if (!text) return
    this.write('')
    this.saveDraft()
    if (note) {
      if (!(await this.desk.write(this.id, '/notes', { key: this.desk.key(), text }))) this.note.value = text
      return
    }
    await this.deliver({ key: this.desk.key(), text, failed: false })
  }

  async deliver(line: Sending) {
    const others = this.sending.value.filter((s) => s.key !== line.key)
    this.sending.value = [...others, { ...line, failed: false }]
    const done = await this.desk.write(this.id, '/messages', { key: line.key, text: line.text })
    this.sending.value = this.sending.value
      .filter((s) => s.key !== line.key || !done)
      .map((s) => (s.key === line.key ? { ...s, failed: true } : s))
  }

  discard(line: Sending) {
    this.sending.value = this.sending.value.filter((s) => s.key !== line.key)
  }
}

/** blank takes the words out of an event. */
function blank(e: DeskEvent): DeskEvent {
  return { seq: e.seq, at: e.at, kind: 'redacted', ...(e.from ? { from: e.from } : {}) }
}
