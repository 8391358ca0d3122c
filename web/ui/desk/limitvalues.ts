// The limits of authority as values, and what one version of them changes in another.

export const parts = ['per_act_cents', 'per_customer_cents', 'per_person_day_cents', 'acts_per_customer_30_days'] as const
export type Part = (typeof parts)[number]
export type Role = 'bot' | 'agent' | 'second'
/** Limit bounds the acts of one kind; what is absent or zero has no bound. */
export type Limit = Partial<Record<Part, number>>
export const emptyLimit: Limit = {}

export interface Limits {
  needs: Record<string, string>
  agent_needs: string
  undo_minutes: Record<string, number>
  roles: Partial<Record<Role, Record<string, Limit>>>
  by?: string
  why?: string
}

export interface Version {
  rev: number
  at?: string
  limits: Limits
}

export interface Change {
  what: Part | 'row' | 'needs' | 'agent_needs' | 'undo'
  role?: Role
  kind?: string
  before: string | number | undefined
  after: string | number | undefined
}

/** centsOf reads an amount in euros; what is none is no bound. */
export function centsOf(text: string): number {
  const n = Number(text.replace(',', '.'))
  return Number.isFinite(n) && n > 0 ? Math.round(n * 100) : 0
}

/** amountOf writes cents as a number field wants them. */
export function amountOf(cents: number): string {
  return cents % 100 === 0 ? String(cents / 100) : (cents / 100).toFixed(2)
}

/** changesOf lists what differs from a to b, table by table. */
export function changesOf(a: Limits, b: Limits): Change[] {
  const out: Change[] = []
  for (const role of ['bot', 'agent', 'second'] as const) {
    const [ta, tb] = [a.roles[role] ?? {}, b.roles[role] ?? {}]
    for (const kind of names(ta, tb)) {
      if (!(kind in ta) || !(kind in tb)) out.push({ what: 'row', role, kind, before: kind in ta ? 1 : 0, after: kind in tb ? 1 : 0 })
      for (const what of parts) {
        const [before, after] = [ta[kind]?.[what] || 0, tb[kind]?.[what] || 0]
        if (before !== after && kind in tb) out.push({ what, role, kind, before, after })
      }
    }
  }
  if (a.agent_needs !== b.agent_needs) out.push({ what: 'agent_needs', before: a.agent_needs, after: b.agent_needs })
  for (const kind of names(a.needs, b.needs)) if (a.needs[kind] !== b.needs[kind]) out.push({ what: 'needs', kind, before: a.needs[kind], after: b.needs[kind] })
  for (const kind of names(a.undo_minutes, b.undo_minutes))
    if (a.undo_minutes[kind] !== b.undo_minutes[kind]) out.push({ what: 'undo', kind, before: a.undo_minutes[kind], after: b.undo_minutes[kind] })
  return out
}

function names(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
}
