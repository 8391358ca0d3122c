// What every part of the editor's screen needs: who is here, where we are, the words, and what went wrong.
import texts from 'i18n:editor'
import { signal, type Signal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { langOf, locale, translator, type EditorKey, type Holes, type Lang } from '../shared/i18n'
import { call, Refused } from './api'
import type { Item, Me, Vectors } from './protocol'

export class Room {
  readonly me = signal<Me | null | undefined>(undefined)
  readonly lang: Signal<Lang>
  readonly path = signal(location.pathname)
  readonly problem = signal('')
  /** What a screen reader hears and a notice shows: something went well. */
  readonly notice = signal('')
  readonly items = signal<Item[] | undefined>(undefined)
  readonly vectors = signal<Vectors | undefined>(undefined)
  readonly t: (key: EditorKey, holes?: Holes) => string
  /** before asks whether a screen may be left; false keeps us there. */
  before: (() => boolean) | undefined

  constructor(
    lang: string,
    readonly nonce: string,
  ) {
    this.lang = signal(langOf(localStorage.getItem('balie:desk:lang') ?? lang))
    this.t = translator<EditorKey>(texts, () => this.lang.value)
    addEventListener('popstate', () => (this.path.value = location.pathname))
  }

  get mayWrite() {
    return this.me.value?.roles.some((r) => r === 'editor' || r === 'admin') ?? false
  }

  setLang(lang: Lang) {
    this.lang.value = lang
    localStorage.setItem('balie:desk:lang', lang)
  }

  /** go shows another screen without loading the page. */
  go(path: string) {
    if (path !== location.pathname) history.pushState(null, '', path)
    this.path.value = path
    this.problem.value = ''
    this.notice.value = ''
    scrollTo(0, 0)
  }

  /** attempt does something and shows why it did not go. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.problem.value = ''
    try {
      return await work()
    } catch (e) {
      this.fail(e)
      return undefined
    }
  }

  fail(e: unknown) {
    if (e instanceof Refused && e.status === 401) this.me.value = null
    else if (e instanceof Refused) this.problem.value = e.status === 0 ? this.t('offline') : this.refusal(e)
    else if (e instanceof Error && e.message) this.problem.value = e.message
    else this.problem.value = this.t('failed')
  }

  /** refusal says in words why something was refused. What is more than a code can tell is in English, and shown to who reads that. */
  refusal(e: Refused): string {
    const text = this.t(`error_${e.code}` as EditorKey)
    return text.startsWith('error_') || this.lang.value === 'en' ? e.message || this.t('failed') : text
  }

  async load() {
    const { articles, vectors } = await call<{ articles: Item[]; vectors?: Vectors }>('GET', '/kb/articles')
    this.items.value = articles
    this.vectors.value = vectors
  }
}

export const Here = createContext<Room | undefined>(undefined)

/** useRoom gives the room to a component inside it. */
export function useRoom(): Room {
  const room = useContext(Here)
  if (!room) throw new Error('outside the editor')
  return room
}

/** day is a date in words; what is no date stays as it is. */
export function day({ lang }: Room, iso: string | undefined): string {
  if (!iso) return ''
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  return new Intl.DateTimeFormat(locale(lang.value), { dateStyle: 'medium' }).format(date)
}

/** moment is a time of today, or a date with a time. */
export function moment({ lang }: Room, iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const today = new Date().toDateString() === date.toDateString()
  const form: Intl.DateTimeFormatOptions = today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }
  return new Intl.DateTimeFormat(locale(lang.value), form).format(date)
}

export function number({ lang }: Room, n: number, digits = 0): string {
  return new Intl.NumberFormat(locale(lang.value), { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(n)
}
