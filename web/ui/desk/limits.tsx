// How much may be done without a second person, by whom, and how sure we must be of the customer: a table that supervisors change, each
// time with a reason, and all versions of before.
import { computed, useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { useEffect } from 'preact/hooks'
import { locale } from '../shared/i18n'
import { call, Refused } from './api'
import { actName, moment, refusal, useRoom, type Room } from './context'
import { amountOf, centsOf, changesOf, emptyLimit, parts, type Limits, type Part, type Role, type Version } from './limitvalues'

interface Page extends Version {
  kinds: string[]
  roles: Role[]
}

export function LimitsPage() {
  const room = useRoom()
  const { desk, t } = room
  const page = useSignal<Page | undefined>(undefined)
  const load = () => desk.attempt(async () => (page.value = await call<Page>('GET', '/desk/limits')))
  useEffect(() => void load(), [])
  return (
    <main class="limits">
      <p><a href="/desk">{t('to_desk')}</a></p>
      <h1>{t('limits')}</h1>
      <p>{t('limits_why')}</p>
      {page.value ? <Form key={page.value.rev} page={page.value} saved={load} /> : <p>{t('loading')}</p>}
      {page.value && <History key={`h${page.value.rev}`} />}
    </main>
  )
}

function Form({ page, saved }: { page: Page; saved: () => unknown }) {
  const room = useRoom()
  const { desk, t } = room
  const limits = useSignal<Limits>(structuredClone(page.limits))
  const problem = useSignal('')
  const changes = computed(() => changesOf(page.limits, limits.value))
  const change = (f: (l: Limits) => void) => {
    const next = structuredClone(limits.value)
    f(next)
    limits.value = next
  }
  const send = async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    problem.value = ''
    try {
      await call('PUT', '/desk/limits', { rev: page.rev, limits: limits.value, why: new FormData(e.currentTarget).get('why') })
      desk.notice.value = t('limits_saved')
      await saved()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      problem.value = error.status === 409 ? t('limits_changed') : refusal(room, error)
    }
  }
  return (
    <form onSubmit={send}>
      {page.roles.map((role) => <RoleTable key={role} role={role} kinds={page.kinds} limits={limits.value} change={change} />)}
      <Proof kinds={page.kinds} limits={limits.value} change={change} />
      <fieldset class="limits-save" hidden={changes.value.length === 0}>
        <legend class="hidden">{t('limits_save')}</legend>
        <ul class="limits-changes">{changes.value.map((c, i) => <li key={i}>{changeText(room, c)}</li>)}</ul>
        <label for="limits-reason">{t('limits_reason')}</label>
        <input id="limits-reason" name="why" required maxLength={400} autocomplete="off" />
        <p class="bad" role="alert">{problem.value}</p>
        <div class="choices">
          <button type="button" onClick={() => (limits.value = structuredClone(page.limits))}>{t('limits_undo')}</button>
          <button type="submit" class="main">{t('limits_save')}</button>
        </div>
      </fieldset>
    </form>
  )
}

interface TableProps {
  kinds: string[]
  limits: Limits
  change: (f: (l: Limits) => void) => void
}

/** RoleTable has a row for everything together and one for each act that differs from it. */
function RoleTable({ role, kinds, limits, change }: TableProps & { role: Role }) {
  const room = useRoom()
  const { t } = room
  const table = limits.roles[role] ?? {}
  const named = kinds.filter((k) => k in table)
  const free = kinds.filter((k) => !(k in table))
  const shown = parts.filter((p) => role !== 'bot' || p !== 'per_person_day_cents')
  return (
    <section aria-labelledby={`limits-${role}`}>
      <h2 id={`limits-${role}`}>{t(`role_${role}`)}</h2>
      <table class="limit-table">
        <thead>
          <tr>
            <th scope="col">{t('limit_act')}</th>
            {shown.map((p) => <th key={p} scope="col" class="num">{t(`part_${p}`)}</th>)}
            <th scope="col"><span class="hidden">{t('limit_drop')}</span></th>
          </tr>
        </thead>
        <tbody>
          {[...named, '*'].map((kind) => (
            <tr key={kind}>
              <th scope="row">{kindName(room, kind)}</th>
              {shown.map((p) => (
                <td key={p} class="num" data-label={t(`part_${p}`)}>
                  <Amount part={p} label={`${kindName(room, kind)}, ${t(`part_${p}`)}`} fixed={kind === 'withdraw' && role !== 'second'} value={table[kind]?.[p] ?? 0}
                    set={(n) => change((l) => (l.roles[role] = { ...l.roles[role], [kind]: { ...l.roles[role]?.[kind], [p]: n } }))} />
                </td>
              ))}
              <td>
                {kind !== '*' && !(kind === 'withdraw' && role !== 'second') && (
                  <button type="button" class="link" aria-label={t('limit_drop_name', { act: kindName(room, kind) })} onClick={() => change((l) => delete l.roles[role]?.[kind])}>{t('limit_drop')}</button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {free.length > 0 && (
        <label class="limit-more">
          {t('limit_more')}
          <select value="" onChange={(e) => {
            const kind = e.currentTarget.value
            if (kind) change((l) => (l.roles[role] = { ...l.roles[role], [kind]: { ...(l.roles[role]?.['*'] ?? emptyLimit) } }))
          }}>
            <option value="">{t('act_choose')}</option>
            {free.map((k) => <option key={k} value={k}>{kindName(room, k)}</option>)}
          </select>
        </label>
      )}
    </section>
  )
}

function Amount({ part, label, value, fixed, set }: { part: Part; label: string; value: number; fixed: boolean; set: (n: number) => void }) {
  const { t } = useRoom()
  if (fixed) return <span class="muted">{t('limit_none')}</span>
  const money = part !== 'acts_per_customer_30_days'
  return (
    <span class="amount">
      {money && <span aria-hidden="true">€</span>}
      <input type="number" min="0" max={money ? 1_000_000 : 10_000} step={money ? '0.01' : '1'} inputMode={money ? 'decimal' : 'numeric'} aria-label={label} placeholder={t('limit_none')}
        value={value ? (money ? amountOf(value) : value) : ''} onChange={(e) => set(money ? centsOf(e.currentTarget.value) : Math.round(e.currentTarget.valueAsNumber || 0))} />
    </span>
  )
}

const levels = ['order', 'code', 'signed_in'] as const

/** Proof says what a customer must show for each act, and how long it can be taken back. */
function Proof({ kinds, limits, change }: TableProps) {
  const room = useRoom()
  const { t } = room
  const own = (kind: string) => kind in limits.needs || kind === '*'
  return (
    <section aria-labelledby="limits-proof">
      <h2 id="limits-proof">{t('limits_proof')}</h2>
      <p class="agent-needs">
        <label for="agent-needs">{t('agent_needs')}</label>
        <select id="agent-needs" value={limits.agent_needs} onChange={(e) => { const v = e.currentTarget.value; change((l) => (l.agent_needs = v)) }}>
          {levels.map((v) => <option key={v} value={v}>{t(`level_${v}`)}</option>)}
        </select>
      </p>
      <table class="limit-table">
        <thead><tr><th scope="col">{t('limit_act')}</th><th scope="col">{t('proof')}</th><th scope="col" class="num">{t('undo_hours')}</th></tr></thead>
        <tbody>
          {[...kinds, '*'].map((kind) => (
            <tr key={kind}>
              <th scope="row">{kindName(room, kind)}</th>
              <td data-label={t('proof')}>
                <select aria-label={`${kindName(room, kind)}, ${t('proof')}`} value={own(kind) ? limits.needs[kind] : ''} onChange={(e) => {
                  const v = e.currentTarget.value
                  change((l) => { if (v) l.needs[kind] = v; else delete l.needs[kind] })
                }}>
                  {kind !== '*' && <option value="">{t('as_rest')}</option>}
                  {levels.map((v) => <option key={v} value={v}>{t(`level_${v}`)}</option>)}
                </select>
              </td>
              <td class="num" data-label={t('undo_hours')}>
                <input type="number" min="0" max="2160" step="0.5" aria-label={`${kindName(room, kind)}, ${t('undo_hours')}`} placeholder={kind === '*' ? t('limit_never') : t('as_rest')}
                  value={limits.undo_minutes[kind] === undefined ? '' : (limits.undo_minutes[kind] ?? 0) / 60}
                  onChange={(e) => {
                    const v = e.currentTarget.value
                    change((l) => { if (v === '') delete l.undo_minutes[kind]; else l.undo_minutes[kind] = Math.round(Number(v) * 60) })
                  }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function History() {
  const room = useRoom()
  const { desk, t } = room
  const versions = useSignal<Version[] | undefined>(undefined)
  useEffect(() => void desk.attempt(async () => (versions.value = (await call<{ versions: Version[] }>('GET', '/desk/limits/history')).versions)), [])
  if (!versions.value) return null
  return (
    <section aria-labelledby="limits-history">
      <h2 id="limits-history">{t('limits_history')}</h2>
      <ol class="limits-history">
        {versions.value.map((v, i) => {
          const before = versions.value?.[i + 1]
          return (
            <li key={v.rev}>
              {!before ? <p>{t('limits_first')}</p> : (
                <>
                  <p><strong>{v.limits.by}</strong> <span class="muted">{v.at && moment(room, v.at, true)}</span></p>
                  <q>{v.limits.why}</q>
                  <ul class="limits-changes">{changesOf(before.limits, v.limits).map((c, n) => <li key={n}>{changeText(room, c)}</li>)}</ul>
                </>
              )}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

function kindName(room: Room, kind: string): string {
  return kind === '*' ? room.t('limit_rest') : actName(room, kind)
}

/** changeText says one change in words. */
function changeText(room: Room, c: ReturnType<typeof changesOf>[number]): string {
  const { t } = room
  const what = [c.role && t(`role_${c.role}`), c.kind && kindName(room, c.kind), c.what === 'needs' || c.what === 'agent_needs' ? t(c.what === 'needs' ? 'proof' : 'agent_needs') : c.what === 'undo' ? t('undo_hours') : c.what === 'row' ? '' : t(`part_${c.what}`)]
  return `${what.filter(Boolean).join(', ')}: ${valueText(room, c.what, c.before)} → ${valueText(room, c.what, c.after)}`
}

function valueText({ desk, t }: Room, what: string, value: string | number | undefined): string {
  if (what === 'row') return value ? t('limit_own') : t('as_rest')
  if (what === 'needs' || what === 'agent_needs') return value ? t(`level_${value as (typeof levels)[number]}`) : t('as_rest')
  if (what === 'undo') return value === undefined ? t('as_rest') : String(Number(value) / 60)
  if (!value) return t('limit_none')
  if (what === 'acts_per_customer_30_days') return String(value)
  return new Intl.NumberFormat(locale(desk.lang.value), { style: 'currency', currency: 'EUR' }).format(Number(value) / 100)
}
