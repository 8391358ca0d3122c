// Missed work is the loudest complaint in this field: title, icon, sound and notification, each of which can be switched off.
import { signal } from '@preact/signals'

export interface Switches {
  sound: boolean
  keys: boolean
}

const kept = 'balie:desk:switches'
export const switches = signal<Switches>(read())

function read(): Switches {
  try {
    return { sound: true, keys: true, ...(JSON.parse(localStorage.getItem(kept) ?? '{}') as Partial<Switches>) }
  } catch {
    return { sound: true, keys: true }
  }
}

/** flip turns one switch over and remembers it in this browser. */
export function flip(name: keyof Switches) {
  switches.value = { ...switches.value, [name]: !switches.value[name] }
  localStorage.setItem(kept, JSON.stringify(switches.value))
}

/** showCount puts the number of conversations that wait into the tab, in digits and as a mark on the icon. */
export function showCount(title: string, n: number) {
  document.title = n > 0 ? `(${n}) ${title}` : title
  const href = n > 0 ? '/assets/icon-badge.svg' : '/assets/icon.svg'
  let icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  if (!icon) {
    icon = document.createElement('link')
    icon.rel = 'icon'
    document.head.append(icon)
  }
  if (icon.getAttribute('href') !== href) icon.setAttribute('href', href)
}

let audio: AudioContext | undefined

/** chime plays two short tones. A browser that allows no sound before a first press stays silent. */
export function chime() {
  if (!switches.value.sound || !navigator.userActivation?.hasBeenActive) return
  audio ??= new AudioContext()
  const start = audio.currentTime
  for (const [i, pitch] of [660, 880].entries()) {
    const tone = audio.createOscillator()
    const loud = audio.createGain()
    tone.frequency.value = pitch
    loud.gain.setValueAtTime(0.12, start + i * 0.16)
    loud.gain.exponentialRampToValueAtTime(0.001, start + i * 0.16 + 0.15)
    tone.connect(loud).connect(audio.destination)
    tone.start(start + i * 0.16)
    tone.stop(start + i * 0.16 + 0.16)
  }
}

/** notify shows a desktop notification to an agent who is looking elsewhere; pressing it comes back to the desk. */
export function notify(title: string, text: string, tag: string, open: () => void) {
  if (document.visibilityState === 'visible' && document.hasFocus()) return
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  const note = new Notification(title, { body: text, tag })
  note.onclick = () => {
    window.focus()
    open()
    note.close()
  }
}

/** canAsk reports whether the agent can still be asked to allow notifications. */
export function canAsk(): boolean {
  return 'Notification' in window && Notification.permission === 'default'
}
