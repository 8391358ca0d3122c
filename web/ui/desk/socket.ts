// The desk's line: it comes back by itself, and tells the model so that nothing is missed in between.
import { comeback, delay } from '../chat/line'
import type { FromDesk, ToDesk } from './protocol'

export interface SocketOwner {
  frame(frame: FromDesk): void
  state(up: boolean): void
  /** Nobody is signed in any more. */
  signedOut(): void
}

const nobodySignedIn = 4103

export class Socket {
  private socket: WebSocket | undefined
  private attempt = 0
  private timer: number | undefined
  private stopped = true

  constructor(private readonly owner: SocketOwner) {
    addEventListener('online', () => this.timer !== undefined && this.open())
  }

  start() {
    this.stopped = false
    this.open()
  }

  stop() {
    this.stopped = true
    clearTimeout(this.timer)
    this.socket?.close(1000)
    this.socket = undefined
  }

  /** send passes a frame on if there is a line. Nothing sent here may matter when it is lost. */
  send(frame: ToDesk) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame))
  }

  private open() {
    clearTimeout(this.timer)
    this.timer = undefined
    const url = new URL('/api/v1/desk/ws', location.href)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    this.socket = socket
    socket.onmessage = (e) => this.socket === socket && this.receive(String(e.data))
    socket.onclose = (e) => this.socket === socket && this.closed(e.code)
  }

  private receive(text: string) {
    let frame: FromDesk
    try {
      frame = JSON.parse(text) as FromDesk
    } catch {
      return
    }
    if (frame.type === 'welcome') {
      this.attempt = 0
      this.owner.state(true)
    }
    this.owner.frame(frame)
  }

  private closed(code: number) {
    this.socket = undefined
    this.owner.state(false)
    if (this.stopped) return
    if (code === nobodySignedIn) return this.owner.signedOut()
    const what = comeback(code)
    if (what === 'never') return
    this.timer = window.setTimeout(() => this.open(), delay(this.attempt++, what === 'later'))
  }
}
