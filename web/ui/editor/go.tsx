// How one gets from screen to screen.
import type { TargetedMouseEvent } from 'preact'
import { useRoom } from './context'

/** Go is a link to another screen of the library. */
export function Go({ to, children, ...rest }: { to: string; children: preact.ComponentChildren; class?: string; 'aria-current'?: 'page' | undefined }) {
  const room = useRoom()
  const press = (e: TargetedMouseEvent<HTMLAnchorElement>) => {
    if (e.metaKey || e.ctrlKey || e.shiftKey || e.button !== 0) return
    e.preventDefault()
    room.go(to)
  }
  return (
    <a href={to} onClick={press} {...rest}>
      {children}
    </a>
  )
}

/** showNow shows a dialog as soon as it is drawn. */
export function showNow(e: HTMLDialogElement | null) {
  if (e && !e.open) e.showModal()
}
