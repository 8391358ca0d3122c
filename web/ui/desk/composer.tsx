// Where an agent writes: an answer to the customer, or a note to colleagues, in another colour with another button.
import { useSignal } from '@preact/signals'
import type { TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { fillHoles } from '../shared/holes'
import { call } from './api'
import { useRoom } from './context'
import type { Hit } from './protocol'
import type { Talk } from './talk'

interface Pick {
  title: string
  text: string
}

export function Composer({ talk, mine }: { talk: Talk; mine: boolean }) {
  const { t } = useRoom()
  const field = useRef<HTMLTextAreaElement>(null)
  if (!mine && talk.mode.value === 'answer') talk.mode.value = 'note'
  const note = talk.mode.value === 'note'
  const text = note ? talk.note.value : talk.answer.value
  const picks = usePicks(talk, text, note)
  const chosen = useSignal(0)

  useEffect(() => {
    const f = field.current // grows with the text, up to the height that the style sheet allows
    if (!f) return
    f.style.height = 'auto'
    f.style.height = f.scrollHeight + 2 + 'px'
  }, [text])
  useEffect(() => {
    if (mine && talk.mode.value === 'note' && !talk.note.value) talk.mode.value = 'answer'
  }, [mine])

  const take = (pick: Pick) => {
    talk.write(pick.text)
    chosen.value = 0
    field.current?.focus()
  }
  const key = (e: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (picks.length && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      e.preventDefault()
      chosen.value = (chosen.value + (e.key === 'ArrowDown' ? 1 : picks.length - 1)) % picks.length
      return
    }
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return
    e.preventDefault()
    const pick = picks[chosen.value]
    if (pick) take(pick)
    else void talk.send()
  }
  return (
    <form
      class={note ? 'composer for-note' : 'composer'}
      onSubmit={(e) => {
        e.preventDefault()
        void talk.send()
      }}
    >
      <Typist talk={talk} />
      <div class="modes" role="group" aria-label={t('mode')}>
        <button type="button" disabled={!mine} aria-pressed={!note} onClick={() => (talk.mode.value = 'answer')}>{t('mode_answer')}</button>
        <button type="button" aria-pressed={note} onClick={() => (talk.mode.value = 'note')}>{t('mode_note')}</button>
        <span class="muted">{note ? t('note_hint') : t('answer_hint')}</span>
      </div>
      {picks.length > 0 && (
        <ul class="picks" role="listbox" id="picks" aria-label={t('picks')}>
          {picks.map((p, i) => (
            <li key={i} id={`pick-${i}`} role="option" aria-selected={i === chosen.value} onMouseDown={(e) => e.preventDefault()} onClick={() => take(p)}>
              <strong>{p.title}</strong> <span class="muted">{p.text}</span>
            </li>
          ))}
        </ul>
      )}
      <label class="hidden" for="answer">{note ? t('mode_note') : t('mode_answer')}</label>
      <textarea
        id="answer"
        ref={field}
        rows={2}
        maxLength={4000}
        value={text}
        placeholder={note ? t('note_placeholder') : t('answer_placeholder')}
        aria-controls={picks.length ? 'picks' : undefined}
        aria-activedescendant={picks.length ? `pick-${chosen.value}` : undefined}
        onKeyDown={key}
        onInput={(e) => {
          chosen.value = 0
          talk.write(e.currentTarget.value)
        }}
      />
      <button class="main" type="submit">{note ? t('keep_note') : t('send')}</button>
    </form>
  )
}

/** Typist warns when a colleague is writing too, and tells when the customer is. */
function Typist({ talk }: { talk: Talk }) {
  const { t } = useRoom()
  const from = talk.typist.value
  if (!from) return <p class="typist" role="status" />
  if (from.role === 'agent') return <p class="typist warn" role="status">{t('colleague_types', { name: from.name ?? '' })}</p>
  return <p class="typist" role="status">{t('customer_types')}</p>
}

/** usePicks offers canned replies after "/", filled in, and articles after "#", in the customer's language. What only agents may read is
 *  offered for a note, never for an answer. */
function usePicks(talk: Talk, text: string, note: boolean): Pick[] {
  const { desk } = useRoom()
  const row = desk.rows.value.get(talk.id)
  const lang = row?.lang === 'en' ? 'en' : 'nl'
  const canned = text.startsWith('/') && !text.includes('\n')
  useEffect(() => {
    if (canned) void desk.loadCanned()
  }, [canned, desk])
  const articles = useSignal<Pick[]>([])
  const query = /^#(.{2,60})$/.exec(text)?.[1] ?? ''
  useEffect(() => {
    articles.value = []
    if (!query) return
    const timer = setTimeout(async () => {
      const path = `/kb/search?lang=${lang}&limit=6&q=${encodeURIComponent(query)}`
      const found = await desk.attempt(() => call<{ hits: Hit[] | null }>('GET', path))
      const hits = (found?.hits ?? []).filter((h) => note || !h.internal)
      articles.value = hits.map((h) => ({ title: h.title, text: `${h.title}: ${new URL(h.url, location.href).href}` }))
    }, 200)
    return () => clearTimeout(timer)
  }, [query, lang, note])
  if (query) return articles.value
  if (!canned) return []
  const word = text.slice(1).toLowerCase()
  const known = { customer: row?.name ?? '', agent: desk.me.value?.name ?? '', reference: row?.reference ?? '' }
  return (desk.settings.value.canned ?? [])
    .map((c) => ({ title: c.title, text: fillHoles(c.text[lang] || c.text.nl || c.text.en || '', known) }))
    .filter((c) => (c.title + ' ' + c.text).toLowerCase().includes(word))
    .slice(0, 8)
}
