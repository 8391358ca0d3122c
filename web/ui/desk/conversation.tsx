// The middle pane: what the next person must know, the whole conversation, and the place to answer.
import { useEffect, useRef } from 'preact/hooks'
import { Composer } from './composer'
import { nameOf, useRoom, waited } from './context'
import { show } from './box'
import { Line } from './lines'
import { TakeOver } from './takeover'
import type { Talk } from './talk'

export function Conversation({ talk }: { talk: Talk }) {
  const room = useRoom()
  const { desk, t } = room
  const row = desk.rows.value.get(talk.id)
  const mine = desk.isMine(talk.id)
  return (
    <section class="pane talk" aria-label={t('conversation')}>
      <header>
        <button type="button" class="plain back" onClick={() => desk.closeTalk()}>{t('back')}</button>
        <div class="title">
          <h2>{row ? nameOf(room, row) : t('loading')}</h2>
          {row && (
            <p class="muted">
              {row.reference} · {row.lang} · {t('since', { time: waited(room, row.created) })}
            </p>
          )}
        </div>
        <div class="acts">
          <button type="button" class="to-side" aria-pressed={talk.side.value} onClick={() => (talk.side.value = !talk.side.value)}>
            {t('customer')}
          </button>
          {mine && (
            <>
              <button type="button" onClick={() => show('return')}>{t('return')}</button>
              <button type="button" onClick={() => show('transfer')}>{t('transfer')}</button>
              <button type="button" onClick={() => show('close')}>{t('close')}</button>
            </>
          )}
        </div>
      </header>
      {talk.packet.value && <TakeOver packet={talk.packet.value} />}
      <Log talk={talk} />
      {mine || row?.owner.role === 'agent' || row?.owner.role === 'nobody' ? null : <ClaimBar talk={talk} />}
      {row?.owner.role === 'agent' && !mine && <p class="bar warn">{t('with_colleague', { name: row.owner.name })}</p>}
      {row?.owner.role === 'nobody' && <p class="bar">{t('is_closed')}</p>}
      <Composer talk={talk} mine={mine} />
    </section>
  )
}

function ClaimBar({ talk }: { talk: Talk }) {
  const { desk, t } = useRoom()
  return (
    <div class="bar">
      <button type="button" class="main" onClick={() => void desk.claim(talk.id)}>{t('claim')}</button>
    </div>
  )
}

/** Log shows every line, and stays at the end while the reader is there. */
function Log({ talk }: { talk: Talk }) {
  const { t } = useRoom()
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const watch = () => {
    const b = box.current
    if (b) atEnd.current = b.scrollHeight - b.scrollTop - b.clientHeight < 80
  }
  useEffect(() => {
    if (atEnd.current) box.current?.scrollTo(0, box.current.scrollHeight)
  }, [talk.events.value.length, talk.sending.value.length, talk.packet.value])
  useEffect(() => {
    const b = box.current
    if (!b) return
    const keep = new ResizeObserver(() => atEnd.current && b.scrollTo(0, b.scrollHeight)) // what stands above it may grow
    keep.observe(b)
    return () => keep.disconnect()
  }, [])
  return (
    <div class="log" ref={box} onScroll={watch} tabIndex={0} role="region" aria-label={t('log')}>
      <ol class="lines">
        {talk.events.value.map((e) => <Line key={e.seq} event={e} talk={talk} />)}
        {talk.sending.value.map((s) => (
          <li key={s.key} class="line agent waiting">
            <p class="text plain">{s.text}</p>
            {s.failed ? (
              <p class="state bad">
                {t('not_sent')}{' '}
                <button type="button" class="link" onClick={() => void talk.deliver(s)}>{t('again')}</button>{' '}
                <button type="button" class="link" onClick={() => talk.discard(s)}>{t('discard')}</button>
              </p>
            ) : (
              <p class="state">{t('sending')}</p>
            )}
          </li>
        ))}
      </ol>
    </div>
  )
}
