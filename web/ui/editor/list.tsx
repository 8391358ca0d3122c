// All subjects, each with its languages and how they stand, in words.
import { computed, useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { useEffect } from 'preact/hooks'
import { Refused, write } from './api'
import { Go, showNow } from './go'
import { day, number, useRoom, type Room } from './context'
import type { Item } from './protocol'
import { idOf, languages, wordOf, type Word } from './words'

interface Subject {
  id: string
  title: string
  by: Map<string, Item>
  used: number
  helpful: number | undefined
  review: string | undefined
  owner: string
}

function subjectsOf(items: Item[], lang: string): Subject[] {
  const all = new Map<string, Subject>()
  for (const item of items) {
    let s = all.get(item.id)
    if (!s) all.set(item.id, (s = { id: item.id, title: item.title, by: new Map(), used: 0, helpful: undefined, review: undefined, owner: '' }))
    s.by.set(item.lang, item)
    if (item.lang === lang) s.title = item.title
    s.used += item.used ?? 0
    s.helpful = s.helpful === undefined ? item.helpful : item.helpful === undefined ? s.helpful : Math.min(s.helpful, item.helpful)
    if (item.review_by && (!s.review || item.review_by < s.review)) s.review = item.review_by
    s.owner ||= item.owner ?? ''
  }
  return [...all.values()].sort((a, b) => a.title.localeCompare(b.title, lang))
}

/** page is how many subjects are drawn at once: a library of thousands must not slow typing in the search field. */
const page = 150

/** nobody is the choice of articles without an owner: no name begins with a space. */
const nobody = ' '

const filters = ['all', 'draft', 'review', 'planned', 'published', 'edited', 'outdated', 'missing', 'archived'] as const

export function ListPage() {
  const room = useRoom()
  const { t } = room
  const find = useSignal('')
  const filter = useSignal<(typeof filters)[number]>('all')
  const owner = useSignal('')
  const shown = useSignal(page)
  const making = useSignal(false)
  useEffect(() => void room.attempt(() => room.load()), [room])
  const items = room.items.value
  if (!items) return <main class="page"><p>{t('loading')}</p></main>
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean)
  const subjects = subjectsOf(items, room.lang.value)
  const owners = [...new Set(subjects.map((s) => s.owner).filter(Boolean))].sort((a, b) => a.localeCompare(b, room.lang.value))
  const all = subjects.filter((s) => fits(s, words, filter.value) && (!owner.value || s.owner === (owner.value === nobody ? '' : owner.value)))
  return (
    <main class="page">
      <div class="page-top">
        <h2>{t('articles')}</h2>
        {room.mayWrite && <button type="button" class="main" onClick={() => (making.value = true)}>{t('new_article')}</button>}
      </div>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <label>
          {t('search')}
          <input type="search" value={find.value} onInput={(e) => { find.value = e.currentTarget.value; shown.value = page }} />
        </label>
        <label>
          {t('show')}
          <select value={filter.value} onChange={(e) => (filter.value = e.currentTarget.value as typeof filter.value)}>
            {filters.map((f) => <option key={f} value={f}>{t(`filter_${f}`)}</option>)}
          </select>
        </label>
        <label>
          {t('owner')}
          <select value={owner.value} onChange={(e) => (owner.value = e.currentTarget.value)}>
            <option value="">{t('any_owner')}</option>
            {owners.map((o) => <option key={o} value={o}>{o}</option>)}
            <option value={nobody}>{t('no_owner')}</option>
          </select>
        </label>
        <p class="muted" role="status">{t('subjects', { n: all.length })}</p>
      </form>
      <Learning />
      {all.length === 0 ? <p class="muted none">{t('nothing_found')}</p> : <Subjects all={all.slice(0, shown.value)} />}
      {all.length > shown.value && <button type="button" onClick={() => (shown.value += page)}>{t('show_more')}</button>}
      {making.value && <NewArticle close={() => (making.value = false)} />}
    </main>
  )
}

/** Learning says that the search does not yet know the meaning of all texts. */
function Learning() {
  const { t, vectors } = useRoom()
  const v = vectors.value
  if (!v || v.done >= v.total) return null
  return <p class="muted" role="status">{t(v.failing ? 'vectors_failing' : 'vectors_learning', { done: v.done, total: v.total })}</p>
}

function fits(s: Subject, words: string[], filter: string): boolean {
  const stands = languages.map((l) => wordOf(s.by.get(l)))
  const archived = [...s.by.values()].every((i) => i.state === 'archived')
  if (filter === 'all' ? archived : !stands.includes(filter as Word)) return false
  if (words.length === 0) return true
  const text = [s.id, ...[...s.by.values()].flatMap((i) => [i.title, ...(i.tags ?? [])])].join(' ').toLowerCase()
  return words.every((w) => text.includes(w))
}

function Subjects({ all }: { all: Subject[] }) {
  const room = useRoom()
  const { t } = room
  return (
    <table class="subjects">
      <thead>
        <tr>
          <th scope="col">{t('subject')}</th>
          {languages.map((l) => <th key={l} scope="col">{t(`lang_${l}`)}</th>)}
          <th scope="col">{t('owner')}</th>
          <th scope="col">{t('review_by')}</th>
          <th scope="col" class="num">{t('used')}</th>
          <th scope="col" class="num">{t('helpful')}</th>
        </tr>
      </thead>
      <tbody>{all.map((s) => <Row key={s.id} s={s} />)}</tbody>
    </table>
  )
}

function Row({ s }: { s: Subject }) {
  const room = useRoom()
  const { t } = room
  const first = s.by.get(room.lang.value) ?? [...s.by.values()][0]
  return (
    <tr>
      <th scope="row">
        <Go to={`/desk/kb/${first?.lang}/${encodeURIComponent(s.id)}`}>{s.title}</Go>
        {first?.internal && <span class="chip">{t('internal')}</span>}
        {[...s.by.values()].some((i) => i.unsaved) && <span class="chip warn">{t('unsaved')}</span>}
      </th>
      {languages.map((l) => <td key={l} data-label={t(`lang_${l}`)}><Stand lang={l} s={s} /></td>)}
      <td data-label={t('owner')}>{s.owner || '–'}</td>
      <td data-label={t('review_by')} class={late(s.review) ? 'bad' : ''}>{day(room, s.review) || '–'}</td>
      <td data-label={t('used')} class="num">{number(room, s.used)}</td>
      <td data-label={t('helpful')} class="num">{s.helpful === undefined ? '–' : `${s.helpful} %`}</td>
    </tr>
  )
}

function late(date: string | undefined): boolean {
  return date !== undefined && Date.parse(date) < Date.now()
}

function Stand({ lang, s }: { lang: string; s: Subject }) {
  const room = useRoom()
  const item = s.by.get(lang)
  const word = wordOf(item)
  if (!item) {
    const from = [...s.by.keys()][0]
    if (!room.mayWrite) return <span class="stand missing">{room.t('stand_missing')}</span>
    return <Go class="stand missing" to={`/desk/kb/${lang}/${encodeURIComponent(s.id)}/from-${from}`}>{room.t('stand_missing')}</Go>
  }
  return <Go class={`stand ${word}`} to={`/desk/kb/${lang}/${encodeURIComponent(s.id)}`}>{room.t(`stand_${word}`)}</Go>
}

function NewArticle({ close }: { close: () => void }) {
  const room = useRoom()
  const { t } = room
  const title = useSignal('')
  const lang = useSignal<string>(room.lang.value)
  const wrong = useSignal('')
  const id = computed(() => idOf(title.value))
  const make = async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    wrong.value = ''
    try {
      await createArticle(room, lang.value, id.value, title.value)
      close()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      wrong.value = error.status === 409 ? t('id_taken') : error.message || t('failed')
    }
  }
  return (
    <dialog ref={showNow} onClose={close} aria-labelledby="new-title">
      <h2 id="new-title">{t('new_article')}</h2>
      <form onSubmit={make}>
        <label for="title">{t('article_title')}</label>
        <input id="title" value={title.value} maxLength={200} required autofocus onInput={(e) => (title.value = e.currentTarget.value)} />
        <label for="lang">{t('language')}</label>
        <select id="lang" value={lang.value} onChange={(e) => (lang.value = e.currentTarget.value)}>
          {languages.map((l) => <option key={l} value={l}>{t(`lang_${l}`)}</option>)}
        </select>
        {id.value && <p class="muted">{t('address', { path: `/help/${lang.value}/${id.value}` })}</p>}
        <p class="bad" role="alert">{wrong.value}</p>
        <div class="buttons">
          <button type="button" onClick={close}>{t('cancel')}</button>
          <button class="main" type="submit" disabled={!id.value}>{t('make_draft')}</button>
        </div>
      </form>
    </dialog>
  )
}

async function createArticle(room: Room, lang: string, id: string, title: string) {
  await write('POST', '/articles', { id, lang, title, body: '', owner: room.me.value?.name ?? '' })
  room.go(`/desk/kb/${lang}/${id}`)
}
