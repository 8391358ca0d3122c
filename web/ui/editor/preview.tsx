// The text as customers will see it, made by the server that makes the chat's answers, with hints for plain words under it.
import { useSignal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { call } from './api'
import { day, useRoom } from './context'
import type { Pen } from './fieldload'
import type { Hint } from './protocol'
import type { Session } from './session'

const wait = 250

export function Preview({ session, pen }: { session: Session; pen: { current: Pen | undefined } }) {
  const room = useRoom()
  const { t } = room
  const html = useSignal('')
  const hints = useSignal<Hint[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const turn = useRef(0)
  useSignalEffect(() => {
    const { title, body, review_by, questions, internal } = session.content.value
    const [lang] = session.key.split('/')
    clearTimeout(timer.current)
    const mine = ++turn.current
    timer.current = setTimeout(
      () => {
        call<{ html: string; hints: Hint[] }>('POST', '/kb/preview', { lang, title, body, review_by, questions, internal }).then(
          (made) => {
            if (mine !== turn.current) return // a later text is on its way
            html.value = made.html
            hints.value = made.hints
          },
          (e: unknown) => room.fail(e),
        )
      },
      html.peek() ? wait : 0,
    )
    return () => clearTimeout(timer.current)
  })
  return (
    <>
      <article class="prose">
        <h2 class="prose-title">{session.content.value.title}</h2>
        <div dangerouslySetInnerHTML={{ __html: html.value }} />
        {session.content.value.updated && <p class="muted">{t('updated_on', { date: day(room, session.content.value.updated) })}</p>}
      </article>
      {hints.value.length > 0 && (
        <details class="hints" open>
          <summary>{t('hints', { n: hints.value.length })}</summary>
          <ul>{hints.value.map((h, i) => <li key={i}><HintLine hint={h} pen={pen} /></li>)}</ul>
        </details>
      )}
    </>
  )
}

function HintLine({ hint, pen }: { hint: Hint; pen: { current: Pen | undefined } }) {
  const { t } = useRoom()
  const words = t(`hint_${hint.kind}`, { text: hint.text ?? '', other: hint.other ?? '' })
  const { line } = hint
  if (!line) return <>{words}</>
  const show = () => {
    const v = pen.current?.view
    if (!v || line > v.state.doc.lines) return
    const l = v.state.doc.line(line)
    v.dispatch({ selection: { anchor: l.from, head: l.to }, scrollIntoView: true })
    v.focus()
  }
  return (
    <>
      <button type="button" class="link" onClick={show}>{t('line', { n: line })}</button> {words}
    </>
  )
}
