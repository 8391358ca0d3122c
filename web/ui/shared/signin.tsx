// Who are you? The same question at the desk and in the library. A refusal is told in words, and the address stays in its field.
import texts from 'i18n:shared'
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { translator, type Lang, type SharedKey } from './i18n'

interface SignInProps {
  title: string
  lang: Lang
  setLang: (lang: Lang) => void
  /** Signs in, or throws. */
  signIn: (email: string, password: string) => Promise<void>
  /** The status of a refusal; undefined for what is none. */
  statusOf: (error: unknown) => number | undefined
}

export function SignIn({ title, lang, setLang, signIn, statusOf }: SignInProps) {
  const t = translator<SharedKey>(texts, () => lang)
  const wrong = useSignal('')
  const busy = useSignal(false)
  const send = async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    const data = new FormData(e.currentTarget)
    busy.value = true
    wrong.value = ''
    try {
      await signIn(String(data.get('email')), String(data.get('password')))
    } catch (error) {
      const status = statusOf(error)
      if (status === undefined) throw error
      wrong.value = status === 429 ? t('signin_often') : status === 401 ? t('signin_wrong') : t('signin_failed')
    } finally {
      busy.value = false
    }
  }
  return (
    <main class="signin">
      <h1>{title}</h1>
      <form onSubmit={send}>
        <label for="email">{t('email')}</label>
        <input id="email" name="email" type="email" autocomplete="username" required autofocus />
        <label for="password">{t('password')}</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <p class="bad" role="alert">{wrong.value}</p>
        <button class="main" type="submit" disabled={busy.value}>{t('sign_in')}</button>
      </form>
      <p class="langs">
        <button type="button" class="link" lang="nl" aria-pressed={lang === 'nl'} onClick={() => setLang('nl')}>Nederlands</button>{' '}
        <button type="button" class="link" lang="en" aria-pressed={lang === 'en'} onClick={() => setLang('en')}>English</button>
      </p>
    </main>
  )
}
