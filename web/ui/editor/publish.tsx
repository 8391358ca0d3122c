// Before customers get a text: what it does to their questions, before and after, and who answers for it.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Conflict, of, Red, slowly, write } from './api'
import { Go } from './go'
import { moment, useRoom } from './context'
import type { Article, Change, Report } from './protocol'
import { SaidView } from './said'
import type { Session } from './session'

export function Publish({ session, to }: { session: Session; to: 'published' | 'archived' }) {
  const room = useRoom()
  const { t } = room
  const at = useSignal<[number, number]>([0, 0])
  const report = useSignal<Report | undefined>(undefined)
  useEffect(() => {
    void room.attempt(async () => {
      report.value = await slowly<Report>(of(session.key, '/gate'), { to }, (done, total) => (at.value = [done, total]))
    })
  }, [session, to])
  return (
    <main class="page publish">
      <p><Go to={`/desk/kb/${session.key}`}>{t('back_to_text')}</Go></p>
      <h2>{t(to === 'archived' ? 'archive_title' : 'publish_title', { title: session.content.value.title })}</h2>
      {!report.value ? <Progress done={at.value[0]} total={at.value[1]} label={t('gate_running')} /> : <Found report={report.value} />}
      {report.value && room.mayWrite && <Decide session={session} report={report} to={to} />}
    </main>
  )
}

export function Progress({ done, total, label }: { done: number; total: number; label: string }) {
  const { t } = useRoom()
  return (
    <div class="progress">
      <label>
        {label}
        <progress max={total || 1} value={total ? done : undefined} />
      </label>
      <p class="muted" role="status">{total > 0 && t('progress', { done, total })}</p>
    </div>
  )
}

const verdicts = ['failed', 'lost', 'changed', 'improved'] as const

function Found({ report }: { report: Report }) {
  const { t } = useRoom()
  return (
    <section aria-labelledby="gate-found">
      <h3 id="gate-found" class={report.red ? 'bad' : 'ok'}>{report.red ? t('gate_red', { n: report.red }) : t('gate_green')}</h3>
      <p class="muted">
        {t('gate_asked', { n: report.asked })} {t('gate_from', { own: report.from.article ?? 0, near: report.from.neighbour ?? 0, customers: report.from.customer ?? 0 })}
      </p>
      <ul class="counts">
        {verdicts.map((v) => <li key={v} class={report.verdicts[v] ? v : 'muted'}><strong>{report.verdicts[v] ?? 0}</strong> {t(`count_${v}`)}</li>)}
        <li><strong>{report.same}</strong> {t('count_same')}</li>
      </ul>
      {verdicts.map((v) => <Group key={v} verdict={v} changes={report.changes.filter((c) => c.verdict === v)} />)}
    </section>
  )
}

/** shown is how many changes of a kind are drawn at once. */
const shown = 50

function Group({ verdict, changes }: { verdict: (typeof verdicts)[number]; changes: Change[] }) {
  const { t } = useRoom()
  const more = useSignal(shown)
  if (changes.length === 0) return null
  return (
    <details class={`changes ${verdict}`} open={verdict !== 'improved'}>
      <summary>{t(`group_${verdict}`, { n: changes.length })}</summary>
      <ul>
        {changes.slice(0, more.value).map((c) => (
          <li key={`${c.lang}${c.text}`}>
            <p class="question">
              <q lang={c.lang}>{c.text}</q> <span class="muted">{t(`from_${c.from}`)}{c.count && c.count > 1 ? `, ${t('times', { n: c.count })}` : ''}</span>
            </p>
            <div class="before-after">
              <div><h4>{t('before')}</h4><SaidView said={c.before} /></div>
              <div><h4>{t('after')}</h4><SaidView said={c.after} /></div>
            </div>
          </li>
        ))}
      </ul>
      {changes.length > more.value && <button type="button" onClick={() => (more.value += shown)}>{t('show_more')}</button>}
    </details>
  )
}

function Decide({ session, report, to }: { session: Session; report: { value: Report | undefined }; to: 'published' | 'archived' }) {
  const room = useRoom()
  const { t } = room
  const later = useSignal(false)
  const when = useSignal('')
  const why = useSignal('')
  const override = useSignal('')
  const busy = useSignal(false)
  const red = report.value?.red ?? 0
  const publish = async (e: Event) => {
    e.preventDefault()
    busy.value = true
    await room.attempt(async () => {
      try {
        const body = { rev: session.rev.value, why: why.value, override: override.value }
        const a: Article =
          to === 'archived'
            ? await write('POST', of(session.key, '/state'), { ...body, state: 'archived' })
            : await write('POST', of(session.key, '/publish'), later.value ? { ...body, publish_at: new Date(when.value).toISOString() } : body)
        session.saved(a)
        room.go(`/desk/kb/${session.key}`)
        room.notice.value = a.publish_at ? t('planned_done', { when: moment(room, a.publish_at) }) : to === 'archived' ? t('archived_done') : t('published_done')
      } catch (error) {
        if (error instanceof Red) report.value = error.report
        else if (error instanceof Conflict) session.conflict.value = error.current
        else throw error
      }
    })
    busy.value = false
  }
  return (
    <form class="decide" onSubmit={(e) => void publish(e)}>
      {to === 'published' && (
        <fieldset class="choice">
          <legend>{t('when')}</legend>
          <label><input type="radio" name="when" checked={!later.value} onChange={() => (later.value = false)} /> {t('when_now')}</label>
          <label><input type="radio" name="when" checked={later.value} onChange={() => (later.value = true)} /> {t('when_later')}</label>
          {later.value && (
            <label>
              {t('when_at')} <input type="datetime-local" required value={when.value} onInput={(e) => (when.value = e.currentTarget.value)} />
            </label>
          )}
        </fieldset>
      )}
      <label for="why">{t('why')}</label>
      <input id="why" value={why.value} maxLength={500} onInput={(e) => (why.value = e.currentTarget.value)} />
      {red > 0 && (
        <>
          <label for="override">{t('override')}</label>
          <textarea id="override" rows={2} required value={override.value} aria-describedby="override-help" onInput={(e) => (override.value = e.currentTarget.value)} />
          <p id="override-help" class="muted">{t('override_help')}</p>
        </>
      )}
      <div class="buttons">
        <Go to={`/desk/kb/${session.key}`}>{t('mend')}</Go>
        <button type="submit" class="main" disabled={busy.value || (red > 0 && !override.value.trim())}>
          {to === 'archived' ? t('archive_now') : later.value ? t('plan_now') : t('publish_now')}
        </button>
      </div>
    </form>
  )
}
