// The line above the text field: where the customer stands, and whether there is a line at all.
import { refusal, useRoom } from './context'
import type { Room } from './context'

/** Status says one or two sentences, and is silent while the bot is at work and the line is up. */
export function Status() {
  const room = useRoom()
  const { chat, t } = room
  const line = lineText(room)
  const person = personText(room)
  return (
    <div class="status" role="status">
      {person && <p class="person-state">{person}</p>}
      {line && <p class={chat.line.value === 'connecting' ? 'muted' : 'bad'}>{line}</p>}
      {chat.problem.value && <p class="bad">{refusal(room, chat.problem.value)}</p>}
      {chat.line.value === 'refused' && (
        <button type="button" class="link" onClick={() => chat.fresh()}>{t('fresh')}</button>
      )}
    </div>
  )
}

function lineText({ chat, t }: Room): string {
  switch (chat.line.value) {
    case 'lost':
      return t('status_lost')
    case 'connecting':
      return chat.events.value.length ? '' : t('status_connecting')
    case 'refused':
      return t('status_refused')
    default:
      return ''
  }
}

function personText(room: Room): string {
  const { chat, t } = room
  if (chat.closed.value) return ''
  if (chat.owner.value === 'agent')
    return chat.agent.value ? t('status_agent', { name: chat.agent.value }) : t('status_agent_unnamed')
  if (chat.owner.value === 'queue') return queueText(room)
  const asked = chat.outbox.value.some((k) => k.parcel.type === 'human')
  return asked ? t('status_asked') : ''
}

function queueText({ chat, t }: Room): string {
  const q = chat.queue.value
  if (chat.notice.value?.people === false && !q?.wait) return t('status_nobody')
  if (!q) return `${t('status_waiting')} ${t('status_meanwhile')}`
  const parts = [t('status_queue', { n: q.position })]
  if (q.wait) {
    const low = Math.max(1, Math.floor(q.wait.low_s / 60))
    const high = Math.max(1, Math.ceil(q.wait.high_s / 60))
    parts.push(low === high ? t('status_wait', { n: high }) : t('status_range', { low, high }))
  }
  return [...parts, t('status_meanwhile')].join(' ')
}
