// The keyboard. Single letters are dead inside fields and can be switched off; Ctrl+K works everywhere.
import { switches } from './attention'
import type { Room } from './context'
import { show } from './box'
import type { Desk } from './model'

/** listen hears every key of the page and returns how to stop. */
export function listen({ desk }: Room): () => void {
  let gAt = 0
  const hear = (e: KeyboardEvent) => {
    if (!desk.me.value) return
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') {
      e.preventDefault()
      return show('palette')
    }
    if (e.ctrlKey || e.metaKey || e.altKey || !switches.value.keys || typing(e.target) || document.querySelector('dialog[open]')) return
    const afterG = Date.now() - gAt < 1_500
    gAt = e.key === 'g' ? Date.now() : 0
    if (act(desk, e.key, afterG)) e.preventDefault()
  }
  addEventListener('keydown', hear)
  return () => removeEventListener('keydown', hear)
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** act does what a key stands for and reports whether it stands for anything. */
function act(desk: Desk, key: string, afterG: boolean): boolean {
  const talk = desk.talk.value
  const mine = !!talk && desk.isMine(talk.id)
  if (afterG && (key === 'q' || key === 'm')) return jump(desk, key === 'q' ? 'waiting' : 'mine')
  switch (key) {
    case 'j':
    case 'k':
      desk.move(key === 'j' ? 1 : -1)
      document.querySelector<HTMLElement>(`[data-id="${CSS.escape(desk.selected.value)}"]`)?.focus()
      return true
    case 'a':
      if (talk && !mine) void desk.claim(talk.id)
      return !!talk
    case 'r':
    case 'n':
      if (talk) focusAnswer(desk, key === 'n' || !mine ? 'note' : 'answer')
      return !!talk
    case 'x':
      if (mine) show('act')
      return mine
    case 't':
    case 'c':
      if (mine) show(key === 't' ? 'transfer' : 'close')
      return mine
    case '?':
      show('help')
      return true
    default:
      return false // Enter opens the row that has the focus, as it does everywhere
  }
}

function jump(desk: Desk, group: 'waiting' | 'mine'): boolean {
  desk.selected.value = desk.order.value[group][0] ?? ''
  document.querySelector<HTMLElement>(`[data-id="${CSS.escape(desk.selected.value)}"]`)?.focus()
  return true
}

/** focusAnswer puts the cursor where the agent writes. */
export function focusAnswer(desk: Desk, mode: 'answer' | 'note') {
  if (desk.talk.value) desk.talk.value.mode.value = mode
  requestAnimationFrame(() => document.querySelector<HTMLElement>('#answer')?.focus())
}
