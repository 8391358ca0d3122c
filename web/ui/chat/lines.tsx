// One line of the conversation, by kind.
import type { TargetedMouseEvent } from 'preact'
import { actionsOf, canUndo, isOpen } from './active'
import { clock, day, refusal, safeLink, useRoom, who } from './context'
import type { Kept } from './outbox'
import { Buttons, CardView, FormView } from './parts'
import type { ActionChange, Event, Message, Source } from './protocol'

/** Lines draws everything that was said, then what is still under way. */
export function Lines() {
  const { chat } = useRoom()
  const events = chat.events.value
  const actions = actionsOf(events)
  const lastOwn = events.findLast((e) => e.kind === 'message' && e.from?.role === 'customer')
  return (
    <ol class="lines">
      {events.map((e, i) => repeats(events, i) || (
        <Line key={e.seq} event={e} open={isOpen(events, i, actions) || canUndo(events, i, actions, Date.now())} actions={actions} sent={e === lastOwn} />
      ))}
      {chat.outbox.value.map((k) => k.label && <Waiting key={k.parcel.key} kept={k} />)}
      <Growing />
    </ol>
  )
}

/** repeats reports whether event i says again who has the word: asking for a person twice is told once. */
function repeats(events: Event[], i: number): boolean {
  const now = events[i]?.owner
  if (!now) return false
  const before = events.slice(0, i).findLast((e) => e.owner)?.owner
  return before?.to === now.to && (before.name ?? '') === (now.name ?? '')
}

interface LineProps {
  event: Event
  open: boolean
  actions: Map<string, ActionChange>
  sent: boolean
}

function Line({ event, open, actions, sent }: LineProps) {
  switch (event.kind) {
    case 'message':
      return <Said event={event} open={open} actions={actions} sent={sent} />
    case 'redacted':
      return <Removed />
    case 'owner':
      return <OwnerLine event={event} />
    case 'action':
      return <ActionLine event={event} />
    case 'rating':
      return <RatingLine />
    default:
      return null // closed is told below the conversation; a kind of a later version is not ours to tell
  }
}

function Said({ event, open, actions, sent }: LineProps) {
  const room = useRoom()
  const { chat, t } = room
  const role = event.from?.role ?? 'system'
  const m = event.message ?? {}
  return (
    <li class={`line ${role}`} data-seq={event.seq}>
      <p class="by">
        <span class="name">{who(room, event.from)}</span>
        {event.at && <time dateTime={event.at}>{clock(chat.lang.value, event.at)}</time>}
      </p>
      <Body message={m} />
      {m.sources?.length ? <Sources sources={m.sources} /> : null}
      {m.card && <CardView card={m.card} state={actions.get(m.card.action)} />}
      {m.buttons?.length ? <Buttons buttons={m.buttons} open={open} card={!!m.card} /> : null}
      {m.form && <FormView form={m.form} open={open} />}
      {sent && <p class="state">{t('sent')}</p>}
    </li>
  )
}

function Body({ message }: { message: Message }) {
  if (message.html) return <div class="text" dir="auto" onClick={openOutside} dangerouslySetInnerHTML={{ __html: message.html }} />
  return message.text ? <p class="text plain" dir="auto">{message.text}</p> : null
}

/** openOutside gives a link in an answer a window of its own: in ours it would take the place of the chat. */
function openOutside(e: TargetedMouseEvent<HTMLElement>) {
  const url = safeLink((e.target as Element).closest('a')?.getAttribute('href') ?? undefined)
  if (!url) return
  e.preventDefault()
  window.open(url, '_blank', 'noopener')
}

function Sources({ sources }: { sources: Source[] }) {
  const { chat, t } = useRoom()
  return (
    <ul class="sources">
      {sources.map((s, i) => {
        const url = safeLink(s.url)
        return (
          <li key={i}>
            {t('sources')}: {url ? <a href={url} target="_blank" rel="noopener">{s.title}</a> : s.title}
            {s.updated && <span class="date">, {t('source_date', { date: day(chat.lang.value, s.updated) })}</span>}
          </li>
        )
      })}
    </ul>
  )
}

function Removed() {
  const { t } = useRoom()
  return <li class="line note">{t('removed')}</li>
}

function OwnerLine({ event }: { event: Event }) {
  const { t } = useRoom()
  const name = event.owner?.name ?? (event.from?.role === 'agent' ? event.from.name : undefined)
  switch (event.owner?.to) {
    case 'queue':
      return <li class="line note">{t(event.owner.reason === 'agent_gone' ? 'owner_gone' : 'owner_queue')}</li>
    case 'agent':
      return <li class="line note">{name ? t('owner_agent', { name }) : t('owner_agent_unnamed')}</li>
    case 'bot':
      return <li class="line note">{t('owner_bot')}</li>
    default:
      return null // nobody: told below the conversation
  }
}

/** ActionLine tells how an act ended, with its receipt. The steps before that show on the card; that an undo was done shows as
 *  the act that is undone. */
function ActionLine({ event }: { event: Event }) {
  const { t } = useRoom()
  const a = event.action
  if (!a || a.state === 'proposed' || a.state === 'confirmed' || a.state === 'executing') return null
  if (a.undo_of && a.state === 'done') return null
  return (
    <li class={`line receipt ${a.state}`}>
      <strong>{t(`action_${a.state}`)}</strong>
      {a.receipt && a.state !== 'undone' && (
        <>
          {' '}
          {t('receipt')} <span class="number">{a.receipt}</span>
        </>
      )}
    </li>
  )
}

function RatingLine() {
  const { t } = useRoom()
  return <li class="line note">{t('rate_thanks')}</li>
}

/** Waiting is an own line that the server has not stored yet: never shown as sent, never lost. */
function Waiting({ kept }: { kept: Kept }) {
  const room = useRoom()
  const { chat, t } = room
  return (
    <li class={`line customer ${kept.failed ? 'failed' : 'waiting'}`}>
      <p class="by">
        <span class="name">{t('you')}</span>
      </p>
      <p class="text plain">{kept.label}</p>
      {kept.failed ? (
        <p class="state bad" role="alert">
          {t('failed')}: {refusal(room, kept.failed)}{' '}
          <button type="button" class="link" onClick={() => chat.retry(kept)}>
            {t('retry')}
          </button>{' '}
          <button type="button" class="link" onClick={() => chat.discard(kept)}>
            {t('discard')}
          </button>
        </p>
      ) : (
        <p class="state">{kept.seq ? t('sent') : t('sending')}</p>
      )}
    </li>
  )
}

/** Growing is what the bot is saying right now, or that it is looking. A screen reader hears it only when whole. */
function Growing() {
  const { chat, t } = useRoom()
  if (chat.delta.value)
    return (
      <li class="line bot growing" aria-hidden="true">
        <p class="by">
          <span class="name">{t('bot')}</span>
        </p>
        <p class="text plain">{chat.delta.value}</p>
      </li>
    )
  if (chat.thinking.value && chat.line.value === 'open') return <li class="line note bot-note">{t('thinking')}</li>
  if (chat.typist.value)
    return <li class="line note">{t('typing', { name: chat.typist.value === '…' ? t('staff_unnamed') : chat.typist.value })}</li>
  return null
}
