// Questions without a good answer: how often, whether it grows, how they are put, and what is done about them.
import { computed, useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { useEffect } from 'preact/hooks'
import { call, Refused } from './api'
import { day, useRoom } from './context'
import { Go } from './go'
import { Proposals } from './proposals'
import type { Article, Gap } from './protocol'
import { Examples, TaughtList } from './teach'
import { Trend } from './trend'
import { idOf } from './words'

const states = ['open', 'solved', 'ignored'] as const

export function GapsPage() {
  const room = useRoom()
  const { t } = room
  const state = useSignal<(typeof states)[number]>('open')
  const gaps = useSignal<Gap[] | undefined>(undefined)
  useEffect(() => {
    void room.attempt(async () => (gaps.value = (await call<{ gaps: Gap[] }>('GET', `/kb/gaps?state=${state.value}`)).gaps))
  }, [state.value])
  return (
    <main class="page">
      <h2>{t('gaps')}</h2>
      <Proposals />
      <p>{t('gaps_why')}</p>
      <div class="filters">
        <label>
          {t('show')}
          <select value={state.value} onChange={(e) => { gaps.value = undefined; state.value = e.currentTarget.value as typeof state.value }}>
            {states.map((s) => <option key={s} value={s}>{t(`gap_${s}`)}</option>)}
          </select>
        </label>
        <p class="muted" role="status">{gaps.value && t('gaps_count', { n: gaps.value.length })}</p>
      </div>
      {!gaps.value ? <p>{t('loading')}</p> : gaps.value.length === 0 ? <p class="muted none">{t('gaps_none')}</p> : (
        <ul class="gaps">
          {gaps.value.map((g) => (
            <li key={g.id}>
              <div>
                <Go to={`/desk/kb/gaps/${g.id}`}>{g.text}</Go>
                <p class="muted">{whys(g, t)}</p>
                {g.state === 'solved' && <Stopped g={g} />}
                {g.state === 'ignored' && <p class="muted">{g.reason}</p>}
              </div>
              <p class="gap-count"><strong>{g.recent}</strong> {t('gap_recent')}</p>
              <Trend days={g.days} label={t('trend_of', { text: g.text })} />
            </li>
          ))}
        </ul>
      )}
      <TaughtList />
    </main>
  )
}

type T = ReturnType<typeof useRoom>['t']

const reasons = ['refused', 'clarified', 'handed', 'rated_down', 'marked', 'page'] as const

function whys(g: Gap, t: T): string {
  return reasons.filter((r) => g.why[r]).map((r) => t(`why_${r}`, { n: g.why[r] ?? 0 })).join(' · ')
}

/** Stopped says whether the questions stopped since there is an article. */
function Stopped({ g }: { g: Gap }) {
  const { t } = useRoom()
  const text = g.after === 0 ? t('gap_stopped') : t('gap_goes_on', { after: g.after, before: g.before })
  return <p class={g.after === 0 ? 'ok' : 'warn'}>{text}</p>
}

export function GapPage({ id }: { id: string }) {
  const room = useRoom()
  const { t } = room
  const gap = useSignal<Gap | undefined>(undefined)
  useEffect(() => {
    void room.attempt(async () => (gap.value = await call<Gap>('GET', `/kb/gaps/${encodeURIComponent(id)}`)))
  }, [id])
  const g = gap.value
  return (
    <main class="page">
      <p><Go to="/desk/kb/gaps">{t('to_gaps')}</Go></p>
      {!g ? <p>{t('loading')}</p> : (
        <>
          <h2>{g.text}</h2>
          <p>
            <span class={`stand ${g.state}`}>{t(`gap_${g.state}`)}</span> <span class="muted">{t('gap_total', { n: g.count })} {whys(g, t)}</span>
          </p>
          {g.state === 'solved' && <Stopped g={g} />}
          {g.reason && <p>{t('gap_reason', { name: g.by ?? '', reason: g.reason })}</p>}
          {g.article && <p><Go to={`/desk/kb/${g.article}`}>{t('gap_article')}</Go></p>}
          <Trend days={g.days} label={t('trend')} table />
          <h3>{t('examples')}</h3>
          <Examples gap={gap} />
          {g.answer && (
            <>
              <h3>{t('colleague_said')}</h3>
              <blockquote lang={g.lang}>{g.answer}</blockquote>
            </>
          )}
          {room.mayWrite && <Deal gap={gap} />}
        </>
      )}
    </main>
  )
}

/** Deal is what an editor can do about a gap: write, or say why not. */
function Deal({ gap }: { gap: { value: Gap | undefined } }) {
  const room = useRoom()
  const { t } = room
  const g = gap.value as Gap
  const title = useSignal('')
  const reason = useSignal('')
  const id = computed(() => idOf(title.value))
  const decide = (state: Gap['state']) =>
    room.attempt(async () => (gap.value = { ...g, ...(await call<Gap>('PUT', `/kb/gaps/${encodeURIComponent(g.id)}`, { state, reason: reason.value })) }))
  const make = (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    void room.attempt(async () => {
      try {
        const a = await call<Article>('POST', `/kb/gaps/${encodeURIComponent(g.id)}/draft`, { id: id.value, title: title.value })
        room.go(`/desk/kb/${a.lang}/${a.id}`)
      } catch (error) {
        if (error instanceof Refused && error.status === 409) room.problem.value = t('id_taken')
        else throw error
      }
    })
  }
  if (g.state !== 'open')
    return <p><button type="button" onClick={() => void decide('open')}>{t('gap_reopen')}</button> {g.decided && <span class="muted">{day(room, g.decided)}</span>}</p>
  return (
    <div class="deal">
      <form onSubmit={make}>
        <h3>{t('gap_write')}</h3>
        <label for="gap-title">{t('article_title')}</label>
        <div class="ask-line">
          <input id="gap-title" value={title.value} required maxLength={200} onInput={(e) => (title.value = e.currentTarget.value)} />
          <button type="submit" class="main" disabled={!id.value}>{t('make_draft')}</button>
        </div>
        <p class="muted">{t(g.answer ? 'gap_write_answer' : 'gap_write_help')}</p>
      </form>
      {g.examples.some((m) => m.taught) && (
        <form onSubmit={(e) => { e.preventDefault(); void decide('solved') }}>
          <h3>{t('gap_learned')}</h3>
          <p class="muted">{t('gap_learned_help')}</p>
          <p><button type="submit">{t('gap_solve')}</button></p>
        </form>
      )}
      <form onSubmit={(e) => { e.preventDefault(); void decide('ignored') }}>
        <h3>{t('gap_not_ours')}</h3>
        <label for="gap-reason">{t('reason')}</label>
        <div class="ask-line">
          <input id="gap-reason" value={reason.value} required maxLength={500} onInput={(e) => (reason.value = e.currentTarget.value)} />
          <button type="submit">{t('gap_ignore')}</button>
        </div>
      </form>
    </div>
  )
}
