// The chat's screen: header with the way to a person, the conversation, the place to type.
import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Composer } from './composer'
import { Here, useRoom, who, type Room } from './context'
import { Lines } from './lines'
import type { Message } from './protocol'
import { Rating } from './rating'
import { download } from './save'
import { Status } from './status'

interface AppProps {
  room: Room
  /** Closes the panel in the shop's page; absent when the chat has a window of its own. */
  onClose?: (() => void) | undefined
}

export function App({ room, onClose }: AppProps) {
  const { chat } = room
  useEffect(() => {
    const esc = (e: KeyboardEvent) => {
      if (e.key !== 'Escape' || !onClose) return
      const menu = document.querySelector<HTMLDetailsElement>('details[open]')
      if (menu) menu.open = false
      else onClose()
    }
    addEventListener('keydown', esc)
    return () => removeEventListener('keydown', esc)
  }, [onClose])
  useSignalEffect(() => {
    document.documentElement.lang = chat.lang.value
    document.title = room.t('title')
  })
  return (
    <Here.Provider value={room}>
      <Header onClose={onClose} />
      <Transcript />
      <Spoken />
      <footer>
        <Status />
        <Composer />
      </footer>
    </Here.Provider>
  )
}

function Header({ onClose }: { onClose?: (() => void) | undefined }) {
  const { chat, t } = useRoom()
  return (
    <header>
      <div class="bar">
        <h1>{t('title')}</h1>
        <Menu />
        {onClose && (
          <button type="button" class="plain icon" aria-label={t('close')} onClick={onClose}>
            <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
              <path d="M6 6l12 12M18 6L6 18" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
            </svg>
          </button>
        )}
      </div>
      <button type="button" class="person" onClick={() => chat.human()}>
        {t('human')}
      </button>
    </header>
  )
}

function Menu() {
  const room = useRoom()
  const { chat, t } = room
  const element = useRef<HTMLDetailsElement>(null)
  const then = (act: () => void) => () => {
    if (element.current) element.current.open = false
    act()
  }
  return (
    <details class="menu" ref={element}>
      <summary>{t('menu')}</summary>
      <div class="menu-list">
        <div class="langs" role="group" aria-label={t('language')}>
          {(['nl', 'en'] as const).map((l) => (
            <button key={l} type="button" lang={l} aria-pressed={chat.lang.value === l} onClick={then(() => chat.setLang(l))}>
              {l === 'nl' ? 'Nederlands' : 'English'}
            </button>
          ))}
        </div>
        {chat.reference.value && <p class="muted">{t('reference', { reference: chat.reference.value })}</p>}
        <button type="button" onClick={then(() => download(room))}>{t('download')}</button>
        <button type="button" onClick={then(() => window.print())}>{t('print')}</button>
        {chat.closed.value ? (
          <button type="button" onClick={then(() => chat.fresh())}>{t('fresh')}</button>
        ) : (
          <button type="button" onClick={then(() => chat.end())}>{t('end')}</button>
        )}
      </div>
    </details>
  )
}

/** Transcript keeps the last line in view while the reader is at the end, and offers the way back when he is not. */
function Transcript() {
  const { chat, t } = useRoom()
  const box = useRef<HTMLElement>(null)
  const away = useSignal(false)
  const bottom = () => box.current?.scrollTo(0, box.current.scrollHeight)
  const top = useRef(0)
  const watch = () => {
    const b = box.current
    if (!b) return
    const below = b.scrollHeight - b.scrollTop - b.clientHeight
    if (below < 40) away.value = false
    else if (b.scrollTop < top.current && below > 120) away.value = true // only a reader scrolls up
    top.current = b.scrollTop
  }
  const newest = `${chat.events.value.length}/${chat.outbox.value.length}/${chat.delta.value.length}/${chat.thinking.value}`
  const own = chat.outbox.value.at(-1)?.order
  useEffect(() => {
    if (own !== undefined) away.value = false
  }, [own])
  const follow = () => {
    if (!away.value) bottom()
  }
  useLayoutEffect(follow, [newest, away.value]) // before the browser tells of a form that closed as if somebody had scrolled up
  useEffect(follow, [newest, away.value])
  useEffect(() => {
    const seen = new ResizeObserver(() => away.value || bottom())
    if (box.current) seen.observe(box.current)
    return () => seen.disconnect()
  }, [])
  return (
    <main ref={box} tabIndex={0} aria-label={t('log')} onScroll={watch}>
      <Opening />
      <Lines />
      {chat.closed.value && (
        <>
          <p class="line note">{t('ended')}</p>
          <Rating />
        </>
      )}
      {away.value && (
        <button type="button" class="down" onClick={bottom}>
          {t('new_messages')}
        </button>
      )}
    </main>
  )
}

/** Opening is what everybody reads first: this is a machine, it can be wrong, and when people are there. */
function Opening() {
  const { chat, t } = useRoom()
  const notice = chat.notice.value
  const begun = chat.events.value.some((e) => e.kind === 'message' && e.from?.role === 'customer')
  return (
    <section class="opening">
      <p>
        <strong class="name">{t('bot')}</strong> {notice?.text ?? t('disclosure')}
      </p>
      {notice?.hours && <p>{notice.hours}</p>}
      {!begun && !!notice?.quick?.length && (
        <>
          <p class="muted">{t('quick')}</p>
          <div class="buttons">
            {notice.quick.slice(0, 4).map((q) => (
              <button key={q.label} type="button" onClick={() => chat.say(q.text || q.label)}>
                {q.label}
              </button>
            ))}
          </div>
        </>
      )}
    </section>
  )
}

/** aloud is a message as it should sound: the words of its HTML, without the marks of Markdown and without links to tab to. */
function aloud(m: Message): string {
  if (!m.html) return m.text ?? ''
  const spaced = m.html.replace(/<\/(p|li|h\d|td|th|div)>/g, '$& ')
  return new DOMParser().parseFromString(spaced, 'text/html').body.textContent?.trim() ?? ''
}

/** Spoken is the conversation for a screen reader: whole messages, each once, none of the history. */
function Spoken() {
  const room = useRoom()
  return (
    <div class="hidden" role="log" aria-live="polite" aria-label={room.t('log')}>
      {room.chat.spoken.value.map((e) => {
        if (e.kind !== 'message' || e.from?.role === 'customer' || !e.message?.text) return null
        return <p key={e.seq}>{who(room, e.from)}: {aloud(e.message)}</p>
      })}
    </div>
  )
}
