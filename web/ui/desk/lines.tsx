// One event of the log, as an agent sees it: everything the customer saw, and what happened behind it.
import { safeLink } from '../chat/context'
import type { Message } from '../chat/protocol'
import { CardTable } from '../shared/card'
import { at, call } from './api'
import { actName, known, moment, useRoom } from './context'
import { show } from './box'
import type { DeskEvent } from './protocol'
import { When } from './takeover'
import type { Talk } from './talk'

interface LineProps {
  event: DeskEvent
  talk: Talk
}

/** Line draws one event. Kinds that only matter to a program are not drawn. */
export function Line({ event: e, talk }: LineProps) {
  const room = useRoom()
  const { t } = room
  switch (e.kind) {
    case 'message':
      return <Said event={e} talk={talk} />
    case 'note':
      return (
        <li class="line note">
          <p class="by"><span class="name">{t('note_by', { name: e.from?.name ?? '' })}</span> <When at={e.at} /></p>
          <p class="text plain">{e.note?.text}</p>
        </li>
      )
    case 'owner':
      return <Fact at={e.at}>{ownerText(room, e)}{e.owner?.note && <q>{e.owner.note}</q>}</Fact>
    case 'human_requested':
      return <Fact at={e.at}>{t('asked_person')}</Fact>
    case 'action':
      return <Act event={e} talk={talk} />
    case 'identified':
      return <Fact at={e.at}>{t('identified', { name: e.identified?.name || e.identified?.id || '', how: e.identified?.how ?? '' })}</Fact>
    case 'code':
      return <Fact at={e.at}>{known(room, 'code', e.code?.state ?? '')}{e.code?.email && ` (${e.code.email})`}</Fact>
    case 'sign':
      return <Fact at={e.at}>{t('sign', { sign: known(room, 'sign', e.sign?.name ?? '') })}</Fact>
    case 'rating':
      return <Fact at={e.at}>{ratingText(room, e)}{e.rating?.comment && <q>{e.rating.comment}</q>}</Fact>
    case 'closed':
      return <Fact at={e.at}>{t('was_closed')}{e.closed?.note && <q>{e.closed.note}</q>}</Fact>
    case 'redacted':
      return <Fact at={e.at}>{t('removed')}</Fact>
    default:
      return null
  }
}

function Fact({ at, children }: { at: string; children: preact.ComponentChildren }) {
  return <li class="line fact"><When at={at} /> {children}</li>
}

function ownerText(room: ReturnType<typeof useRoom>, e: DeskEvent): string {
  const name = e.owner?.name ?? ''
  const why = e.owner?.reason ? known(room, 'reason', e.owner.reason) : ''
  switch (e.owner?.to) {
    case 'queue':
      return room.t('to_queue', { why })
    case 'agent':
      return room.t('to_agent', { name, why })
    case 'bot':
      return room.t('to_bot', { why })
    default:
      return room.t('to_nobody', { why })
  }
}

function ratingText({ t }: ReturnType<typeof useRoom>, e: DeskEvent): string {
  const parts: string[] = []
  if (e.rating?.resolved !== undefined) parts.push(t(e.rating.resolved ? 'rated_yes' : 'rated_no'))
  if (e.rating?.effort) parts.push(t('rated_effort', { effort: e.rating.effort }))
  return parts.join(' ')
}

function Said({ event: e, talk }: LineProps) {
  const { t } = useRoom()
  const role = e.from?.role ?? 'system'
  const name = role === 'bot' ? t('bot') : role === 'customer' ? e.from?.name || t('customer') : role === 'agent' ? e.from?.name : t('system')
  return (
    <li class={`line ${role}`} data-seq={e.seq}>
      <p class="by"><span class="name">{name}</span> <When at={e.at} /></p>
      {e.message && <Body message={e.message} />}
      {e.message?.about && <p class="under">{t('came_from')} <a href={`/help/${e.message.about}`} target="_blank" rel="noopener">{e.message.about}</a></p>}
      {role === 'bot' && <Verdict event={e} talk={talk} />}
    </li>
  )
}

function Body({ message: m }: { message: Message }) {
  const { desk, t } = useRoom()
  return (
    <>
      {m.html ? <div class="text" dangerouslySetInnerHTML={{ __html: m.html }} /> : <p class="text plain">{m.text}</p>}
      {!!m.sources?.length && (
        <p class="under">
          {t('sources')}:{' '}
          {m.sources.map((s, i) => <a key={i} href={safeLink(s.url)} target="_blank" rel="noopener">{s.title}</a>)}
        </p>
      )}
      {!!m.buttons?.length && <p class="under">{t('buttons')}: {m.buttons.map((b) => b.label).join(' · ')}</p>}
      {m.form && <p class="under">{t('form')}: {m.form.fields.map((f) => f.label).join(', ')}</p>}
      {m.card && <CardTable card={m.card} lang={desk.lang.value} />}
    </>
  )
}

/** Verdict is an agent's judgement of a line of the bot: it feeds the report of what the library lacks, and a good answer can be held. */
function Verdict({ event: e, talk }: LineProps) {
  const { desk, t } = useRoom()
  const verdict = talk.marks.value.get(e.seq)
  const mark = (v: 'correct' | 'wrong') => void desk.attempt(() => call('POST', at(talk.id, '/marks'), { seq: e.seq, verdict: v }))
  return (
    <p class="marks" role="group" aria-label={t('marks')}>
      <button type="button" aria-pressed={verdict === 'correct'} onClick={() => mark('correct')}>{t('correct')}</button>
      <button type="button" aria-pressed={verdict === 'wrong'} onClick={() => mark('wrong')}>{t('wrong')}</button>
      {!!e.message?.sources?.length && (
        <button type="button" onClick={() => show('test', String(e.seq))}>{t('keep_test')}</button>
      )}
    </p>
  )
}

function Act({ event: e, talk }: LineProps) {
  const room = useRoom()
  const { desk, t } = room
  const a = e.action
  if (!a) return null
  const latest = talk.actions.value.get(a.id)
  const undoable = a.state === 'done' && latest?.state === 'done' && !!a.undo_until && Date.parse(a.undo_until) > desk.now.value
  const asks = a.state === 'proposed' && a.reason === 'over_limit'
  return (
    <Fact at={e.at}>
      <span class={`act ${a.state}`}>
        {actName(room, a.name ?? '')}{a.undo_of ? ` (${t('undoing')})` : ''}: {known(room, 'state', asks ? 'asked' : a.state)}
      </span>
      {a.reason && !asks && ` · ${known(room, 'refused', a.reason)}`}
      {a.receipt && (
        <>
          {' · '}
          <button type="button" class="link" onClick={() => show('receipt', a.id)}>{t('receipt_show', { number: a.receipt })}</button>
        </>
      )}
      {undoable && desk.isMine(talk.id) && (
        <>
          {' '}
          <button type="button" class="link" onClick={() => void desk.write(talk.id, '/actions', { undo: a.id })}>
            {t('undo', { time: moment(room, a.undo_until ?? '') })}
          </button>
        </>
      )}
    </Fact>
  )
}
