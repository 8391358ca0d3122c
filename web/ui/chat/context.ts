// What every part of the chat's screen needs: the model and the words.
import texts from 'i18n:chat'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { locale, translator, type ChatKey, type Holes, type Lang } from '../shared/i18n'
import type { Chat } from './model'
import type { From } from './protocol'

export interface Room {
  chat: Chat
  t: (key: ChatKey, holes?: Holes) => string
}

export const Here = createContext<Room | undefined>(undefined)

export function roomOf(chat: Chat): Room {
  return { chat, t: translator<ChatKey>(texts, () => chat.lang.value) }
}

/** useRoom gives the model and the words to a component inside the chat. */
export function useRoom(): Room {
  const room = useContext(Here)
  if (!room) throw new Error('outside the chat')
  return room
}

/** refusal says in words why something was refused, by the code of the protocol; a code of a later version is a mistake like any other. */
export function refusal({ t }: Room, code: string): string {
  const text = t(`error_${code}` as ChatKey)
  return text.startsWith('error_') ? t('error_unavailable') : text
}

/** who is the label above a line. The bot never carries a person's name. */
export function who({ t }: Room, from: From | undefined): string {
  switch (from?.role) {
    case 'customer':
      return t('you')
    case 'bot':
      return t('bot')
    case 'agent':
      return from.name ? t('staff', { name: from.name }) : t('staff_unnamed')
    default:
      return t('shop')
  }
}

/** safeLink keeps links to the web and to our own pages, and drops every other scheme. */
export function safeLink(url: string | undefined): string | undefined {
  if (!url) return undefined
  try {
    const at = new URL(url, location.href)
    return at.protocol === 'https:' || at.protocol === 'http:' ? at.href : undefined
  } catch {
    return undefined
  }
}

export function clock(lang: Lang, at: string): string {
  return new Intl.DateTimeFormat(locale(lang), { hour: '2-digit', minute: '2-digit' }).format(new Date(at))
}

export function day(lang: Lang, at: string): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return at
  return new Intl.DateTimeFormat(locale(lang), { day: 'numeric', month: 'long', year: 'numeric' }).format(date)
}
