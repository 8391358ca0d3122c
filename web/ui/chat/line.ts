// The line to the server: a WebSocket, and after three that never opened the HTTP twin. It only carries; what must not be
// lost waits in the outbox, what was missed is asked for by position.
import type { Event, FromClient, FromServer, Hello, Parcel } from './protocol'

export type LineState = 'connecting' | 'open' | 'lost' | 'refused'

export interface LineOwner {
  hello(): Hello
  /** The session token, for the twin; '' before the first welcome. */
  session(): string
  after(): number
  /** Of which life of the log the position is; '' while that is not known. */
  epoch(): string
  frame(frame: FromServer): void
  state(state: LineState): void
  /** The server hung up with this code; called before anything is done about it. */
  hungUp(code: number): void
}

/** comeback says what a close code asks of us: try again soon, later, or not at all. */
export function comeback(code: number): 'soon' | 'later' | 'never' {
  if ((code >= 4100 && code <= 4199) || code === 1003 || code === 1007) return 'never'
  if ((code >= 4000 && code <= 4099) || code === 1011 || code === 1013) return 'later'
  return 'soon'
}

/** The close codes that need more than a wait. */
export const tooBig = 1009
export const noSession = 4100

/** delay is how long to wait before attempt n (from 0), in milliseconds: doubling to half a minute, spread at random, so
 *  that ten thousand customers cut off together do not come back together. */
export function delay(n: number, later: boolean, random = Math.random()): number {
  const ceiling = Math.min(30_000, 500 * 2 ** Math.min(n, 6))
  return (later ? 5_000 : 100) + random * ceiling
}

/** A server that does not confirm within this time is not there, whatever the socket says. */
const patience = 12_000

export class Line {
  private socket: WebSocket | undefined
  private twin: AbortController | undefined
  private attempt = 0
  private welcomed = false
  private unopened = 0
  private timer: number | undefined
  private watchdog: number | undefined
  private stopped = true

  constructor(
    private readonly wsURL: string,
    private readonly api: string,
    private readonly site: string,
    private readonly owner: LineOwner,
  ) {
    addEventListener('online', () => this.hurry())
    document.addEventListener('visibilitychange', () => document.hidden || this.hurry())
  }

  start() {
    this.stopped = false
    this.connect()
  }

  /** restart hangs up and begins again, for another session. */
  restart() {
    this.drop()
    this.attempt = 0
    this.start()
  }

  /** greet says hello again on the line there is: another language, another identity. */
  greet() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(this.owner.hello()))
    else if (!this.stopped) this.restart()
  }

  stop() {
    this.stopped = true
    this.drop()
  }

  /** send passes a frame on if there is a line, and otherwise does nothing. */
  send(frame: FromClient) {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(frame))
      if ('key' in frame) this.expectAnswer()
    } else if (this.twin && 'key' in frame) void this.post(frame)
  }

  private hurry() {
    if (this.stopped || this.timer === undefined) return
    clearTimeout(this.timer)
    this.connect()
  }

  private connect() {
    this.timer = undefined
    this.owner.state('connecting')
    if (this.unopened >= 3) void this.runTwin()
    else this.open()
  }

  private open() {
    const socket = new WebSocket(this.wsURL)
    this.socket = socket
    this.welcomed = false
    socket.onopen = () => {
      socket.send(JSON.stringify(this.owner.hello()))
      this.expectAnswer()
    }
    socket.onmessage = (e) => {
      if (this.socket !== socket) return
      this.gotAnswer()
      this.receive(String(e.data))
    }
    socket.onclose = (e) => this.socket === socket && this.closed(e.code)
  }

  private receive(text: string) {
    let frame: FromServer
    try {
      frame = JSON.parse(text) as FromServer
    } catch {
      return // not ours; the position tells us what we missed
    }
    if (frame.type === 'welcome') {
      this.attempt = 0
      this.unopened = 0
      this.welcomed = true
      this.owner.state('open')
    }
    this.owner.frame(frame)
  }

  private closed(code: number) {
    this.socket = undefined
    this.gotAnswer()
    if (this.stopped) return
    this.owner.hungUp(code)
    if (this.stopped || this.socket) return // the owner has started again, or given up
    const what = comeback(code)
    if (what === 'never') {
      this.stopped = true
      this.owner.state('refused')
      return
    }
    // A server that hangs up with a number of ours does speak WebSocket; the twin would hear the same.
    if (!this.welcomed && code < 4000) this.unopened++
    this.again(what === 'later')
  }

  private again(later: boolean) {
    this.owner.state('lost')
    this.timer = window.setTimeout(() => this.connect(), delay(this.attempt++, later))
  }

  private drop() {
    clearTimeout(this.timer)
    this.timer = undefined
    this.gotAnswer()
    const socket = this.socket
    this.socket = undefined
    socket?.close(1000)
    this.twin?.abort()
    this.twin = undefined
  }

  private expectAnswer() {
    this.watchdog ??= window.setTimeout(() => {
      this.drop()
      this.unopened++
      this.again(false)
    }, patience)
  }

  private gotAnswer() {
    clearTimeout(this.watchdog)
    this.watchdog = undefined
  }

  /** runTwin lives on HTTP until a call fails; then the WebSocket has its turn again. */
  private async runTwin() {
    const stop = new AbortController()
    this.twin = stop
    try {
      const welcome = await this.call('hello', this.owner.hello(), stop.signal)
      this.receive(welcome)
      while (!stop.signal.aborted) await this.poll(stop.signal)
    } catch {
      if (this.twin !== stop) return
      this.twin = undefined
      this.unopened = 2
      this.again(false)
    }
  }

  private async poll(signal: AbortSignal) {
    const answer = await fetch(`${this.api}/events?after=${this.owner.after()}&epoch=${encodeURIComponent(this.owner.epoch())}`, { headers: this.headers(), signal })
    if (!answer.ok) throw new Error(`events: ${answer.status}`)
    const body = (await answer.json()) as { events?: Omit<Event, 'type'>[]; epoch?: string; reset?: boolean }
    if (signal.aborted) return
    if (body.reset) this.owner.frame({ type: 'reset', epoch: body.epoch ?? '' })
    for (const event of body.events ?? []) this.owner.frame({ ...event, type: 'event' })
  }

  private async post(parcel: Parcel | { type: string }) {
    try {
      const text = await this.call(parcel.type, parcel, this.twin?.signal)
      this.receive(text)
    } catch {
      this.restart()
    }
  }

  /** call posts one frame and returns the frame that answers it. */
  private async call(name: string, body: object, signal: AbortSignal | undefined): Promise<string> {
    const answer = await fetch(`${this.api}/${name}?site=${encodeURIComponent(this.site)}`, {
      method: 'POST',
      headers: { ...this.headers(), 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: signal ?? null,
    })
    if (name === 'hello' && answer.status === 401) this.owner.hungUp(noSession)
    if (answer.status >= 500 || (name === 'hello' && !answer.ok)) throw new Error(`${name}: ${answer.status}`)
    const text = await answer.text()
    return answer.ok ? text : refusal(text, body)
  }

  private headers(): Record<string, string> {
    const session = this.owner.session()
    return session ? { Authorization: `Bearer ${session}` } : {}
  }
}

/** refusal turns a problem document into the error frame that the WebSocket would have carried. */
function refusal(text: string, body: object): string {
  let problem: { code?: string; detail?: string; title?: string } = {}
  try {
    problem = JSON.parse(text) as typeof problem
  } catch {
    problem = {}
  }
  return JSON.stringify({
    type: 'error',
    code: problem.code ?? 'unavailable',
    message: problem.detail ?? problem.title ?? '',
    key: (body as { key?: string }).key,
  })
}
