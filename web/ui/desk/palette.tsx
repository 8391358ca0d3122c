// Ctrl+K: every action and every conversation, found by typing.
import { useSignal } from '@preact/signals'
import type { TargetedKeyboardEvent } from 'preact'
import { useEffect } from 'preact/hooks'
import { nameOf, useRoom, type Room } from './context'
import { Box, hide, show } from './box'
import { focusAnswer } from './keys'
import type { Row } from './protocol'

interface Act {
  label: string
  run: () => void
}

export function Palette() {
  const room = useRoom()
  const { desk, t } = room
  const query = useSignal('')
  const chosen = useSignal(0)
  const found = useSignal<Row[]>([])
  useEffect(() => {
    found.value = []
    const q = query.value.trim()
    if (q.length < 2) return
    const timer = setTimeout(async () => (found.value = await desk.search(q)), 200)
    return () => clearTimeout(timer)
  }, [query.value])

  const word = query.value.trim().toLowerCase()
  const acts = actsOf(room).filter((a) => a.label.toLowerCase().includes(word))
  const here = [...desk.rows.value.values()].filter((r) => word && `${r.name} ${r.reference}`.toLowerCase().includes(word))
  const rows = [...here, ...found.value.filter((r) => !here.some((h) => h.id === r.id))].slice(0, 10)
  const all = [...rows.map((r) => ({ label: `${nameOf(room, r)} · ${r.reference}`, run: () => void desk.open(r.id) })), ...acts]
  const run = (act: Act | undefined) => {
    if (!act) return
    hide()
    setTimeout(act.run) // after the dialog has given the focus back
  }
  const key = (e: TargetedKeyboardEvent<HTMLInputElement>) => {
    if (e.key === 'Enter') {
      e.preventDefault()
      run(all[chosen.value])
    } else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault()
      chosen.value = (chosen.value + (e.key === 'ArrowDown' ? 1 : all.length - 1)) % Math.max(1, all.length)
    }
  }
  return (
    <Box title={t('search')}>
      <label for="palette" class="hidden">{t('search')}</label>
      <input
        id="palette"
        autofocus
        autocomplete="off"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={all.length ? `act-${chosen.value}` : undefined}
        placeholder={t('search_hint')}
        onKeyDown={key}
        onInput={(e) => {
          query.value = e.currentTarget.value
          chosen.value = 0
        }}
      />
      <ul id="palette-list" class="picks" role="listbox" aria-label={t('search')}>
        {all.map((a, i) => (
          <li key={i} id={`act-${i}`} role="option" aria-selected={i === chosen.value} onClick={() => run(a)}>{a.label}</li>
        ))}
      </ul>
    </Box>
  )
}

/** actsOf lists what can be done right now. */
function actsOf({ desk, t }: Room): Act[] {
  const acts: Act[] = []
  const talk = desk.talk.value
  if (talk && desk.isMine(talk.id))
    acts.push(
      { label: t('mode_answer'), run: () => focusAnswer(desk, 'answer') },
      { label: t('act'), run: () => show('act') },
      { label: t('transfer'), run: () => show('transfer') },
      { label: t('return'), run: () => show('return') },
      { label: t('close'), run: () => show('close') },
    )
  else if (talk) acts.push({ label: t('claim'), run: () => void desk.claim(talk.id) })
  if (talk) acts.push({ label: t('mode_note'), run: () => focusAnswer(desk, 'note') })
  const away = desk.presence.value === 'available'
  acts.push(
    { label: away ? t('away') : t('available'), run: () => void desk.setPresence(away ? 'away' : 'available') },
    ...(desk.requests.value.length || desk.decides.value ? [{ label: t('requests'), run: () => show('requests') }] : []),
    { label: t('to_library'), run: () => location.assign('/desk/kb') },
    ...(desk.decides.value ? [{ label: t('limits'), run: () => location.assign('/desk/limits') }] : []),
    { label: t('keys_title'), run: () => show('help') },
    { label: t('sign_out'), run: () => void desk.signOut() },
  )
  return acts
}
