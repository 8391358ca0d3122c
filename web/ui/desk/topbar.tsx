// The bar on top: am I here, what can I do, who am I.
import { canAsk, flip, switches } from './attention'
import { useRoom } from './context'
import { show } from './box'

export function TopBar() {
  const { desk, t } = useRoom()
  const me = desk.me.value
  const here = desk.presence.value === 'available'
  return (
    <header class="top">
      <h1>{t('title')}</h1>
      <div class="presence" role="group" aria-label={t('presence')}>
        <button type="button" aria-pressed={here} onClick={() => desk.setPresence('available')}>{t('available')}</button>
        <button type="button" aria-pressed={!here} onClick={() => desk.setPresence('away')}>{t('away')}</button>
      </div>
      {(desk.decides.value || desk.requests.value.length > 0) && (
        <button type="button" class="requests-open" onClick={() => show('requests')}>
          {t('requests')} {desk.requests.value.length > 0 && <span class="badge">{desk.requests.value.length}</span>}
        </button>
      )}
      <button type="button" class="search" onClick={() => show('palette')}>
        {t('search')} <kbd>Ctrl K</kbd>
      </button>
      <details class="menu">
        <summary>{me?.name}</summary>
        <div class="menu-list">
          <label class="switch">
            <input type="checkbox" checked={switches.value.sound} onChange={() => flip('sound')} /> {t('sound')}
          </label>
          <label class="switch">
            <input type="checkbox" checked={switches.value.keys} onChange={() => flip('keys')} /> {t('letter_keys')}
          </label>
          {canAsk() && (
            <button type="button" onClick={() => void Notification.requestPermission()}>{t('allow_notifications')}</button>
          )}
          <a href="/desk/kb">{t('to_library')}</a>
          {desk.decides.value && <a href="/desk/limits">{t('limits')}</a>}
          <button type="button" onClick={() => show('help')}>{t('keys_title')}</button>
          <button type="button" lang={desk.lang.value === 'nl' ? 'en' : 'nl'} onClick={() => desk.setLang(desk.lang.value === 'nl' ? 'en' : 'nl')}>
            {desk.lang.value === 'nl' ? 'English' : 'Nederlands'}
          </button>
          <button type="button" onClick={() => void desk.signOut()}>{t('sign_out')}</button>
        </div>
      </details>
    </header>
  )
}
