// What changed between two texts, and how two changes of the same text go together. Everything is by lines, as writers think; words are
// compared only inside lines that were changed.

export interface Piece<T> {
  kind: 'same' | 'gone' | 'new'
  items: T[]
}

/** Texts with more lines than this are compared as if all lines between the first and the last change were others. */
const most = 4000

/** diff compares two lists and returns the pieces in order; what is gone stands before what is new. */
export function diff<T>(before: readonly T[], after: readonly T[]): Piece<T>[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  const a = before.slice(start, before.length - end)
  const b = after.slice(start, after.length - end)
  const out: Piece<T>[] = []
  add(out, 'same', before.slice(0, start))
  if (a.length * b.length > most * most) {
    add(out, 'gone', a)
    add(out, 'new', b)
  } else middle(out, a, b)
  add(out, 'same', before.slice(before.length - end))
  return out
}

function add<T>(out: Piece<T>[], kind: Piece<T>['kind'], items: T[]) {
  if (items.length === 0) return
  const last = out[out.length - 1]
  if (last?.kind === kind) last.items.push(...items)
  else out.push({ kind, items })
}

/** middle finds the longest common part of two lists that share neither their beginning nor their end. */
function middle<T>(out: Piece<T>[], a: T[], b: T[]) {
  const wide = b.length + 1
  const length = new Uint16Array((a.length + 1) * wide)
  const at = (i: number, j: number) => length[i * wide + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) length[i * wide + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add(out, 'same', [a[i++] as T])
      j++
      continue
    }
    const gone: T[] = []
    const fresh: T[] = []
    while (i < a.length && (j >= b.length || (a[i] !== b[j] && at(i + 1, j) >= at(i, j + 1)))) gone.push(a[i++] as T)
    while (j < b.length && (i >= a.length || (a[i] !== b[j] && at(i, j + 1) > at(i + 1, j)))) fresh.push(b[j++] as T)
    add(out, 'gone', gone)
    add(out, 'new', fresh)
  }
}

export function lines(text: string): string[] {
  return text.replaceAll('\r\n', '\n').split('\n')
}

/** words cuts a line so that joining the parts gives it back. */
export function words(line: string): string[] {
  return line.match(/[\p{L}\p{N}]+|\s+|[^\p{L}\p{N}\s]/gu) ?? []
}

/** Part is a stretch of a merge: agreed upon, or changed by both. */
export type Part = { kind: 'agreed'; lines: string[] } | { kind: 'both'; base: string[]; mine: string[]; theirs: string[] }

/** merge puts two changes of the same text together. Where both changed the same place, or two that touch, both are in the result, to choose from. */
export function merge(base: string, mine: string, theirs: string): Part[] {
  const a = lines(base)
  const m = spans(a, lines(mine))
  const o = spans(a, lines(theirs))
  const out: Part[] = []
  let at = 0
  let i = 0
  let j = 0
  while (i < m.length || j < o.length) {
    const from = Math.min(m[i]?.from ?? Infinity, o[j]?.from ?? Infinity)
    agree(out, a.slice(at, from))
    let to = from
    const [i0, j0] = [i, j]
    for (let grown = true; grown; ) {
      grown = false
      for (let s = m[i]; s && s.from <= to; s = m[i]) {
        to = Math.max(to, s.to)
        i++
        grown = true
      }
      for (let s = o[j]; s && s.from <= to; s = o[j]) {
        to = Math.max(to, s.to)
        j++
        grown = true
      }
    }
    const left = apply(a, m.slice(i0, i), from, to)
    const right = apply(a, o.slice(j0, j), from, to)
    if (j === j0 || equal(left, right)) agree(out, left)
    else if (i === i0) agree(out, right)
    else out.push({ kind: 'both', base: a.slice(from, to), mine: left, theirs: right })
    at = to
  }
  agree(out, a.slice(at))
  return out
}

interface Span {
  from: number
  to: number
  text: string[]
}

/** spans are the places of a that another text has otherwise. */
function spans(a: string[], b: string[]): Span[] {
  const out: Span[] = []
  let at = 0
  for (const p of diff(a, b)) {
    if (p.kind === 'same') {
      at += p.items.length
      continue
    }
    const last = out[out.length - 1]
    const span = last && last.to === at ? last : { from: at, to: at, text: [] }
    if (span !== last) out.push(span)
    if (p.kind === 'gone') span.to = at += p.items.length
    else span.text.push(...p.items)
  }
  return out
}

function apply(a: string[], changes: Span[], from: number, to: number): string[] {
  const out: string[] = []
  let at = from
  for (const s of changes) {
    out.push(...a.slice(at, s.from), ...s.text)
    at = s.to
  }
  return [...out, ...a.slice(at, to)]
}

function agree(out: Part[], text: string[]) {
  if (text.length === 0) return
  const last = out[out.length - 1]
  if (last?.kind === 'agreed') last.lines.push(...text)
  else out.push({ kind: 'agreed', lines: [...text] })
}

function equal(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i])
}
