// What an act changes, before and after; and the receipt that can be printed for whoever asks for one.
import type { Card } from '../chat/protocol'
import { actName, known, moment, nameOf, useRoom } from './context'
import { Box } from './dialogs'
import type { Talk } from './talk'

export function CardTable({ card }: { card: Card }) {
  const { t } = useRoom()
  const rows = card.rows ?? []
  const before = rows.some((r) => r.before)
  return (
    <table class="card">
      <caption>{card.title}</caption>
      <thead class={before ? '' : 'hidden'}>
        <tr>
          <th scope="col"><span class="hidden">{t('card_part')}</span></th>
          {before && <th scope="col">{t('card_before')}</th>}
          <th scope="col">{t('card_after')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((r, i) => (
          <tr key={i}>
            <th scope="row">{r.label}</th>
            {before && <td class={r.before && r.before !== r.after ? 'old' : ''}>{r.before}</td>}
            <td>{r.after}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Receipt is the proof of one act, on a page of its own when printed. */
export function Receipt({ talk, act }: { talk: Talk; act: string }) {
  const room = useRoom()
  const { desk, t } = room
  const events = talk.events.value
  const state = talk.actions.value.get(act)
  const end = events.findLast((e) => e.action?.id === act && e.action.receipt)
  const by = events.find((e) => e.action?.id === act && e.action.state === 'confirmed')?.from
  const card = events.find((e) => e.message?.card?.action === act)?.message?.card
  const row = desk.rows.value.get(talk.id)
  if (!end?.action || !state) return null
  return (
    <Box title={t('receipt')} reading>
      <div class="receipt">
        <dl>
          <dt>{t('receipt_number')}</dt><dd><strong>{end.action.receipt}</strong></dd>
          <dt>{t('receipt_what')}</dt><dd>{actName(room, end.action.name ?? '')}: {known(room, 'state', state.state)}</dd>
          <dt>{t('receipt_when')}</dt><dd>{moment(room, end.at, true)}</dd>
          <dt>{t('receipt_by')}</dt><dd>{by?.role === 'agent' ? by.name : t('receipt_customer')}</dd>
          {row && <><dt>{t('customer')}</dt><dd>{nameOf(room, row)}</dd><dt>{t('conversation')}</dt><dd>{row.reference}</dd></>}
          {state.state === 'done' && end.action.undo_until && <><dt>{t('receipt_undo')}</dt><dd>{moment(room, end.action.undo_until, true)}</dd></>}
        </dl>
        {card && <CardTable card={card} />}
      </div>
      <button type="button" class="main" onClick={() => print()}>{t('receipt_print')}</button>
    </Box>
  )
}
