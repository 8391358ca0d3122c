// Two texts, line by line, with the words that differ marked. Marks are words and signs too, never only a colour.
import { diff, lines, words, type Piece } from './diff'
import { useRoom } from './context'

/** around is how many unchanged lines are shown before and after a change. */
const around = 2

export function DiffView({ before, after }: { before: string; after: string }) {
  const { t } = useRoom()
  const pieces = diff(lines(before), lines(after))
  if (pieces.every((p) => p.kind === 'same')) return <p class="muted">{t('diff_none')}</p>
  return <div class="diff" role="group" aria-label={t('diff')}>{pieces.map((p, i) => <PieceView key={i} p={p} next={pieces[i + 1]} last={pieces[i - 1]} />)}</div>
}

function PieceView({ p, next, last }: { p: Piece<string>; next: Piece<string> | undefined; last: Piece<string> | undefined }) {
  const { t } = useRoom()
  if (p.kind === 'same') {
    const head = last ? p.items.slice(0, around) : []
    const tail = next ? p.items.slice(Math.max(head.length, p.items.length - around)) : []
    const hidden = p.items.length - head.length - tail.length
    return (
      <>
        {head.map((l, i) => <p key={i} class="same">{l || ' '}</p>)}
        {hidden > 0 && <p class="skip">{t('diff_same', { n: hidden })}</p>}
        {tail.map((l, i) => <p key={`t${i}`} class="same">{l || ' '}</p>)}
      </>
    )
  }
  const side = p.kind
  const other = p.kind === 'gone' ? next?.kind === 'new' && next : last?.kind === 'gone' && last
  const pair = other && other.items.length === p.items.length ? other.items : []
  const Tag = p.kind === 'gone' ? 'del' : 'ins'
  return (
    <>
      {p.items.map((l, i) => (
        <p key={i} class={p.kind}>
          <span class="sign">{p.kind === 'gone' ? '−' : '+'}<span class="hidden">{p.kind === 'gone' ? t('diff_gone') : t('diff_new')}</span></span>
          <Tag>{pair[i] === undefined ? l || ' ' : <Words from={p.kind === 'gone' ? l : pair[i]} to={p.kind === 'gone' ? pair[i] : l} side={side} />}</Tag>
        </p>
      ))}
    </>
  )
}

function Words({ from, to, side }: { from: string; to: string; side: 'gone' | 'new' }) {
  return <>{diff(words(from), words(to)).filter((w) => w.kind === 'same' || w.kind === side).map((w, i) => (w.kind === 'same' ? w.items.join('') : <mark key={i}>{w.items.join('')}</mark>))}</>
}
