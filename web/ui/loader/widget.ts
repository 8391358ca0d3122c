// The one script a shop adds. It draws a button, and only when that is pressed does it make the frame with the chat:
// until then nothing is requested and nothing is stored.
import texts from 'i18n:loader'
import { isWord, type ToChat, type ToShop } from '../shared/bridge'
import { langOf, translator, type Lang, type LoaderKey } from '../shared/i18n'
import { style } from './style'

type Identity = string | (() => Promise<string>)
type Listener = (detail: unknown) => void
/** The function a shop calls. A page that cannot wait for us defines it first, with a queue q of early calls. */
type Balie = { (...call: unknown[]): void; q?: ArrayLike<unknown>[]; loaded?: boolean }

class Widget {
  private readonly home: string
  private readonly site: string
  private readonly lang: Lang
  private readonly t: (key: LoaderKey, holes?: { n: number }) => string
  private readonly listeners = new Map<string, Listener[]>()
  private readonly waiting: ToChat[] = [] // words for a chat that is not ready yet
  private readonly host = document.createElement('balie-chat')
  private readonly root = this.host.attachShadow({ mode: 'open' })
  private readonly launcher = document.createElement('button')
  private readonly panel = document.createElement('div')
  private frame: HTMLIFrameElement | undefined
  private ready = false
  private opened = false
  private identity: Identity | undefined
  private cameFrom: HTMLElement | null = null

  constructor(tag: HTMLScriptElement) {
    this.home = new URL(tag.src).origin
    this.site = tag.dataset.site ?? ''
    this.lang = langOf(tag.dataset.lang ?? document.documentElement.lang)
    this.t = translator<LoaderKey>(texts, () => this.lang)
    this.draw()
    this.listen()
  }

  /** attach puts the button on the page, does the calls that came before us, and takes up what an earlier page had open. */
  attach(early: ArrayLike<unknown>[]) {
    document.body.append(this.host)
    for (const call of Array.from(early)) this.call(Array.from(call))
    const before = this.remembered()
    if (before === 'open' && !phone()) this.show(false)
    else if (before) this.makeFrame() // keep counting what comes in
  }

  /** call does one call of the shop; a name that is not ours does nothing. */
  call([name, value, more]: unknown[]) {
    switch (name) {
      case 'open':
        return this.show(true)
      case 'close':
        return this.close(false)
      case 'hide':
        this.close(false)
        this.host.style.display = 'none'
        return
      case 'show':
        this.host.style.display = ''
        return
      case 'identify':
        this.identity = value as Identity
        if (this.ready) void this.identify()
        return
      case 'logout':
        this.identity = undefined
        return this.say({ balie: 1, type: 'logout' })
      case 'set':
        return this.say({ balie: 1, type: 'set', values: value as Record<string, unknown> })
      case 'ask':
        this.show(true)
        return this.say({ balie: 1, type: 'ask', text: String(value) })
      case 'on':
        this.listeners.set(String(value), [...(this.listeners.get(String(value)) ?? []), more as Listener])
        return
    }
  }

  // ---- the screen

  private draw() {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(style)
    this.root.adoptedStyleSheets = [sheet]
    this.launcher.type = 'button'
    this.launcher.setAttribute('aria-haspopup', 'dialog')
    this.launcher.onclick = () => this.show(true)
    this.panel.setAttribute('role', 'dialog')
    this.panel.setAttribute('aria-label', this.t('title'))
    this.panel.hidden = true
    this.root.append(this.launcher, this.panel)
    this.count(0)
  }

  /** count shows how many messages wait: a number for the eye, a sentence for the ear. */
  private count(n: number) {
    this.launcher.textContent = this.t('label')
    if (n <= 0) return
    const badge = document.createElement('b')
    badge.textContent = n > 9 ? '9+' : String(n)
    badge.setAttribute('aria-hidden', 'true')
    const words = document.createElement('i')
    words.textContent = ', ' + this.t('unread', { n })
    this.launcher.append(badge, words)
  }

  private makeFrame() {
    const at = new URLSearchParams({ site: this.site, lang: this.lang, host: location.origin })
    this.frame = document.createElement('iframe')
    this.frame.title = this.t('title')
    this.frame.src = this.home + '/chat?' + at
    this.panel.append(this.frame)
  }

  /** show opens the panel. takeFocus is false when a page opens it by itself, after moving from one page to the next. */
  private show(takeFocus: boolean) {
    if (this.opened) return
    this.opened = true
    this.cameFrom = (this.root.activeElement ?? document.activeElement) as HTMLElement | null
    this.panel.hidden = false
    this.launcher.hidden = true
    if (!this.frame) this.makeFrame()
    else this.say({ balie: 1, type: 'shown', visible: true })
    if (takeFocus) this.frame?.focus()
    if (phone()) {
      document.documentElement.style.overflow = 'hidden'
      history.pushState({ ...(history.state as object | null), balie: 1 }, '') // the back button closes the chat
    }
    this.fit()
    this.remember('open')
    this.tell('open')
  }

  private close(byHistory: boolean) {
    if (!this.opened) return
    this.opened = false
    this.panel.hidden = true
    this.launcher.hidden = false
    document.documentElement.style.overflow = ''
    if (!byHistory && (history.state as { balie?: number } | null)?.balie) history.back()
    this.say({ balie: 1, type: 'shown', visible: false })
    this.remember('closed')
    const from = this.cameFrom
    if (from?.isConnected && from !== document.body && from !== this.host) from.focus()
    else this.launcher.focus()
    this.tell('close')
  }

  /** fit keeps the whole panel above a phone's keyboard. */
  private fit() {
    const view = visualViewport
    const full = this.opened && phone() && view
    this.panel.style.height = full ? view.height + 'px' : ''
    this.panel.style.top = full ? view.offsetTop + 'px' : ''
    this.panel.style.bottom = full ? 'auto' : ''
  }

  // ---- what is said between the shop's page and the chat

  private listen() {
    addEventListener('message', (e) => {
      if (e.origin !== this.home || !this.frame || e.source !== this.frame.contentWindow || !isWord(e.data)) return
      this.hear(e.data as ToShop)
    })
    addEventListener('keydown', (e) => e.key === 'Escape' && this.close(false))
    addEventListener('popstate', () => phone() && this.close(true))
    visualViewport?.addEventListener('resize', () => this.fit())
    visualViewport?.addEventListener('scroll', () => this.fit())
  }

  private hear(word: ToShop) {
    switch (word.type) {
      case 'ready':
        return void this.introduce()
      case 'close':
        return this.close(false)
      case 'unread':
        this.count(word.n)
        return this.tell('unread', word.n)
      case 'identity':
        return void this.identify()
      case 'event':
        return this.tell(word.name, word.detail)
    }
  }

  private say(word: ToChat) {
    if (this.ready) this.frame?.contentWindow?.postMessage(word, this.home)
    else this.waiting.push(word)
  }

  private tell(name: string, detail?: unknown) {
    this.listeners.get(name)?.forEach((listener) => listener(detail))
  }

  /** token asks the shop who the customer is; a shop that cannot say so has an anonymous customer. */
  private async token(): Promise<string | undefined> {
    try {
      return typeof this.identity === 'function' ? await this.identity() : this.identity
    } catch {
      return undefined
    }
  }

  /** introduce passes on what waited, signing out first of all, and then says who the customer is, which may take a while. */
  private async introduce() {
    this.ready = true
    this.waiting.splice(0).forEach((word) => this.say(word))
    const identity = await this.token()
    this.say({ balie: 1, type: 'init', page: location.href, visible: this.opened, identity })
  }

  private async identify() {
    const identity = await this.token()
    if (identity) this.say({ balie: 1, type: 'identify', identity })
  }

  // ---- whether the chat was open, for the shop's next page; a browser that stores nothing forgets it

  private remember(state: 'open' | 'closed') {
    try {
      sessionStorage.setItem('balie:' + this.site, state)
    } catch {
      return
    }
  }

  private remembered(): string | null {
    try {
      return sessionStorage.getItem('balie:' + this.site)
    } catch {
      return null
    }
  }
}

/** phone reports whether the chat fills the screen. */
function phone(): boolean {
  return matchMedia('(max-width: 480px)').matches
}

const script = document.currentScript as HTMLScriptElement | null
const shop = window as unknown as { balie?: Balie }
if (script && !shop.balie?.loaded) {
  const widget = new Widget(script)
  const early = shop.balie?.q ?? []
  shop.balie = Object.assign((...call: unknown[]) => widget.call(call), { loaded: true })
  if (document.body) widget.attach(early)
  else addEventListener('DOMContentLoaded', () => widget.attach(early))
}
