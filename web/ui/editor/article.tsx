// One article: text left, what it becomes right. Under the bar: how it stands, where the words are kept, and what can be done.
import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { call, of, Refused, write } from './api'
import { Go } from './go'
import { moment, useRoom } from './context'
import { Details } from './details'
import { loadField, type Pen } from './fieldload'
import { History } from './history'
import { Merge } from './merge'
import { Preview } from './preview'
import type { Article } from './protocol'
import { Publish } from './publish'
import { Session } from './session'
import { add, pictures } from './picture'
import { Toolbar } from './toolbar'
import { Translation } from './translation'
import { Tests, Try } from './try'
import { languages } from './words'

const panels = ['preview', 'try', 'tests', 'details', 'history', 'translation'] as const
type Panel = (typeof panels)[number]

export function ArticlePage({ id, part }: { id: string; part: string }) {
  const room = useRoom()
  const { t } = room
  const session = useMemo(() => new Session(id, room.me.value?.id ?? ''), [id, room])
  const absent = useSignal(false)
  useEffect(() => {
    session.open().catch((e: unknown) => {
      if (e instanceof Refused && e.status === 404) absent.value = true
      else room.fail(e)
    })
    return () => session.close()
  }, [session, room, absent])
  if (absent.value) return <Absent id={id} from={part} />
  if (!session.article.value) return <main class="page"><p>{t('loading')}</p></main>
  if (session.conflict.value) return <Merge session={session} theirs={session.conflict.value} />
  if (part === 'publish' || part === 'archive') return <Publish session={session} to={part === 'archive' ? 'archived' : 'published'} />
  return <Desk session={session} />
}

/** Absent is an article that is not there: a translation to be made, or nothing at all. */
function Absent({ id, from }: { id: string; from: string }) {
  const room = useRoom()
  const { t } = room
  const [lang = '', name = ''] = id.split('/')
  const source = from.startsWith('from-') ? from.slice(5) : ''
  const make = () =>
    room.attempt(async () => {
      const s = await call<Article>('GET', '/kb' + of(`${source}/${name}`))
      await write('POST', '/articles', { id: name, lang, title: s.title, tags: s.tags, body: s.body, review_by: s.review_by, internal: s.internal,
        owner: room.me.value?.name ?? '', source_of: source })
      room.go(`/desk/kb/${id}`)
    })
  return (
    <main class="page">
      <h2>{source ? t('translation_missing') : t('not_there')}</h2>
      {source && room.mayWrite && <p>{t('translation_begin')}</p>}
      <p class="buttons">
        <Go to="/desk/kb">{t('to_list')}</Go>
        {source && room.mayWrite && <button type="button" class="main" onClick={() => void make()}>{t('make_translation')}</button>}
      </p>
    </main>
  )
}

function Desk({ session }: { session: Session }) {
  const room = useRoom()
  const { t } = room
  const panel = useSignal<Panel>('preview')
  const pen = useRef<Pen | undefined>(undefined)
  const a = session.article.value as Article
  const save = () => room.attempt(async () => (await session.save('')) && (room.notice.value = ''))
  return (
    <main class="write">
      <div class="write-top">
        <Go to="/desk/kb" class="back">{t('to_list')}</Go>
        <Stands a={a} session={session} />
        <Kept session={session} />
        {room.mayWrite && <Acts session={session} save={save} />}
      </div>
      {session.restored.value && (
        <p class="bar warn">
          {t('restored', { when: moment(room, session.keptAt.value) })}{' '}
          <button type="button" class="link" onClick={() => session.drop()}>{t('drop_work')}</button>
        </p>
      )}
      <div class="write-panes">
        <section class="pane text" aria-label={t('text')}>
          <label class="hidden" for="article-title">{t('article_title')}</label>
          <input id="article-title" class="title" value={session.content.value.title} maxLength={200} readOnly={!room.mayWrite}
            onInput={(e) => session.change({ title: e.currentTarget.value })} />
          <Toolbar pen={pen} />
          <Field session={session} pen={pen} save={save} />
        </section>
        <section class="pane result">
          <Tabs panel={panel.value} choose={(p) => (panel.value = p)} />
          <div role="tabpanel" id={`panel-${panel.value}`} aria-labelledby={`tab-${panel.value}`} tabIndex={0} class="panel">
            {panel.value === 'preview' && <Preview session={session} pen={pen} />}
            {panel.value === 'try' && <Try session={session} save={save} />}
            {panel.value === 'tests' && <Tests session={session} save={save} />}
            {panel.value === 'details' && <Details session={session} save={save} />}
            {panel.value === 'history' && <History session={session} />}
            {panel.value === 'translation' && <Translation session={session} />}
          </div>
        </section>
      </div>
    </main>
  )
}

/** Tabs follow the pattern that screen readers know: arrows move, one tab stop. */
function Tabs({ panel, choose }: { panel: Panel; choose: (p: Panel) => void }) {
  const { t } = useRoom()
  const move = (e: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key]
    if (!step) return
    e.preventDefault()
    const next = panels[(panels.indexOf(panel) + step + panels.length) % panels.length] as Panel
    choose(next)
    document.getElementById(`tab-${next}`)?.focus()
  }
  return (
    <div role="tablist" class="tabs" aria-label={t('panels')} onKeyDown={move}>
      {panels.map((p) => (
        <button key={p} type="button" role="tab" id={`tab-${p}`} aria-selected={p === panel} aria-controls={p === panel ? `panel-${p}` : undefined}
          tabIndex={p === panel ? 0 : -1} onClick={() => choose(p)}>
          {t(`panel_${p}`)}
        </button>
      ))}
    </div>
  )
}

function Field({ session, pen, save }: { session: Session; pen: { current: Pen | undefined }; save: () => unknown }) {
  const room = useRoom()
  const host = useRef<HTMLDivElement>(null)
  const there = useSignal(false)
  useEffect(() => {
    let gone = false
    loadField().then(
      (tools) => {
        if (gone || !host.current) return
        const view = tools.field({
          parent: host.current,
          text: session.content.peek().body,
          label: room.t('text'),
          nonce: room.nonce,
          fixed: !room.mayWrite,
          changed: (body) => session.content.peek().body !== body && session.change({ body }),
          save: () => void save(),
          files: (data) => {
            const found = room.mayWrite ? pictures(data) : []
            if (found.length > 0 && pen.current) void add(room, pen.current, found)
            return found.length > 0
          },
        })
        pen.current = { view, tools }
        there.value = true
      },
      (e: unknown) => room.fail(e),
    )
    return () => {
      gone = true
      pen.current?.view.destroy()
      pen.current = undefined
    }
  }, [session])
  useSignalEffect(() => {
    const { body } = session.content.value
    if (there.value && pen.current) pen.current.tools.replace(pen.current.view, body)
  })
  return <div class="field" ref={host} />
}

/** Stands says in words how the article stands. */
function Stands({ a, session }: { a: Article; session: Session }) {
  const room = useRoom()
  const { t } = room
  const [lang = ''] = session.key.split('/')
  const word = a.publish_at ? 'planned' : a.state === 'draft' && a.live ? 'edited' : a.state
  return (
    <p class="stands">
      <span class={`stand ${word}`}>{t(`stand_${word}`)}</span>
      {a.publish_at && <span class="muted">{moment(room, a.publish_at)}</span>}
      <span class="muted">{t(`lang_${languages.includes(lang as 'nl') ? (lang as 'nl' | 'en') : 'other'}`)}</span>
      {a.internal && <span class="chip">{t('internal')}</span>}
    </p>
  )
}

/** Kept says where the words are: the one thing a writer must be sure of. */
function Kept({ session }: { session: Session }) {
  const room = useRoom()
  const { t } = room
  const when = session.keptAt.value ? moment(room, session.keptAt.value) : ''
  const text = () => {
    if (!session.dirty.value) return session.keptAt.value ? t('kept_saved', { when }) : ''
    switch (session.keeping.value) {
      case 'typing':
      case 'saved': // another owner alone: that is no text, and is kept when it is saved
        return t('kept_typing')
      case 'here':
        return t('kept_here')
      default:
        return t('kept_draft', { when })
    }
  }
  return <p class={`kept ${session.keeping.value === 'here' ? 'warn' : 'muted'}`} role="status">{text()}</p>
}

function Acts({ session, save }: { session: Session; save: () => Promise<unknown> }) {
  const room = useRoom()
  const { t } = room
  const a = session.article.value as Article
  const state = (to: 'draft' | 'review') => room.attempt(async () => session.saved(await write('POST', of(session.key, '/state'), { rev: session.rev.value, state: to })))
  const on = async (part: string) => {
    await save()
    if (!session.dirty.value && !session.conflict.value) room.go(`/desk/kb/${session.key}/${part}`)
  }
  const published = a.state === 'published' && !session.dirty.value
  return (
    <div class="acts">
      <button type="button" disabled={!session.dirty.value} onClick={() => void save()}>{t('save')}</button>
      <button type="button" class="main" disabled={published} onClick={() => void on('publish')}>{t('publish')}</button>
      <details class="menu">
        <summary>{t('more')}</summary>
        <div class="menu-list">
          {a.state === 'draft' && <button type="button" disabled={session.dirty.value} onClick={() => void state('review')}>{t('to_review')}</button>}
          {(a.state === 'review' || a.state === 'archived') && <button type="button" disabled={session.dirty.value} onClick={() => void state('draft')}>{t('to_draft')}</button>}
          {a.state !== 'archived' && <button type="button" onClick={() => void on('archive')}>{t('archive')}</button>}
          {(a.live || a.state === 'published') && !a.internal && <a href={`/help/${session.key}`} target="_blank" rel="noopener">{t('see_page')}</a>}
        </div>
      </details>
    </div>
  )
}
