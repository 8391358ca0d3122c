// The customer's own copy of the conversation.
import { locale } from '../shared/i18n'
import { who, type Room } from './context'
import type { Event } from './protocol'

/** asText writes the conversation as a person would copy it: time, speaker, words. */
export function asText(room: Room, events: Event[]): string {
  const stamp = new Intl.DateTimeFormat(locale(room.chat.lang.value), { dateStyle: 'short', timeStyle: 'short' })
  const lines: string[] = []
  for (const e of events) {
    const at = e.at ? stamp.format(new Date(e.at)) : ''
    if (e.kind === 'redacted') lines.push(`${at} ${room.t('removed')}`)
    if (e.kind === 'action' && e.action?.receipt) lines.push(`${at} ${room.t('receipt')} ${e.action.receipt}`)
    if (e.kind !== 'message') continue
    lines.push(`${at} ${who(room, e.from)}: ${e.message?.text ?? ''}`)
    for (const s of e.message?.sources ?? []) lines.push(`  ${room.t('sources')}: ${s.title}`)
    for (const r of e.message?.card?.rows ?? []) lines.push(`  ${r.label}: ${r.before ? r.before + ' → ' : ''}${r.after ?? ''}`)
  }
  return lines.join('\n') + '\n'
}

/** download gives the browser a text file. */
export function download(room: Room) {
  const url = URL.createObjectURL(new Blob([asText(room, room.chat.events.value)], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${room.t('file')}.txt`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
