// Buttons for who knows no Markdown. One tab stop; arrows move between them.
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { useRoom } from './context'
import type { Pen } from './fieldload'
import { add } from './picture'

const buttons = [
  ['bold', ({ tools, view }: Pen) => tools.wrap(view, '**')],
  ['italic', ({ tools, view }: Pen) => tools.wrap(view, '*')],
  ['heading', ({ tools, view }: Pen) => tools.begin(view, '## ')],
  ['bullets', ({ tools, view }: Pen) => tools.begin(view, '- ')],
  ['numbers', ({ tools, view }: Pen) => tools.begin(view, '1. ')],
  ['quote', ({ tools, view }: Pen) => tools.begin(view, '> ')],
  ['link', ({ tools, view }: Pen) => tools.insert(view, '[…](https://)', 'https://')],
  ['table', ({ tools, view }: Pen) => tools.insert(view, '\n| … | … |\n| --- | --- |\n|  |  |\n', '…')],
] as const

export function Toolbar({ pen }: { pen: { current: Pen | undefined } }) {
  const room = useRoom()
  const { t, mayWrite } = room
  const at = useSignal(0)
  const file = useRef<HTMLInputElement>(null)
  if (!mayWrite) return null
  const move = (e: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key]
    if (!step) return
    e.preventDefault()
    at.value = (at.value + step + buttons.length + 1) % (buttons.length + 1)
    e.currentTarget.querySelectorAll('button')[at.value]?.focus()
  }
  return (
    <div role="toolbar" class="toolbar" aria-label={t('toolbar')} onKeyDown={move}>
      {buttons.map(([name, press], i) => (
        <button key={name} type="button" tabIndex={i === at.value ? 0 : -1} onClick={() => pen.current && press(pen.current)}>
          {t(`tool_${name}`)}
        </button>
      ))}
      <button type="button" tabIndex={at.value === buttons.length ? 0 : -1} onClick={() => file.current?.click()}>
        {t('tool_picture')}
      </button>
      <input ref={file} type="file" accept="image/png,image/jpeg,image/gif,image/webp" multiple hidden aria-label={t('tool_picture')}
        onChange={(e) => {
          const chosen = [...(e.currentTarget.files ?? [])]
          e.currentTarget.value = '' // the same file may be chosen again
          if (pen.current) void add(room, pen.current, chosen)
        }} />
    </div>
  )
}
