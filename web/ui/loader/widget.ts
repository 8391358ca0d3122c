// The one script a shop adds. It draws a button, and only when that is pressed does it make the frame with the chat:
// until then nothing is requested and nothing is stored.
import texts from 'i18n:loader'
import { isWord, type ToChat, type ToShop } from '../shared/bridge'
import { langOf, translator, type LoaderKey } from '../shared/i18n'
import { style } from './style'

type Identity = string | (() => Promise<string>)
type Listener = (detail: unknown) => void
type Balie = { (...call: unknown[]): void; q?: ArrayLike<unknown>[]; loaded?: boolean }

const script = document.currentScript as HTMLScriptElement | null
const shop = window as unknown as { balie?: Balie }
if (script && !shop.balie?.loaded) start(script)

function start(tag: HTMLScriptElement) {
  const home = new URL(tag.src).origin
  const site = tag.dataset.site ?? ''
  const lang = langOf(tag.dataset.lang ?? document.documentElement.lang)
  const t = translator<LoaderKey>(texts, () => lang)
  const memory = 'balie:' + site // sessionStorage: 'open' or 'closed', from the first opening on
  const listeners = new Map<string, Listener[]>()
  const waiting: ToChat[] = [] // words for a chat that is not ready yet

  const host = document.createElement('balie-chat')
  const root = host.attachShadow({ mode: 'open' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(style)
  root.adoptedStyleSheets = [sheet]
  const launcher = document.createElement('button')
  launcher.type = 'button'
  launcher.setAttribute('aria-haspopup', 'dialog')
  const panel = document.createElement('div')
  panel.setAttribute('role', 'dialog')
  panel.setAttribute('aria-label', t('title'))
  panel.hidden = true
  root.append(launcher, panel)

  let frame: HTMLIFrameElement | undefined
  let ready = false
  let open = false
  let identity: Identity | undefined
  let cameFrom: HTMLElement | null = null

  /** remember keeps whether the chat was open, for the shop's next page. A browser that stores nothing forgets it. */
  function remember(state: 'open' | 'closed') {
    try {
      sessionStorage.setItem(memory, state)
    } catch {
      return
    }
  }

  function remembered(): string | null {
    try {
      return sessionStorage.getItem(memory)
    } catch {
      return null
    }
  }

  const phone = () => matchMedia('(max-width: 480px)').matches
  const tell = (name: string, detail?: unknown) => listeners.get(name)?.forEach((fn) => fn(detail))

  function say(word: ToChat) {
    if (ready) frame?.contentWindow?.postMessage(word, home)
    else waiting.push(word)
  }

  function count(n: number) {
    launcher.textContent = t('label')
    if (n > 0) {
      const badge = document.createElement('b')
      badge.textContent = n > 9 ? '9+' : String(n)
      badge.setAttribute('aria-hidden', 'true')
      const words = document.createElement('i')
      words.textContent = ', ' + t('unread', { n })
      launcher.append(badge, words)
    }
  }

  function makeFrame() {
    frame = document.createElement('iframe')
    frame.title = t('title')
    const at = new URLSearchParams({ site, lang, host: location.origin })
    frame.src = home + '/chat?' + at
    panel.append(frame)
  }

  /** show opens the panel. takeFocus is false when a page opens it by itself, after moving from one page to the next. */
  function show(takeFocus = true) {
    if (open) return
    open = true
    cameFrom = (root.activeElement ?? document.activeElement) as HTMLElement | null
    panel.hidden = false
    launcher.hidden = true
    if (!frame) makeFrame()
    else say({ balie: 1, type: 'shown', visible: true })
    if (takeFocus) frame?.focus()
    if (phone()) {
      document.documentElement.style.overflow = 'hidden'
      history.pushState({ ...(history.state as object | null), balie: 1 }, '')
    }
    fit()
    remember('open')
    tell('open')
  }

  function close(fromHistory = false) {
    if (!open) return
    open = false
    panel.hidden = true
    launcher.hidden = false
    document.documentElement.style.overflow = ''
    if (!fromHistory && (history.state as { balie?: number } | null)?.balie) history.back()
    say({ balie: 1, type: 'shown', visible: false })
    remember('closed')
    if (cameFrom?.isConnected && cameFrom !== document.body && cameFrom !== host) cameFrom.focus()
    else launcher.focus()
    tell('close')
  }

  /** fit keeps the whole panel above a phone's keyboard. */
  function fit() {
    const view = visualViewport
    const full = open && phone() && view
    panel.style.height = full ? view.height + 'px' : ''
    panel.style.top = full ? view.offsetTop + 'px' : ''
    panel.style.bottom = full ? 'auto' : ''
  }

  /** tokenOf asks the shop who the customer is; a shop that cannot say so has an anonymous customer. */
  async function tokenOf(): Promise<string | undefined> {
    try {
      return typeof identity === 'function' ? await identity() : identity
    } catch {
      return undefined
    }
  }

  async function introduce() {
    const token = await tokenOf()
    ready = true
    say({ balie: 1, type: 'init', page: location.href, visible: open, identity: token })
    waiting.splice(0).forEach(say)
  }

  async function identify() {
    const token = await tokenOf()
    if (token) say({ balie: 1, type: 'identify', identity: token })
  }

  window.addEventListener('message', (e) => {
    if (e.origin !== home || !frame || e.source !== frame.contentWindow || !isWord(e.data)) return
    const word = e.data as ToShop
    if (word.type === 'ready') void introduce()
    else if (word.type === 'close') close()
    else if (word.type === 'unread') {
      count(word.n)
      tell('unread', word.n)
    } else if (word.type === 'identity') void identify()
    else if (word.type === 'event') tell(word.name, word.detail)
  })

  const calls: Record<string, (value: unknown, more: unknown) => void> = {
    open: () => show(),
    close: () => close(),
    hide: () => {
      close()
      host.style.display = 'none'
    },
    show: () => void (host.style.display = ''),
    identify: (value) => {
      identity = value as Identity
      if (ready) void identify()
    },
    logout: () => {
      identity = undefined
      if (frame) say({ balie: 1, type: 'logout' })
    },
    set: (value) => say({ balie: 1, type: 'set', values: value as Record<string, unknown> }),
    ask: (value) => {
      show()
      say({ balie: 1, type: 'ask', text: String(value) })
    },
    on: (name, fn) => {
      listeners.set(String(name), [...(listeners.get(String(name)) ?? []), fn as Listener])
    },
  }
  const balie: Balie = (...call) => calls[String(call[0])]?.(call[1], call[2])
  balie.loaded = true

  launcher.onclick = () => show()
  addEventListener('keydown', (e) => e.key === 'Escape' && close())
  addEventListener('popstate', () => phone() && close(true))
  visualViewport?.addEventListener('resize', fit)
  visualViewport?.addEventListener('scroll', fit)
  count(0)

  const early = shop.balie?.q ?? []
  shop.balie = balie
  const attach = () => {
    document.body.append(host)
    for (const call of Array.from(early)) balie(...Array.from(call))
    const before = remembered()
    if (before === 'open' && !phone()) show(false)
    else if (before) makeFrame() // an earlier page opened it: keep counting what comes in
  }
  if (document.body) attach()
  else addEventListener('DOMContentLoaded', attach)
}
