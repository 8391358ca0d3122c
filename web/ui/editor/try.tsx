// Ask the library as a customer would, and keep what matters as a test.
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { useEffect } from 'preact/hooks'
import { call, of, write } from './api'
import { number, useRoom } from './context'
import type { Tested, Tried } from './protocol'
import { SaidView } from './said'
import type { Session } from './session'

export function Try({ session, save }: { session: Session; save: () => Promise<unknown> }) {
  const room = useRoom()
  const { t } = room
  const question = useSignal('')
  const draft = useSignal(true)
  const busy = useSignal(false)
  const result = useSignal<{ question: string; tried: Tried } | undefined>(undefined)
  const [lang] = session.key.split('/')
  const ask = async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    busy.value = true
    await room.attempt(async () => {
      if (draft.value && room.mayWrite) await save()
      const tried = await call<Tried>('POST', '/kb/try', { question: question.value, lang, article: session.key, draft: draft.value })
      result.value = { question: question.value, tried }
    })
    busy.value = false
  }
  return (
    <>
      <form class="ask" onSubmit={ask}>
        <label for="try-question">{t('try_question')}</label>
        <div class="ask-line">
          <input id="try-question" value={question.value} required maxLength={1000} onInput={(e) => (question.value = e.currentTarget.value)} />
          <button type="submit" disabled={busy.value}>{t('try_ask')}</button>
        </div>
        <fieldset class="choice">
          <legend class="hidden">{t('try_from')}</legend>
          <label><input type="radio" name="from" checked={draft.value} onChange={() => (draft.value = true)} /> {t('try_draft')}</label>
          <label><input type="radio" name="from" checked={!draft.value} onChange={() => (draft.value = false)} /> {t('try_published')}</label>
        </fieldset>
      </form>
      <div role="status">{result.value && <Result {...result.value} session={session} />}</div>
    </>
  )
}

function Result({ question, tried, session }: { question: string; tried: Tried; session: Session }) {
  const room = useRoom()
  const { t } = room
  return (
    <div class="tried">
      <SaidView said={{ ...tried.said, text: '' }} />
      {tried.said.act === 'answer' && <div class="prose quote" dangerouslySetInnerHTML={{ __html: tried.html }} />}
      {tried.corrected && <p class="muted">{t('try_read_as', { text: tried.corrected })}</p>}
      <Keep session={session} question={question} />
      <h3>{t('try_passages')}</h3>
      <ol class="hits">
        {tried.hits.map((h) => (
          <li key={`${h.lang}/${h.article}`} class={`${h.lang}/${h.article}` === session.key ? 'mine' : ''}>
            <p>
              <strong>{h.title}{h.section && ` › ${h.section}`}</strong>{' '}
              <span class="muted">{t('try_score', { score: number(room, h.score, 1), fit: number(room, h.fit * 100) })}</span>
            </p>
            <p class="snippet" dangerouslySetInnerHTML={{ __html: h.snippet }} />
          </li>
        ))}
      </ol>
      {tried.hits.length === 0 && <p class="muted">{t('try_nothing')}</p>}
    </div>
  )
}

/** Keep makes a question a test of the article, with one press. */
function Keep({ session, question }: { session: Session; question: string }) {
  const room = useRoom()
  const { t } = room
  const there = (session.content.value.questions ?? []).some((q) => q.toLowerCase() === question.toLowerCase())
  if (!room.mayWrite) return null
  if (there) return <p class="ok">{t('test_kept')}</p>
  const keep = () =>
    room.attempt(async () => {
      const a = await write('POST', of(session.key, '/tests'), { rev: session.rev.value, question })
      session.saved(a)
    })
  return <p><button type="button" disabled={session.dirty.value} onClick={() => void keep()}>{t('test_keep')}</button></p>
}

export function Tests({ session, save }: { session: Session; save: () => Promise<unknown> }) {
  const room = useRoom()
  const { t } = room
  const results = useSignal<Map<string, Tested> | undefined>(undefined)
  const fresh = useSignal('')
  const busy = useSignal(false)
  const questions = session.content.value.questions ?? []
  const run = async () => {
    busy.value = true
    await room.attempt(async () => {
      if (room.mayWrite) await save()
      const { tests } = await call<{ tests: Tested[] }>('GET', '/kb' + of(session.key, '/tests?draft=1'))
      results.value = new Map(tests.map((x) => [x.question, x]))
    })
    busy.value = false
  }
  useEffect(() => void run(), [session])
  const add = (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    session.change({ questions: [...questions, fresh.value.trim()] })
    fresh.value = ''
    void run()
  }
  const bad = results.value ? [...results.value.values()].filter((x) => !x.ok).length : 0
  return (
    <>
      <p>{t('tests_why')}</p>
      <div class="buttons">
        <button type="button" disabled={busy.value || questions.length === 0} onClick={() => void run()}>{t('tests_run')}</button>
        <p role="status" class={bad ? 'bad' : 'ok'}>{results.value && !busy.value && (bad ? t('tests_red', { n: bad }) : t('tests_green', { n: results.value.size }))}</p>
      </div>
      <ul class="tests">
        {questions.map((q) => {
          const r = results.value?.get(q)
          return (
            <li key={q} class={r ? (r.ok ? 'green' : 'red') : ''}>
              <p>
                {r && <span class={`verdict ${r.ok ? 'ok' : 'bad'}`}>{r.ok ? t('test_ok') : t('test_bad')}</span>} {q}
              </p>
              {r && !r.ok && <SaidView said={r.said} />}
              {r?.weak && <p class="warn">{t('test_weak')}</p>}
              {room.mayWrite && (
                <button type="button" class="link" aria-label={t('test_remove_name', { question: q })} onClick={() => session.change({ questions: questions.filter((x) => x !== q) })}>
                  {t('test_remove')}
                </button>
              )}
            </li>
          )
        })}
      </ul>
      {room.mayWrite && (
        <form class="ask" onSubmit={add}>
          <label for="test-new">{t('test_new')}</label>
          <div class="ask-line">
            <input id="test-new" value={fresh.value} required maxLength={500} onInput={(e) => (fresh.value = e.currentTarget.value)} />
            <button type="submit">{t('test_add')}</button>
          </div>
        </form>
      )}
    </>
  )
}
