// What every part of the desk's screen needs: the model, the words, and how long and when.
import texts from 'i18n:desk'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { locale, translator, type DeskKey, type Holes } from '../shared/i18n'
import type { Desk } from './model'
import type { Row } from './protocol'

export interface Room {
  desk: Desk
  t: (key: DeskKey, holes?: Holes) => string
}

export const Here = createContext<Room | undefined>(undefined)

export function roomOf(desk: Desk): Room {
  return { desk, t: translator<DeskKey>(texts, () => desk.lang.value) }
}

/** useRoom gives the model and the words to a component inside the desk. */
export function useRoom(): Room {
  const room = useContext(Here)
  if (!room) throw new Error('outside the desk')
  return room
}

/** known says a code of the protocol in words, and shows the code itself when it is newer than these words. */
export function known(room: Room, prefix: 'reason' | 'topic' | 'sign' | 'state' | 'kind' | 'result' | 'level' | 'fact' | 'act' | 'refused' | 'code' | 'error', code: string, otherwise?: string): string {
  const key = `${prefix}_${code}` as DeskKey
  const text = room.t(key)
  return text === key ? otherwise || code.replaceAll('_', ' ') : text
}

/** refusal says in words why something was refused: by the reason of an act, by who has the conversation, else by the code. What is more
 *  than a code can tell is in English, and shown to who reads that. */
export function refusal(room: Room, e: { code: string; message: string; reason?: string | undefined; holder?: string | undefined }): string {
  if (e.reason) return known(room, 'refused', e.reason, e.message)
  if (e.holder) return room.t('held_by', { name: e.holder })
  if (room.desk.lang.value === 'en' && e.message) return e.message
  return known(room, 'error', e.code || 'unavailable', e.message)
}

/** actName names an act: by its own words, else by what the form calls it, else by the wish behind it. */
export function actName(room: Room, name: string, otherwise?: string): string {
  return known(room, 'act', name, otherwise || known(room, 'topic', name))
}

export function nameOf({ t }: Room, row: Row): string {
  return row.name || t('visitor')
}

/** waited is how long a row waits, in whole minutes and in words that fit a narrow column. */
export function waited({ desk, t }: Room, since: string | null): string {
  if (!since) return ''
  const minutes = Math.max(0, Math.floor((desk.now.value - Date.parse(since)) / 60_000))
  if (minutes < 1) return t('just_now')
  if (minutes < 60) return t('minutes', { n: minutes })
  if (minutes < 48 * 60) return t('hours', { n: Math.floor(minutes / 60) })
  return t('days', { n: Math.floor(minutes / 1440) })
}

/** moment is a time of today, or a date with a time; whole always has the date. */
export function moment({ desk }: Room, iso: string, whole = false): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const today = !whole && new Date().toDateString() === date.toDateString()
  const form: Intl.DateTimeFormatOptions = today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }
  return new Intl.DateTimeFormat(locale(desk.lang.value), form).format(date)
}
