// What colleagues at the desk propose as tests: an editor takes a question, mends it, or leaves it.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call } from './api'
import { moment, useRoom } from './context'
import { Go } from './go'
import type { Proposal } from './protocol'

export function Proposals() {
  const room = useRoom()
  const { t } = room
  const all = useSignal<Proposal[]>([])
  useEffect(() => void room.attempt(async () => (all.value = (await call<{ proposals: Proposal[] }>('GET', '/kb/proposals')).proposals)), [room])
  if (all.value.length === 0) return null
  const gone = (id: string) => (all.value = all.value.filter((p) => p.id !== id))
  return (
    <section class="proposals" aria-labelledby="proposals">
      <h3 id="proposals">{t('proposals', { n: all.value.length })}</h3>
      <ul>{all.value.map((p) => <One key={p.id} p={p} gone={() => gone(p.id)} />)}</ul>
    </section>
  )
}

function One({ p, gone }: { p: Proposal; gone: () => void }) {
  const room = useRoom()
  const { t } = room
  const question = useSignal(p.question)
  const decide = (take: boolean) =>
    room.attempt(async () => {
      await call('PUT', `/kb/proposals/${encodeURIComponent(p.id)}`, { take, question: question.value })
      gone()
      room.notice.value = t(take ? 'proposal_taken' : 'proposal_left')
    })
  const id = `proposal-${p.id}`
  return (
    <li>
      <label for={id}>{t('proposal_by', { name: p.by, when: moment(room, p.at) })} <Go to={`/desk/kb/${p.article}`}>{p.article}</Go></label>
      <div class="ask-line">
        <input id={id} value={question.value} maxLength={500} readOnly={!room.mayWrite} onInput={(e) => (question.value = e.currentTarget.value)} />
        {room.mayWrite && (
          <>
            <button type="button" class="take" disabled={!question.value.trim()} onClick={() => void decide(true)}>{t('proposal_take')}</button>
            <button type="button" onClick={() => void decide(false)}>{t('proposal_leave')}</button>
          </>
        )}
      </div>
    </li>
  )
}
