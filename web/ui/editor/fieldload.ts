// Loads the text field, once.
import type { EditorView } from '@codemirror/view'
import type * as field from './field'

export type Tools = typeof field

/** Pen is the text field with what its buttons do. */
export interface Pen {
  view: EditorView
  tools: Tools
}

let coming: Promise<Tools> | undefined

export function loadField(): Promise<Tools> {
  coming ??= (async () => {
    const address = '/assets/field.js'
    await import(address)
    const made = (globalThis as { balieField?: Tools }).balieField
    if (!made) throw new Error('no text field')
    return made
  })()
  coming.catch(() => (coming = undefined)) // the next try may have a line
  return coming
}
