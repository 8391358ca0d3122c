// The place to type. It works in every state: with the bot, in the queue, without a line.
import { useSignal, useSignalEffect } from '@preact/signals'
import type { TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useRoom } from './context'
import { maxText } from './protocol'

const draft = 'balie:draft'

export function Composer() {
  const { chat, t } = useRoom()
  const field = useRef<HTMLTextAreaElement>(null)
  const text = useSignal(sessionStorage.getItem(draft) ?? '')
  const put = (value: string) => {
    text.value = value
    sessionStorage.setItem(draft, value)
  }
  useSignalEffect(() => {
    if (!chat.asked.value) return
    put(chat.asked.value)
    field.current?.focus()
  })
  useSignalEffect(() => {
    if (chat.visible.value && matchMedia('(min-width: 481px), (pointer: fine)').matches) field.current?.focus()
  })
  useEffect(() => {
    const f = field.current // grows with the text, up to the height that the style sheet allows
    if (!f) return
    f.style.height = 'auto'
    f.style.height = f.scrollHeight + 2 + 'px'
  }, [text.value])

  const left = maxText - [...text.value].length
  const send = () => {
    if (!text.value.trim() || left < 0) return
    chat.say(text.value)
    put('')
    field.current?.focus()
  }
  const key = (e: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return
    e.preventDefault()
    send()
  }
  return (
    <form
      class="composer"
      onSubmit={(e) => {
        e.preventDefault()
        send()
      }}
    >
      <label class="hidden" for="text">{t('write')}</label>
      <textarea
        id="text"
        ref={field}
        rows={1}
        placeholder={t('placeholder')}
        value={text.value}
        autocomplete="off"
        aria-describedby="left"
        aria-invalid={left < 0}
        onKeyDown={key}
        onInput={(e) => {
          put(e.currentTarget.value)
          chat.typing()
        }}
      />
      <button class="main" type="submit" disabled={chat.line.value === 'refused'}>{t('send')}</button>
      <p id="left" class={left < 0 ? 'bad' : 'muted'}>
        {left < 0 ? t('too_long', { max: maxText }) : left < 400 ? t('left', { n: left }) : ''}
      </p>
    </form>
  )
}
