// What the bot can put under a message: buttons, a card that asks for a yes, a form.
import { useSignal } from '@preact/signals'
import type { TargetedEvent, TargetedSubmitEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { CardTable } from '../shared/card'
import { useRoom } from './context'
import type { ActionChange, Button, Card, Field, Form } from './protocol'

/** Buttons stay visible after use, as what was said. The first of a card is the one filled button. */
export function Buttons({ buttons, open, card }: { buttons: Button[]; open: boolean; card: boolean }) {
  const { chat, t } = useRoom()
  const chosen = buttons.find((b) => chat.used.value.has(b.id))
  if (chosen) return <p class="chosen">{t('chosen', { label: chosen.label })}</p>
  if (!open) return null
  return (
    <div class="buttons">
      {buttons.map((b, i) => (
        <button key={b.id} type="button" class={b.style === 'primary' || (card && i === 0) ? 'main' : ''} onClick={() => chat.press(b.id, b.label)}>
          {b.label}
        </button>
      ))}
    </div>
  )
}

/** CardView shows what is about to change, before and after, and what became of it. */
export function CardView({ card, state }: { card: Card; state: ActionChange | undefined }) {
  const { chat } = useRoom()
  return (
    <div class="card">
      <CardTable card={card} lang={chat.lang.value} />
      {state && <CardState state={state} />}
    </div>
  )
}

function CardState({ state }: { state: ActionChange }) {
  const { t } = useRoom()
  if (state.state === 'proposed') return null
  const key = state.state === 'executing' ? 'action_confirmed' : (`action_${state.state}` as const)
  return <p class={`state ${state.state}`}>{t(key)}</p>
}

/** FormView keeps what was typed in the browser's session until it is sent, and says per field what is missing. */
export function FormView({ form, open }: { form: Form; open: boolean }) {
  const { chat, t } = useRoom()
  const errors = useSignal<Record<string, string>>({})
  const root = useRef<HTMLFormElement>(null)
  if (chat.used.value.has(form.id)) return <p class="chosen">{t('form_sent')}</p>
  if (!open) return <p class="chosen">{t('form_over')}</p>

  const send = (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    const data = new FormData(e.currentTarget)
    const values: Record<string, string> = {}
    for (const f of form.fields) values[f.name] = data.getAll(f.name).map(String).join(',').trim()
    const missing = form.fields.filter((f) => f.required && !values[f.name])
    errors.value = Object.fromEntries(missing.map((f) => [f.name, t('missing', { label: f.label })]))
    if (missing[0]) return root.current?.querySelector<HTMLElement>(`[name="${CSS.escape(missing[0].name)}"]`)?.focus()
    form.fields.forEach((f) => sessionStorage.removeItem(draftName(form, f)))
    chat.submit(form.id, values, summary(form, values))
  }
  return (
    <form class="form" ref={root} noValidate onSubmit={send} aria-label={form.title}>
      {form.title && <p class="form-title">{form.title}</p>}
      {form.fields.map((f) => {
        const View = f.multiple ? Several : FieldView
        return <View key={f.name} form={form} field={f} error={errors.value[f.name] ?? f.error} />
      })}
      <button class="main" type="submit">
        {form.submit ?? t('form_send')}
      </button>
    </form>
  )
}

const draftName = (form: Form, field: Field) => `balie:form:${form.id}:${field.name}`

/** summary is the customer's own line for a sent form: what was filled in, in order. */
function summary(form: Form, values: Record<string, string>): string {
  return form.fields
    .map((f) => `${f.label}: ${optionLabel(f, values[f.name] ?? '')}`)
    .filter((line) => !line.endsWith(': '))
    .join('\n')
}

function optionLabel(field: Field, value: string): string {
  const label = (v: string) => field.options?.find((o) => o.value === v)?.label ?? v
  return field.multiple ? value.split(',').map(label).join(', ') : label(value)
}

/** Several is a select of which more than one may be chosen: a list of boxes, which a thumb can hit. */
function Several({ form, field, error }: { form: Form; field: Field; error: string | undefined }) {
  const { t } = useRoom()
  const id = `${form.id}-${field.name}-error`
  const chosen = new Set((field.value ?? '').split(','))
  return (
    <fieldset class="field" aria-describedby={error ? id : undefined}>
      <legend>
        {field.label} <span class="how">({field.required ? t('required') : t('optional')})</span>
      </legend>
      {field.hint && <p class="hint">{field.hint}</p>}
      {field.options?.map((o) => (
        <label key={o.value} class="choice">
          <input type="checkbox" name={field.name} value={o.value} defaultChecked={chosen.has(o.value)} /> {o.label}
        </label>
      ))}
      {error && <p class="error" id={id}>{error}</p>}
    </fieldset>
  )
}

function FieldView({ form, field, error }: { form: Form; field: Field; error: string | undefined }) {
  const { t } = useRoom()
  const id = `${form.id}-${field.name}`
  const kept = sessionStorage.getItem(draftName(form, field))
  const start = useRef(kept ?? field.value ?? '')
  const element = useRef<HTMLInputElement & HTMLSelectElement & HTMLTextAreaElement>(null)
  useEffect(() => {
    if (element.current) element.current.value = start.current
  }, [])
  const common = {
    id,
    ref: element,
    name: field.name,
    required: field.required ?? false,
    'aria-invalid': !!error,
    'aria-describedby': [field.hint && id + '-hint', error && id + '-error'].filter(Boolean).join(' ') || undefined,
    onInput: (e: TargetedEvent<HTMLElement>) =>
      sessionStorage.setItem(draftName(form, field), (e.currentTarget as HTMLInputElement).value),
  }
  return (
    <div class="field">
      <label for={id}>
        {field.label} <span class="how">({field.required ? t('required') : t('optional')})</span>
      </label>
      {field.hint && <p class="hint" id={id + '-hint'}>{field.hint}</p>}
      {field.options ? (
        <select {...common}>
          <option value="">{t('choose')}</option>
          {field.options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
        </select>
      ) : field.type === 'textarea' ? (
        <textarea {...common} rows={3} maxLength={2000} />
      ) : (
        <input {...common} type={inputType(field.type) as 'text'} autocomplete={field.autocomplete ?? 'off'} maxLength={500} />
      )}
      {error && <p class="error" id={id + '-error'}>{error}</p>}
    </div>
  )
}

/** inputType lets through the kinds of field that a conversation asks for; a password is never one of them. */
function inputType(type: string | undefined): 'text' | 'email' | 'tel' | 'number' | 'date' {
  return type === 'email' || type === 'tel' || type === 'number' || type === 'date' ? type : 'text'
}
