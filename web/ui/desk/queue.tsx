// The left pane: who waits for you, who waits, who talks with the chatbot, what is done.
import { known, nameOf, useRoom, waited } from './context'
import { groupOf, groups, type Group } from './order'
import type { Row } from './protocol'

/** QueuePane holds still while the pointer is over it, so that a press never lands on a row that just slid in. */
export function QueuePane() {
  const { desk, t } = useRoom()
  return (
    <nav class="pane queue" aria-label={t('queue')} onPointerEnter={() => desk.hold(true)} onPointerLeave={() => desk.hold(false)}>
      {desk.freshCount.value > 0 && (
        <button type="button" class="fresh" onClick={() => desk.settle()}>{t('fresh', { n: desk.freshCount.value })}</button>
      )}
      {groups.map((g) => <GroupView key={g} group={g} />)}
    </nav>
  )
}

function GroupView({ group }: { group: Group }) {
  const { desk, t } = useRoom()
  const ids = desk.order.value[group]
  const rows = ids.map((id) => desk.rows.value.get(id)).filter((r) => r !== undefined)
  const urgent = group === 'mine' || group === 'waiting'
  return (
    <details class="group" open={urgent}>
      <summary>
        <h2>{t(`group_${group}`)}</h2> <span class="number">{rows.length}</span>
      </summary>
      {rows.length ? <ul>{rows.map((r) => <RowView key={r.id} row={r} group={group} />)}</ul> : <p class="muted none">{t(`none_${group}`)}</p>}
    </details>
  )
}

function RowView({ row, group }: { row: Row; group: Group }) {
  const room = useRoom()
  const { desk, t } = room
  const open = desk.talk.value?.id === row.id
  const moved = groupOf(row, desk.me.value?.id ?? '') !== group
  return (
    <li>
      <button
        type="button"
        class={`row ${desk.selected.value === row.id ? 'selected' : ''} ${moved ? 'moved' : ''}`}
        aria-current={open ? 'true' : undefined}
        data-id={row.id}
        onClick={() => void desk.open(row.id)}
      >
        <span class="row-top">
          <strong>{nameOf(room, row)}</strong>
          {row.verified && <span class="verified">{t('verified')}</span>}
          <span class="lang">{row.lang}</span>
        </span>
        <span class="row-mid">
          {row.topic ? known(room, 'topic', row.topic) : t('no_topic')}
          {moved ? <em>{row.owner.name || known(room, 'state', row.owner.role)}</em> : <Wait row={row} group={group} />}
        </span>
        <span class="row-last">{row.last?.text}</span>
      </button>
    </li>
  )
}

/** Wait says how long, with a colour and always with a word. */
function Wait({ row, group }: { row: Row; group: Group }) {
  const room = useRoom()
  const { t } = room
  if (group === 'closed' || group === 'bot') return <span class="time">{waited(room, row.last?.at ?? row.created)}</span>
  if (group === 'mine' && !row.unanswered) return <span class="time">{t('answered')}</span>
  const since = group === 'mine' ? (row.last?.at ?? row.waiting_since) : row.waiting_since
  return (
    <span class={`time ${row.sla}`}>
      {row.sla === 'late' && t('late') + ' · '}
      {row.sla === 'warn' && t('soon') + ' · '}
      {waited(room, since)}
    </span>
  )
}
