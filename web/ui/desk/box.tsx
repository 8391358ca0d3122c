// The dialog that is open over the desk, and the box that every dialog stands in.
import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useRoom } from './context'

export type DialogName = 'transfer' | 'return' | 'close' | 'palette' | 'help' | 'act' | 'requests' | 'receipt' | 'test'
export const open = signal<DialogName | ''>('')
/** What the dialog is about: an act, or a line of the log. */
export const about = signal('')

/** show opens one dialog, in the place of any other; a receipt is about one act. */
export function show(name: DialogName, act = '') {
  open.value = name
  about.value = act
}

export function hide() {
  open.value = ''
}

interface BoxProps {
  title: string
  wide?: boolean
  /** There is nothing to call off: it only closes. */
  reading?: boolean
  children: ComponentChildren
}

/** Box is a native modal dialog: the browser keeps the focus in it, closes it with Escape and puts the focus back. */
export function Box({ title, wide, reading, children }: BoxProps) {
  const { t } = useRoom()
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null
    element.current?.showModal()
    return () => from?.focus()
  }, [])
  return (
    <dialog ref={element} class={wide ? 'wide' : ''} onClose={hide} aria-labelledby="dialog-title">
      <div class="dialog-top">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="plain" onClick={() => element.current?.close()}>{t(reading ? 'shut' : 'cancel')}</button>
      </div>
      {children}
    </dialog>
  )
}
