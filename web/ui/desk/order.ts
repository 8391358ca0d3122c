// Which conversation stands in which group, and in what order. Pure, so that it can be tested and trusted.
import type { Row } from './protocol'

export type Group = 'mine' | 'waiting' | 'bot' | 'closed'
export const groups: readonly Group[] = ['mine', 'waiting', 'bot', 'closed']
export type Order = Record<Group, string[]>

/** groupOf says where a row belongs for agent me, or undefined: a colleague has it. */
export function groupOf(row: Row, me: string): Group | undefined {
  switch (row.owner.role) {
    case 'queue':
      return 'waiting'
    case 'agent':
      return row.owner.agent === me ? 'mine' : undefined
    case 'bot':
      return 'bot'
    default:
      return 'closed'
  }
}

/** orderOf sorts: what waits by urgency and then by age, one's own with the unanswered first, the rest latest first. */
export function orderOf(rows: Iterable<Row>, me: string): Order {
  const found: Record<Group, Row[]> = { mine: [], waiting: [], bot: [], closed: [] }
  for (const row of rows) {
    const group = groupOf(row, me)
    if (group) found[group].push(row)
  }
  const latest = (a: Row, b: Row) => (b.last?.at ?? b.created).localeCompare(a.last?.at ?? a.created)
  found.mine.sort((a, b) => Number(b.unanswered) - Number(a.unanswered) || since(a).localeCompare(since(b)))
  found.waiting.sort((a, b) => b.priority - a.priority || since(a).localeCompare(since(b)))
  found.bot.sort(latest)
  found.closed.sort(latest)
  return {
    mine: found.mine.map((r) => r.id),
    waiting: found.waiting.map((r) => r.id),
    bot: found.bot.slice(0, 50).map((r) => r.id),
    closed: found.closed.slice(0, 50).map((r) => r.id),
  }
}

const since = (row: Row) => row.waiting_since ?? row.created

/** fresh counts the rows that want a person in next and are not in shown: the "3 new" of the bar. */
export function fresh(shown: Order, next: Order): number {
  const seen = new Set([...shown.mine, ...shown.waiting])
  return [...next.mine, ...next.waiting].filter((id) => !seen.has(id)).length
}
