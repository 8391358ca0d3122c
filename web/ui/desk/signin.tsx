// Who are you? A refusal is told in words, and the address stays in its field.
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { Refused } from './api'
import { useRoom } from './context'

export function SignIn() {
  const { desk, t } = useRoom()
  const wrong = useSignal('')
  const busy = useSignal(false)
  const send = async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    const data = new FormData(e.currentTarget)
    busy.value = true
    wrong.value = ''
    try {
      await desk.signIn(String(data.get('email')), String(data.get('password')))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      wrong.value = error.status === 429 ? t('signin_often') : error.status === 401 ? t('signin_wrong') : error.message || t('signin_failed')
    } finally {
      busy.value = false
    }
  }
  return (
    <main class="signin">
      <h1>{t('title')}</h1>
      <form onSubmit={send}>
        <label for="email">{t('email')}</label>
        <input id="email" name="email" type="email" autocomplete="username" required autofocus />
        <label for="password">{t('password')}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <p class="bad" role="alert">{wrong.value}</p>
        <button class="main" type="submit" disabled={busy.value}>{t('sign_in')}</button>
      </form>
      <p class="langs">
        <button type="button" class="link" lang="nl" onClick={() => desk.setLang('nl')}>Nederlands</button>{' '}
        <button type="button" class="link" lang="en" onClick={() => desk.setLang('en')}>English</button>
      </p>
    </main>
  )
}
