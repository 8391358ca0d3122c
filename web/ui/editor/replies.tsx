// The desk's prepared replies: found by typing, written in both languages, with every version kept.
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { fillHoles, strangeHoles } from '../shared/holes'
import { call, Refused } from './api'
import { moment, useRoom } from './context'
import { Go } from './go'
import type { Reply } from './protocol'
import { idOf, languages } from './words'

const home = '/desk/kb/replies'

export function RepliesPage() {
  const room = useRoom()
  const { t } = room
  const all = useReplies()
  const find = useSignal('')
  const retired = useSignal(false)
  if (!all.value) return <main class="page"><p>{t('loading')}</p></main>
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean)
  const found = all.value.filter((r) => !!r.retired === retired.value && words.every((w) => `${r.title} ${r.text.nl ?? ''} ${r.text.en ?? ''}`.toLowerCase().includes(w)))
  return (
    <main class="page">
      <div class="page-top">
        <h2>{t('replies')}</h2>
        {room.mayWrite && <Go class="button main" to={`${home}/new`}>{t('reply_new')}</Go>}
      </div>
      <p>{t('replies_why')}</p>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <label>
          {t('search')}
          <input type="search" value={find.value} onInput={(e) => (find.value = e.currentTarget.value)} />
        </label>
        <label>
          {t('show')}
          <select value={retired.value ? 'retired' : 'used'} onChange={(e) => (retired.value = e.currentTarget.value === 'retired')}>
            <option value="used">{t('replies_used')}</option>
            <option value="retired">{t('replies_retired')}</option>
          </select>
        </label>
        <p class="muted" role="status">{t('replies_count', { n: found.length })}</p>
      </form>
      {found.length === 0 ? <p class="muted none">{t('nothing_found')}</p> : (
        <ul class="replies">
          {found.map((r) => (
            <li key={r.id}>
              <Go to={`${home}/${encodeURIComponent(r.id)}`}>{r.title}</Go>
              {languages.map((l) => r.text[l]
                ? <p key={l} lang={l}><span class="muted" lang={room.lang.value}>{t(`lang_${l}`)}</span> {r.text[l]}</p>
                : <p key={l}><span class="stand missing">{t('reply_missing', { lang: t(`lang_${l}`) })}</span></p>)}
            </li>
          ))}
        </ul>
      )}
    </main>
  )
}

function useReplies() {
  const room = useRoom()
  const all = useSignal<Reply[] | undefined>(undefined)
  useEffect(() => void room.attempt(async () => (all.value = (await call<{ canned: Reply[] }>('GET', '/kb/canned')).canned)), [room])
  return all
}

export function ReplyPage({ id }: { id: string }) {
  const room = useRoom()
  const { t } = room
  const all = useReplies()
  const fresh: Reply = { id: '', rev: 0, title: '', text: {} }
  const reply = id === 'new' ? fresh : all.value?.find((r) => r.id === id)
  if (!all.value) return <main class="page"><p>{t('loading')}</p></main>
  return (
    <main class="page">
      <p><Go to={home}>{t('to_replies')}</Go></p>
      <h2>{id === 'new' ? t('reply_new') : (reply?.title ?? t('not_there'))}</h2>
      {reply && <Write key={`${reply.id}@${reply.rev}`} reply={reply} saved={(r) => (all.value = [...(all.value ?? []).filter((x) => x.id !== r.id), r])} />}
    </main>
  )
}

function Write({ reply, saved }: { reply: Reply; saved: (r: Reply) => void }) {
  const room = useRoom()
  const { t } = room
  const title = useSignal(reply.title)
  const text = useSignal<Reply['text']>(reply.text)
  const wrong = useSignal('')
  const fixed = !room.mayWrite
  const strange = languages.flatMap((l) => strangeHoles(text.value[l] ?? ''))
  const send = async (change: Partial<Reply> & { why?: string }) => {
    wrong.value = ''
    const body = { rev: reply.rev, title: title.value.trim(), text: text.value, retired: reply.retired ?? false, ...change }
    try {
      const made = reply.rev === 0
      const r = made ? await call<Reply>('POST', '/kb/canned', { ...body, id: idOf(title.value) }) : await call<Reply>('PUT', `/kb/canned/${encodeURIComponent(reply.id)}`, body)
      saved(r)
      if (made) room.go(`${home}/${r.id}`)
      room.notice.value = t('reply_saved')
    } catch (e) {
      if (!(e instanceof Refused)) return room.fail(e)
      wrong.value = e.status === 409 ? t(reply.rev === 0 ? 'id_taken' : 'reply_changed') : e.status === 400 ? t('reply_empty') : e.message || t('failed')
    }
  }
  const submit = (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    void send({ why: String(new FormData(e.currentTarget).get('why') ?? '') })
  }
  return (
    <>
      {reply.retired && <p class="bar warn">{t('reply_is_retired')}</p>}
      <form class="reply" onSubmit={submit}>
        <label for="reply-title">{t('reply_title')}</label>
        <input id="reply-title" value={title.value} required maxLength={100} readOnly={fixed} onInput={(e) => (title.value = e.currentTarget.value)} />
        <div class="reply-langs">
          {languages.map((l) => <Text key={l} lang={l} value={text.value[l] ?? ''} fixed={fixed} set={(v) => (text.value = { ...text.value, [l]: v })} />)}
        </div>
        {strange.length > 0 && <p class="warn" role="status">{t('reply_strange', { holes: strange.map((h) => `{${h}}`).join(' ') })}</p>}
        {!fixed && (
          <>
            <label for="reply-why">{t('why')}</label>
            <input id="reply-why" name="why" maxLength={400} autocomplete="off" />
            <p class="bad" role="alert">{wrong.value}</p>
            <div class="buttons">
              <button type="submit" class="main" disabled={strange.length > 0}>{t('save')}</button>
              {reply.rev > 0 && <button type="button" onClick={() => void send({ retired: !reply.retired })}>{t(reply.retired ? 'reply_back' : 'reply_retire')}</button>}
            </div>
          </>
        )}
      </form>
      {reply.rev > 0 && <Versions reply={reply} restore={fixed ? undefined : (v) => { title.value = v.title; text.value = v.text }} />}
    </>
  )
}

const holes = { nl: ['klant', 'medewerker', 'referentie'], en: ['customer', 'agent', 'reference'] } as const

/** Text is one language of a reply, with buttons for what is filled in, and how an agent will see it. */
function Text({ lang, value, fixed, set }: { lang: 'nl' | 'en'; value: string; fixed: boolean; set: (v: string) => void }) {
  const room = useRoom()
  const { t } = room
  const field = useRef<HTMLTextAreaElement>(null)
  const id = `reply-${lang}`
  const insert = (name: string) => {
    const f = field.current
    if (!f) return
    f.setRangeText(`{${name}}`, f.selectionStart, f.selectionEnd, 'end')
    set(f.value)
    f.focus()
  }
  const known = { customer: 'Fatima Yilmaz', agent: room.me.value?.name ?? '', reference: 'K7Q2MN' }
  return (
    <div>
      <label for={id}>{t(`lang_${lang}`)}</label>
      <textarea id={id} ref={field} lang={lang} rows={5} maxLength={4000} value={value} readOnly={fixed} onInput={(e) => set(e.currentTarget.value)} />
      {!fixed && (
        <p class="holes">
          {t('reply_fill')}{' '}
          {holes[lang].map((h) => <button key={h} type="button" class="link" onClick={() => insert(h)}>{`{${h}}`}</button>)}
        </p>
      )}
      {value && <p class="as-sent" lang={lang}><span class="muted" lang={room.lang.value}>{t('reply_as_sent')}</span> {fillHoles(value, known)}</p>}
    </div>
  )
}

interface Version extends Reply {
  at: string
}

function Versions({ reply, restore }: { reply: Reply; restore: ((v: Version) => void) | undefined }) {
  const room = useRoom()
  const { t } = room
  const all = useSignal<Version[]>([])
  useEffect(() => void room.attempt(async () => {
    all.value = (await call<{ revisions: Version[] }>('GET', `/kb/canned/${encodeURIComponent(reply.id)}/revisions`)).revisions
  }), [reply.id, reply.rev])
  return (
    <section aria-labelledby="versions">
      <h3 id="versions">{t('panel_history')}</h3>
      <ol class="versions">
        {all.value.map((v) => (
          <li key={v.rev}>
            <p><strong>{v.by || t('reply_house')}</strong> <span class="muted">{moment(room, v.at)}</span> {v.retired && <span class="chip">{t('replies_retired')}</span>}</p>
            {v.why && <p>{v.why}</p>}
            {languages.map((l) => v.text[l] && <p key={l} class="muted" lang={l}>{v.text[l]}</p>)}
            {restore && v.rev !== reply.rev && <button type="button" class="link" onClick={() => restore(v)}>{t('reply_take')}</button>}
          </li>
        ))}
      </ol>
    </section>
  )
}
