// The desk's frame: sign-in, or the bar and three panes.
import { useSignalEffect } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { SignIn } from '../shared/signin'
import { statusOf } from './api'
import { showCount } from './attention'
import { Here, refusal, useRoom, type Room } from './context'
import { Conversation } from './conversation'
import { Customer } from './customer'
import { Dialogs } from './dialogs'
import { listen } from './keys'
import { LimitsPage } from './limits'
import { QueuePane } from './queue'
import { TopBar } from './topbar'

export function App({ room }: { room: Room }) {
  const { desk, t } = room
  desk.alertText = (kind) => {
    switch (kind) {
      case 'new_in_queue':
        return t('alert_new_in_queue')
      case 'assigned':
        return t('alert_assigned')
      case 'new_message':
        return t('alert_new_message')
      case 'sla':
        return t('alert_sla')
      case 'request':
        return t('alert_request')
      default:
        return t('title')
    }
  }
  desk.refusalText = (e) => refusal(room, e)
  useSignalEffect(() => {
    document.documentElement.lang = desk.lang.value
    showCount(t('title'), desk.me.value ? desk.count.value : 0)
  })
  useEffect(() => listen(room), [room])
  return (
    <Here.Provider value={room}>
      <Screen />
    </Here.Provider>
  )
}

function Screen() {
  const { desk, t } = useRoom()
  if (desk.me.value === undefined) return <p class="loading">{t('loading')}</p>
  if (desk.me.value === null)
    return <SignIn title={t('title')} lang={desk.lang.value} setLang={(l) => desk.setLang(l)} signIn={(e, p) => desk.signIn(e, p)} statusOf={statusOf} />
  if (!desk.allowed.value && desk.me.value.roles.includes('editor')) {
    location.replace('/desk/kb') // their desk is the library
    return <p class="loading">{t('loading')}</p>
  }
  if (!desk.allowed.value)
    return (
      <main class="signin">
        <p>{t('no_access')}</p>
        <button type="button" onClick={() => void desk.signOut()}>{t('sign_out')}</button>
      </main>
    )
  if (location.pathname === '/desk/limits')
    return (
      <>
        <Messages />
        {desk.decides.value ? <LimitsPage /> : <main class="limits"><p>{t('limits_not_yours')}</p><p><a href="/desk">{t('to_desk')}</a></p></main>}
      </>
    )
  const talk = desk.talk.value
  return (
    <div class={`desk ${talk ? 'with-talk' : ''} ${talk?.side.value ? 'with-side' : ''}`}>
      <TopBar />
      <Messages />
      <div class="panes">
        <QueuePane />
        {talk ? <Conversation key={talk.id} talk={talk} /> : <section class="pane talk empty"><p>{t('choose')}</p></section>}
        {talk ? <Customer talk={talk} /> : <aside class="pane side" />}
      </div>
      <Dialogs />
    </div>
  )
}

/** Messages says what went wrong and what came in; both also reach a screen reader. */
function Messages() {
  const { desk, t } = useRoom()
  return (
    <div class="messages">
      <div role="status">
        {!desk.up.value && <p class="warn">{t('line_lost')}</p>}
        {desk.notice.value && <p class="hidden">{desk.notice.value}</p>}
      </div>
      <div role="alert">
        {desk.problem.value && (
          <p class="bad">
            {desk.problem.value}{' '}
            <button type="button" class="link" onClick={() => (desk.problem.value = '')}>{t('ok')}</button>
          </p>
        )}
      </div>
    </div>
  )
}
