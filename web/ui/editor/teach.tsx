// Sentences that the chatbot did not understand become examples of what customers want: one press teaches, another takes it back.
import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call, Refused } from './api'
import { moment, number, useRoom, type Room } from './context'
import type { Example, Gap, Intent, Miss } from './protocol'

/** The wishes there are: asked for once, for they change with the program only. */
const intents = signal<Intent[] | undefined>(undefined)

function useIntents(): Intent[] {
  const room = useRoom()
  useEffect(() => {
    if (!intents.value) void room.attempt(async () => (intents.value = (await call<{ intents: Intent[] }>('GET', '/kb/intents')).intents))
  }, [room])
  return intents.value ?? []
}

function nameOf(room: Room, all: Intent[], id: string): string {
  const label = all.find((i) => i.id === id)?.label?.[room.lang.value]
  if (label) return label
  return id === 'ask' ? room.t('intent_ask') : id === 'human' ? room.t('intent_human') : id.replaceAll('_', ' ')
}

/** Examples are a gap's questions, each wording once, with the wishes that came nearest to it. */
export function Examples({ gap }: { gap: { value: Gap | undefined } }) {
  const room = useRoom()
  const g = gap.value as Gap
  const seen = new Map<string, Miss>()
  for (const m of g.examples) if (!seen.has(m.example_id)) seen.set(m.example_id, m)
  const set = (id: string, taught: string | undefined) => {
    gap.value = { ...g, examples: g.examples.map((m) => (m.example_id === id ? { ...m, taught } : m)) }
  }
  return (
    <ul class="examples">
      {[...seen.values()].map((m) => (
        <li key={m.example_id}>
          <q lang={m.lang}>{m.text}</q> <span class="muted">{moment(room, m.at)}</span>
          <Teach miss={m} set={(taught) => set(m.example_id, taught)} />
        </li>
      ))}
    </ul>
  )
}

function Teach({ miss, set }: { miss: Miss; set: (taught: string | undefined) => void }) {
  const room = useRoom()
  const { t } = room
  const all = useIntents()
  const near = (miss.near ?? []).filter((n) => all.some((i) => i.id === n.intent))
  const teach = (intent: string) =>
    room.attempt(async () => {
      try {
        await call('POST', '/kb/examples', { lang: miss.lang, text: miss.text, intent })
        set(intent)
        room.notice.value = t('taught', { intent: nameOf(room, all, intent) })
      } catch (e) {
        if (!(e instanceof Refused && e.status === 409)) throw e
        room.problem.value = t('taught_elsewhere')
      }
    })
  const forget = () =>
    room.attempt(async () => {
      await call('DELETE', `/kb/examples/${encodeURIComponent(miss.example_id)}`)
      set(undefined)
      room.notice.value = t('untaught')
    })
  if (miss.taught)
    return (
      <p class="teach">
        <span class="ok">{t('is_taught', { intent: nameOf(room, all, miss.taught) })}</span>{' '}
        {room.mayWrite && <button type="button" class="link" onClick={() => void forget()}>{t('undo_teach')}</button>}
      </p>
    )
  if (!room.mayWrite || all.length === 0) return null
  return (
    <div class="teach" role="group" aria-label={t('teach_as', { text: miss.text })}>
      <span class="muted">{t('teach')}</span>
      {near.map((n) => (
        <button key={n.intent} type="button" onClick={() => void teach(n.intent)}>
          {nameOf(room, all, n.intent)} {n.score >= 0.01 && <span class="muted">{number(room, n.score * 100)} %</span>}
        </button>
      ))}
      <select aria-label={t('teach_other', { text: miss.text })} value="" onChange={(e) => e.currentTarget.value && void teach(e.currentTarget.value)}>
        <option value="">{t('teach_more')}</option>
        {all.filter((i) => !near.some((n) => n.intent === i.id)).map((i) => <option key={i.id} value={i.id}>{nameOf(room, all, i.id)}</option>)}
      </select>
    </div>
  )
}

/** TaughtList is everything that editors taught, so that any of it can be taken back. */
export function TaughtList() {
  const room = useRoom()
  const { t } = room
  const all = useIntents()
  const list = useSignal<Example[]>([])
  useEffect(() => void room.attempt(async () => (list.value = (await call<{ examples: Example[] }>('GET', '/kb/examples')).examples)), [room])
  if (list.value.length === 0) return null
  const forget = (id: string) =>
    room.attempt(async () => {
      await call('DELETE', `/kb/examples/${encodeURIComponent(id)}`)
      list.value = list.value.filter((x) => x.id !== id)
      room.notice.value = t('untaught')
    })
  return (
    <details class="taught-list">
      <summary>{t('taught_list', { n: list.value.length })}</summary>
      <ul class="examples">
        {list.value.map((x) => (
          <li key={x.id}>
            <q lang={x.lang}>{x.text}</q> <span class="muted">{nameOf(room, all, x.intent)} · {x.by} · {moment(room, x.at)}</span>{' '}
            {room.mayWrite && <button type="button" class="link" aria-label={t('undo_teach_of', { text: x.text })} onClick={() => void forget(x.id)}>{t('undo_teach')}</button>}
          </li>
        ))}
      </ul>
    </details>
  )
}
