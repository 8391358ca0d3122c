// A question that the bot answered well becomes a test of the article behind the answer: no later text may lose it.
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { Box } from './box'
import { useRoom } from './context'
import type { DeskEvent } from './protocol'
import type { Talk } from './talk'

interface Kept {
  article: string
  question: string
  kept: boolean
}

export function KeepTest({ talk, seq }: { talk: Talk; seq: number }) {
  const { desk, t } = useRoom()
  const done = useSignal<Kept | undefined>(undefined)
  const events = talk.events.value
  const line = events.find((e) => e.seq === seq)
  const sources = line?.message?.sources ?? []
  const lang = desk.rows.value.get(talk.id)?.lang ?? 'nl'
  const send = async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    const data = new FormData(e.currentTarget)
    const body = { seq, text: data.get('question'), article: data.get('article') }
    done.value = await desk.attempt(() => desk.post<Kept>(talk.id, '/tests', body))
  }
  if (done.value)
    return (
      <Box title={t('keep_test')} reading>
        <p role="status" class="ok">{t(done.value.kept ? 'test_is_kept' : 'test_is_proposed')}</p>
        <q>{done.value.question}</q>
        {done.value.kept && <p><a href={`/desk/kb/${done.value.article}`}>{t('test_open')}</a></p>}
      </Box>
    )
  return (
    <Box title={t('keep_test')}>
      <form onSubmit={send}>
        <p class="muted" id="test-hint">{t('test_hint')}</p>
        <label for="test-question">{t('test_question')}</label>
        <textarea id="test-question" name="question" rows={3} maxLength={500} required autofocus defaultValue={asked(events, line?.message?.re ?? seq)} aria-describedby="test-hint" />
        <label for="test-article">{t('test_article')}</label>
        <select id="test-article" name="article">
          {sources.map((s) => {
            const key = `${s.lang || lang}/${s.article}`
            return <option key={key} value={key}>{s.title}</option>
          })}
        </select>
        <button class="main" type="submit">{t('keep_test')}</button>
      </form>
    </Box>
  )
}

/** asked is what the customer last typed, up to an event. */
function asked(events: DeskEvent[], upTo: number): string {
  const said = events.findLast((e) => e.seq <= upTo && e.from?.role === 'customer' && e.message && !e.message.pressed && !e.message.submit)
  return (said?.message?.text ?? '').slice(0, 500)
}
