// The chat page. The server has already drawn it as plain HTML; this takes its place.
import { render } from 'preact'
import { isWord, type ToChat, type ToShop } from '../shared/bridge'
import { langOf } from '../shared/i18n'
import { closeMenus } from '../shared/menu'
import { App } from './app'
import { roomOf } from './context'
import { Chat } from './model'
import { storage } from './outbox'

const root = document.getElementById('app')
if (root) begin(root)

function begin(root: HTMLElement) {
  const query = new URLSearchParams(location.search)
  const shop = window.parent !== window ? query.get('host') : null // the origin that holds our frame
  const wsPath = root.dataset.ws ?? '/api/v1/chat/ws'
  const site = root.dataset.site ?? query.get('site') ?? ''
  const ws = new URL(wsPath, location.href)
  ws.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  ws.searchParams.set('site', site)
  const chat = new Chat({
    site,
    lang: langOf(root.dataset.lang ?? query.get('lang')),
    wsURL: ws.href,
    api: new URL(wsPath.replace(/\/ws$/, ''), location.href).href,
    page: shop ? '' : document.referrer,
    article: query.get('article') ?? undefined,
    store: storage(),
  })
  document.addEventListener('visibilitychange', () => chat.look())
  const typed = root.querySelector('textarea')?.value // into the plain page, before this script was there
  if (typed) chat.asked.value = typed
  if (query.has('article')) forgetArticle()
  root.replaceChildren()
  document.documentElement.classList.add('live')
  closeMenus()
  if (!shop) {
    chat.start()
    render(<App room={roomOf(chat)} />, root)
    return
  }
  const tell = (word: ToShop) => window.parent.postMessage(word, shop)
  render(<App room={roomOf(chat)} onClose={() => tell({ balie: 1, type: 'close' })} />, root)
  joinShop(chat, shop, tell)
}

/** forgetArticle takes the help page out of our address: loading the page again is no new question about it. */
function forgetArticle() {
  const here = new URL(location.href)
  here.searchParams.delete('article')
  history.replaceState(null, '', here)
}

/** joinShop listens to the page around us, and waits a moment for it to say who the customer is before saying hello. */
function joinShop(chat: Chat, shop: string, tell: (word: ToShop) => void) {
  let started = false
  const start = () => {
    if (!started) chat.start()
    started = true
  }
  addEventListener('message', (e) => {
    if (e.source !== window.parent || e.origin !== shop || !isWord(e.data)) return
    const word = e.data as ToChat
    switch (word.type) {
      case 'init':
        chat.setPage(word.page)
        if (word.identity && started) chat.identify(word.identity)
        else chat.identity = word.identity
        chat.show(word.visible)
        return start()
      case 'shown':
        return chat.show(word.visible)
      case 'identify':
        return chat.identify(word.identity)
      case 'logout':
        return chat.logout()
      case 'ask':
        chat.asked.value = ''
        chat.asked.value = word.text
        return
      default:
        return // 'set' is for the shop's own listeners; nothing here trusts it
    }
  })
  chat.onEvent = (name, detail) => tell({ balie: 1, type: 'event', name, detail })
  chat.onIdentity = () => tell({ balie: 1, type: 'identity' })
  chat.unread.subscribe((n) => tell({ balie: 1, type: 'unread', n }))
  tell({ balie: 1, type: 'ready' })
  setTimeout(start, 1500)
}
