// What colleagues may not do alone: a supervisor reads what would change and why, and says yes or no. Never to their own request.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { CardTable } from '../shared/card'
import { actName, moment, useRoom } from './context'
import { Box, hide } from './box'
import type { ActRequest } from './protocol'

export function Requests() {
  const { desk, t } = useRoom()
  useEffect(() => void desk.loadRequests(), [])
  const all = desk.requests.value
  return (
    <Box title={t('requests')} wide reading>
      {all.length === 0 && <p class="muted">{t('requests_none')}</p>}
      <ul class="requests">{all.map((q) => <Request key={q.id} request={q} />)}</ul>
    </Box>
  )
}

function Request({ request: q }: { request: ActRequest }) {
  const room = useRoom()
  const { desk, t } = room
  const why = useRef<HTMLInputElement>(null)
  const missing = useSignal(false)
  const own = q.by.id === desk.me.value?.id
  const decide = async (how: 'approve' | 'decline') => {
    const text = why.current?.value.trim() ?? ''
    missing.value = how === 'decline' && !text
    if (missing.value) return why.current?.focus()
    await desk.decide(q, how, text)
  }
  const id = 'why-' + q.id
  return (
    <li>
      <p>
        <strong>{actName(room, q.name)}</strong>{' '}
        <span class="muted">{t('request_by', { name: q.by.name ?? '', time: moment(room, q.at) })}</span>
      </p>
      <p class="muted">{q.customer || t('visitor')} · {q.reference} · {t('request_until', { time: moment(room, q.expires) })}</p>
      {q.why && <q>{q.why}</q>}
      {q.card && <CardTable card={q.card} lang={desk.lang.value} />}
      {own && <p class="muted">{t('request_own')}</p>}
      <label for={id}>{t('request_why')}</label>
      <input id={id} ref={why} maxLength={400} autocomplete="off" aria-invalid={missing.value} />
      {missing.value && <p class="bad" role="alert">{t('refused_why_missing')}</p>}
      <div class="choices">
        <button type="button" onClick={() => { hide(); void desk.open(q.conversation) }}>{t('request_open')}</button>
        <button type="button" onClick={() => void decide('decline')}>{t(own ? 'request_withdraw' : 'request_decline')}</button>
        {q.may && <button type="button" class="main" onClick={() => void decide('approve')}>{t('request_approve')}</button>}
      </div>
    </li>
  )
}
