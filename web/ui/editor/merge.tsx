// Two people changed the same article. What they did in different places goes together by itself; for the rest somebody chooses.
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { useRoom } from './context'
import { merge, type Part } from './diff'
import type { Article, Content } from './protocol'
import { contentOf, type Session } from './session'

type Choice = 'mine' | 'theirs' | 'both'

export function Merge({ session, theirs }: { session: Session; theirs: Article }) {
  const room = useRoom()
  const { t } = room
  const base = session.base.value
  const mine = session.content.value
  const parts = useMemo(() => merge(base.body, mine.body, theirs.body), [theirs])
  const fields = useMemo(() => fieldsOf(base, mine, theirs), [theirs])
  const chosen = useSignal<Record<string, Choice>>({})
  const open = parts.filter((p) => p.kind === 'both').length + fields.filter((f) => f.both).length
  const left = open - Object.keys(chosen.value).length
  const choose = (name: string, c: Choice) => (chosen.value = { ...chosen.value, [name]: c })
  const finish = () => {
    const content: Content = { ...contentOf(mine), body: bodyOf(parts, chosen.value) }
    for (const f of fields) Object.assign(content, { [f.name]: f.both ? (chosen.value[f.name] === 'theirs' ? f.theirs : f.mine) : f.agreed })
    session.merged(content, theirs)
    void room.attempt(() => session.save(t('merge_why', { name: theirs.by ?? '' })))
  }
  return (
    <main class="page merge">
      <h2>{t('merge_title')}</h2>
      <p>{t('merge_who', { name: theirs.by ?? '' })}</p>
      <p role="status">{left > 0 ? t('merge_left', { n: left }) : t('merge_ready')}</p>
      {fields.filter((f) => f.both).map((f) => (
        <Both key={f.name} name={f.name} label={t(`field_${f.name}`)} mine={show(f.mine)} theirs={show(f.theirs)} chosen={chosen.value[f.name]} choose={choose} only />
      ))}
      <div class="parts">
        {parts.map((p, i) =>
          p.kind === 'agreed' ? (
            <p key={i} class="agreed">{p.lines.join('\n')}</p>
          ) : (
            <Both key={i} name={`part-${i}`} label={t('merge_place')} mine={p.mine.join('\n')} theirs={p.theirs.join('\n')} chosen={chosen.value[`part-${i}`]} choose={choose} />
          ),
        )}
      </div>
      <div class="buttons">
        <button type="button" onClick={() => (session.conflict.value = undefined)}>{t('merge_back')}</button>
        <button type="button" class="main" disabled={left > 0} onClick={finish}>{t('merge_save')}</button>
      </div>
    </main>
  )
}

interface BothProps {
  name: string
  label: string
  mine: string
  theirs: string
  chosen: Choice | undefined
  choose: (name: string, c: Choice) => void
  only?: boolean
}

function Both({ name, label, mine, theirs, chosen, choose, only }: BothProps) {
  const { t } = useRoom()
  const one = (c: Choice, text: string) => (
    <label class={`side ${chosen === c ? 'chosen' : ''}`}>
      <span><input type="radio" name={name} checked={chosen === c} onChange={() => choose(name, c)} /> {t(`merge_${c}`)}</span>
      <span class="side-text">{text || t('merge_nothing')}</span>
    </label>
  )
  return (
    <fieldset class="both">
      <legend>{label}</legend>
      {one('mine', mine)}
      {one('theirs', theirs)}
      {!only && one('both', t('merge_both_help'))}
    </fieldset>
  )
}

function bodyOf(parts: Part[], chosen: Record<string, Choice>): string {
  return parts
    .flatMap((p, i) => {
      if (p.kind === 'agreed') return p.lines
      const c = chosen[`part-${i}`]
      return c === 'mine' ? p.mine : c === 'theirs' ? p.theirs : [...p.mine, ...p.theirs]
    })
    .join('\n')
}

const names = ['title', 'questions', 'tags', 'synonyms', 'review_by', 'internal'] as const

function fieldsOf(base: Content, mine: Content, theirs: Content) {
  const [b, m, o] = [contentOf(base), contentOf(mine), contentOf(theirs)]
  return names.map((name) => {
    const [x, y, z] = [JSON.stringify(b[name]), JSON.stringify(m[name]), JSON.stringify(o[name])]
    return { name, mine: m[name], theirs: o[name], both: y !== z && x !== y && x !== z, agreed: x === y ? o[name] : m[name] }
  })
}

function show(value: unknown): string {
  return Array.isArray(value) ? value.join('\n') : String(value ?? '')
}
