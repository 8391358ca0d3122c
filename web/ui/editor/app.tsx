// The editor's frame: sign-in, or the bar and the screen that the address names.
import { useSignalEffect } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { SignIn } from '../shared/signin'
import { call, Refused, statusOf } from './api'
import { ArticlePage } from './article'
import { Here, useRoom, type Room } from './context'
import { FilesPage } from './files'
import { GapPage, GapsPage } from './gaps'
import { Go } from './go'
import { ListPage } from './list'
import type { Me } from './protocol'
import { RepliesPage, ReplyPage } from './replies'

export function App({ room }: { room: Room }) {
  useEffect(() => {
    call<Me>('GET', '/me').then(
      (me) => (room.me.value = me),
      (e: unknown) => {
        room.me.value = null
        if (!(e instanceof Refused && e.status === 401)) room.fail(e)
      },
    )
  }, [room])
  useSignalEffect(() => {
    document.documentElement.lang = room.lang.value
    document.title = room.t('title')
  })
  return (
    <Here.Provider value={room}>
      <Screen />
    </Here.Provider>
  )
}

function Screen() {
  const room = useRoom()
  const { t } = room
  if (room.me.value === undefined) return <p class="loading">{t('loading')}</p>
  if (room.me.value === null) {
    const signIn = async (email: string, password: string) => {
      room.me.value = await call<Me>('POST', '/login', { email, password })
    }
    return <SignIn title={t('title')} lang={room.lang.value} setLang={(l) => room.setLang(l)} signIn={signIn} statusOf={statusOf} />
  }
  return (
    <div class="editor">
      <TopBar />
      <Messages />
      <Route />
    </div>
  )
}

function Route() {
  const room = useRoom()
  const [first = '', second = '', third = ''] = room.path.value.replace(/^\/desk\/kb\/?/, '').split('/').map(decodeURIComponent)
  switch (first) {
    case '':
      return <ListPage />
    case 'gaps':
      return second ? <GapPage key={second} id={second} /> : <GapsPage />
    case 'replies':
      return second ? <ReplyPage key={second} id={second} /> : <RepliesPage />
    case 'files':
      return <FilesPage />
    default:
      return <ArticlePage key={`${first}/${second}`} id={`${first}/${second}`} part={third} />
  }
}

function TopBar() {
  const room = useRoom()
  const { t } = room
  const path = room.path.value
  const current = (to: string, on: boolean) => ({ to, 'aria-current': on ? ('page' as const) : undefined })
  const signOut = () =>
    room.attempt(async () => {
      await call('POST', '/logout')
      room.me.value = null
    })
  return (
    <header class="top">
      <h1>{t('title')}</h1>
      <nav aria-label={t('nav')}>
        <Go {...current('/desk/kb', !/^\/desk\/kb\/(gaps|replies|files)/.test(path))}>{t('articles')}</Go>
        <Go {...current('/desk/kb/gaps', path.startsWith('/desk/kb/gaps'))}>{t('gaps')}</Go>
        <Go {...current('/desk/kb/replies', path.startsWith('/desk/kb/replies'))}>{t('replies')}</Go>
        <Go {...current('/desk/kb/files', path === '/desk/kb/files')}>{t('files')}</Go>
      </nav>
      <details class="menu">
        <summary>{room.me.value?.name}</summary>
        <div class="menu-list">
          {room.me.value?.roles.some((r) => r !== 'editor') && <a href="/desk">{t('to_desk')}</a>}
          <button type="button" lang={room.lang.value === 'nl' ? 'en' : 'nl'} onClick={() => room.setLang(room.lang.value === 'nl' ? 'en' : 'nl')}>
            {room.lang.value === 'nl' ? 'English' : 'Nederlands'}
          </button>
          <button type="button" onClick={() => void signOut()}>{t('sign_out')}</button>
        </div>
      </details>
    </header>
  )
}

/** Messages says what went wrong and what went well; both also reach a screen reader. */
function Messages() {
  const room = useRoom()
  return (
    <div class="messages">
      <div role="status">{room.notice.value && <p class="ok">{room.notice.value}</p>}</div>
      <div role="alert">
        {room.problem.value && (
          <p class="bad">
            {room.problem.value}{' '}
            <button type="button" class="link" onClick={() => (room.problem.value = '')}>{room.t('ok')}</button>
          </p>
        )}
      </div>
    </div>
  )
}
