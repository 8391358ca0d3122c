// The text field: CodeMirror with the marks of Markdown made visible, and the buttons' work for who knows no Markdown.
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { defineLanguageFacet, HighlightStyle, Language, syntaxHighlighting } from '@codemirror/language'
import { EditorSelection, EditorState, type ChangeSpec } from '@codemirror/state'
import { drawSelection, EditorView, highlightSpecialChars, keymap } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { parser, Strikethrough, Table } from '@lezer/markdown'

const markdown = new Language(defineLanguageFacet({}), parser.configure([Table, Strikethrough]), [], 'markdown')

const marks = HighlightStyle.define([
  { tag: tags.heading, fontWeight: '700' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strikethrough, textDecoration: 'line-through' },
  { tag: [tags.link, tags.url], color: 'var(--accent)' },
  { tag: tags.monospace, fontFamily: 'ui-monospace, monospace' },
  { tag: [tags.processingInstruction, tags.contentSeparator], color: 'var(--muted)' },
])

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '1rem', backgroundColor: 'var(--bg)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "Cascadia Mono", monospace', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { padding: 'var(--s3)', caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--accent-soft)' },
})

export interface FieldOptions {
  parent: HTMLElement
  text: string
  label: string
  nonce: string
  /** Only to be read. */
  fixed: boolean
  changed: (text: string) => void
  save: () => void
  /** Files were pasted or dropped; false leaves them to the browser. */
  files: (data: DataTransfer | null) => boolean
}

/** field makes the text field. Tab leaves it, as in any form; Ctrl+S saves. */
export function field(o: FieldOptions): EditorView {
  const state = EditorState.create({
    doc: o.text,
    extensions: [
      EditorView.cspNonce.of(o.nonce),
      highlightSpecialChars(),
      history(),
      drawSelection(),
      EditorView.lineWrapping,
      EditorState.readOnly.of(o.fixed),
      markdown.extension,
      syntaxHighlighting(marks),
      look,
      EditorView.contentAttributes.of({ 'aria-label': o.label, spellcheck: 'true', 'aria-multiline': 'true', tabindex: '0' }),
      keymap.of([
        { key: 'Mod-s', preventDefault: true, run: () => (o.save(), true) },
        { key: 'Mod-b', run: (v) => wrap(v, '**') },
        { key: 'Mod-i', run: (v) => wrap(v, '*') },
        { key: 'Enter', run: goOn },
        ...historyKeymap,
        ...defaultKeymap,
      ]),
      EditorView.domEventHandlers({
        paste: (e) => o.files(e.clipboardData) && (e.preventDefault(), true),
        drop: (e) => o.files(e.dataTransfer) && (e.preventDefault(), true),
      }),
      EditorView.updateListener.of((u) => {
        if (u.docChanged) o.changed(u.state.doc.toString())
      }),
    ],
  })
  return new EditorView({ state, parent: o.parent })
}

/** replace puts another text in the field, as one step that can be undone. */
export function replace(view: EditorView, text: string) {
  if (view.state.doc.toString() !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
}

/** wrap puts marks around the selection, or takes them away. */
export function wrap(view: EditorView, mark: string): boolean {
  view.dispatch(
    view.state.changeByRange((r) => {
      const before = view.state.sliceDoc(Math.max(0, r.from - mark.length), r.from)
      const after = view.state.sliceDoc(r.to, r.to + mark.length)
      if (before === mark && after === mark)
        return {
          changes: [{ from: r.from - mark.length, to: r.from }, { from: r.to, to: r.to + mark.length }],
          range: EditorSelection.range(r.from - mark.length, r.to - mark.length),
        }
      return {
        changes: [{ from: r.from, insert: mark }, { from: r.to, insert: mark }],
        range: EditorSelection.range(r.from + mark.length, r.to + mark.length),
      }
    }),
  )
  view.focus()
  return true
}

/** begin puts a sign before every chosen line, or takes it away when all have it. */
export function begin(view: EditorView, sign: string): boolean {
  const { from, to } = view.state.selection.main
  const doc = view.state.doc
  const chosen = []
  for (let n = doc.lineAt(from).number; n <= doc.lineAt(to).number; n++) chosen.push(doc.line(n))
  const all = chosen.every((l) => l.text.startsWith(sign))
  const changes: ChangeSpec[] = chosen.map((l) => (all ? { from: l.from, to: l.from + sign.length } : { from: l.from, insert: sign }))
  view.dispatch({ changes })
  view.focus()
  return true
}

/** insert puts a text at the cursor and chooses the part of it that is to be filled in. */
export function insert(view: EditorView, text: string, choose: string): boolean {
  const { from, to } = view.state.selection.main
  const words = view.state.sliceDoc(from, to)
  const filled = text.replace('…', words || '…')
  const at = from + Math.max(0, filled.indexOf(choose))
  view.dispatch({ changes: { from, to, insert: filled }, selection: { anchor: at, head: at + choose.length } })
  view.focus()
  return true
}

const item = /^(\s*)([-+*]|(\d{1,9})([.)]))(\s+)(.*)$/

/** goOn continues a list on the next line; an empty item ends it. */
function goOn(view: EditorView): boolean {
  const r = view.state.selection.main
  const line = view.state.doc.lineAt(r.from)
  const m = item.exec(line.text)
  if (!r.empty || !m || r.from < line.from + line.text.length - (m[6]?.length ?? 0)) return false
  if (!m[6]) {
    view.dispatch({ changes: { from: line.from, to: line.to }, selection: { anchor: line.from } })
    return true
  }
  const sign = m[3] ? `${Number(m[3]) + 1}${m[4]}` : m[2]
  const next = `\n${m[1]}${sign}${m[5]}`
  view.dispatch({ changes: { from: r.from, insert: next }, selection: { anchor: r.from + next.length }, scrollIntoView: true })
  return true
}
