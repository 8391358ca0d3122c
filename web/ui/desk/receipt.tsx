// The receipt of an act, which can be printed for whoever asks for one.
import { CardTable } from '../shared/card'
import { actName, known, moment, nameOf, useRoom } from './context'
import { Box } from './box'
import type { Talk } from './talk'

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
        {card && <CardTable card={card} lang={desk.lang.value} />}
      </div>
      <button type="button" class="main" onClick={() => print()}>{t('receipt_print')}</button>
    </Box>
  )
}
