// The fields of an act: what the customer has is chosen, not typed. Labels stand above, and what may be left out says so.
import type { ComponentChildren } from 'preact'
import { locale } from '../shared/i18n'
import { known, useRoom } from './context'
import type { ActField, ActForm, Address, Choices } from './protocol'

interface FieldProps {
  field: ActField
  choices: Choices
  order: string
  pick: (order: string) => void
}

export function Field({ field: f, choices, order, pick }: FieldProps) {
  const room = useRoom()
  const { desk, t } = room
  const lang = desk.lang.value
  const id = 'field-' + f.name
  const label = <label for={id}>{f.label[lang]}{!f.required && <span class="muted"> ({t('optional')})</span>}</label>
  const empty = <option value="">{t('act_choose')}</option>
  switch (f.type) {
    case 'order':
      return (
        <>
          {label}
          <select id={id} name={f.name} required={f.required} value={order} onChange={(e) => pick(e.currentTarget.value)}>
            {empty}
            {choices.orders.map((o) => <option key={o.id} value={o.id}>{o.label} · {known(room, 'state', o.status)}</option>)}
          </select>
        </>
      )
    case 'method':
    case 'choice': {
      const options = f.type === 'method' ? choices.methods.map((m) => ({ value: m.id, label: m.label })) : (f.options ?? []).map((o) => ({ value: o.value, label: o.label[lang] }))
      return (
        <>
          {label}
          <select id={id} name={f.name} required={f.required}>
            {empty}
            {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
          </select>
        </>
      )
    }
    case 'items':
      return <Items field={f} choices={choices} order={order} />
    case 'swaps':
      return <Swaps field={f} choices={choices} order={order} />
    case 'address':
      return <AddressFields key={order} field={f} now={choices.orders.find((o) => o.id === order)?.address ?? choices.address} />
    default: {
      const now = f.name === 'email' ? choices.email : f.name === 'phone' ? choices.phone : ''
      return (
        <>
          {label}
          <input id={id} name={f.name} type={(f.type === 'email' ? 'email' : f.type === 'phone' ? 'tel' : 'text') as 'text'} required={f.required} maxLength={200}
            autocomplete="off" aria-describedby={now ? id + '-now' : undefined} />
          {now && <p class="muted" id={id + '-now'}>{t('act_now', { value: now })}</p>}
        </>
      )
    }
  }
}

interface OfOrder {
  field: ActField
  choices: Choices
  order: string
}

function itemsOf({ choices, order }: { choices: Choices; order: string }) {
  return choices.orders.find((o) => o.id === order)?.items ?? []
}

type Item = Choices['orders'][number]['items'][number]

/** EachItem asks something of each item of the order; before one is chosen it says that. */
function EachItem({ of, ask }: { of: OfOrder; ask: (it: Item, key: string, i: number) => ComponentChildren }) {
  const { desk, t } = useRoom()
  const items = itemsOf(of)
  return (
    <fieldset>
      <legend>{of.field.label[desk.lang.value]}</legend>
      {items.length === 0 && <p class="muted">{t('act_order_first')}</p>}
      {items.map((it, i) => ask(it, of.order + i, i))}
    </fieldset>
  )
}

function Items(p: OfOrder) {
  return (
    <EachItem of={p} ask={(it, key) => (
      <label key={key} class="choice">
        <input type="checkbox" name={p.field.name} value={it.id} /> {it.label}
      </label>
    )} />
  )
}

/** Swaps asks for each item whether it stays, or what comes in its place. */
function Swaps(p: OfOrder) {
  const { t } = useRoom()
  return (
    <EachItem of={p} ask={(it, key, i) => (
      <p key={key}>
        <label for={`swap-${i}`}>{it.label}</label>
        <select id={`swap-${i}`} name={`swap-${i}`} disabled={!it.variants?.length}>
          <option value="">{it.variants?.length ? t('act_keep') : t('act_no_variants')}</option>
          {it.variants?.map((v) => <option key={v.id} value={v.id}>{v.label}</option>)}
        </select>
      </p>
    )} />
  )
}

const countries = ['NL', 'BE', 'DE', 'FR', 'LU']

/** AddressFields begins with the address as it is now, so that one wrong letter is one letter to mend. */
function AddressFields({ field, now }: { field: ActField; now: Address | undefined }) {
  const { desk, t } = useRoom()
  const lang = desk.lang.value
  const names = new Intl.DisplayNames([locale(lang)], { type: 'region', fallback: 'code' })
  const country = now?.country || 'NL'
  const all = countries.includes(country) ? countries : [country, ...countries]
  const line = (name: keyof Address, label: string, required: boolean) => (
    <p class={`part-${name}`}>
      <label for={`address-${name}`}>{label}{!required && <span class="muted"> ({t('optional')})</span>}</label>
      <input id={`address-${name}`} name={name} required={required} maxLength={200} autocomplete="off" defaultValue={now?.[name] ?? ''} />
    </p>
  )
  return (
    <fieldset class="address">
      <legend>{field.label[lang]}</legend>
      {line('line1', t('address_line1'), true)}
      {line('line2', t('address_line2'), false)}
      {line('postcode', t('address_postcode'), true)}
      {line('city', t('address_city'), true)}
      {line('region', t('address_region'), false)}
      <p>
        <label for="address-country">{t('address_country')}</label>
        <select id="address-country" name="country">
          {all.map((c) => <option key={c} value={c} selected={c === country}>{/^[A-Z]{2}$/.test(c) ? names.of(c) : c}</option>)}
        </select>
      </p>
    </fieldset>
  )
}

/** valuesOf reads the form as the server wants it: a value for each field that was filled in. */
export function valuesOf(act: ActForm, data: FormData, choices: Choices, order: string): Record<string, unknown> {
  const text = (name: string) => String(data.get(name) ?? '').trim()
  const values: Record<string, unknown> = {}
  for (const f of act.fields) {
    switch (f.type) {
      case 'address':
        values[f.name] = Object.fromEntries(['line1', 'line2', 'city', 'region', 'postcode', 'country'].map((k) => [k, text(k)]))
        break
      case 'items':
        if (data.getAll(f.name).length) values[f.name] = data.getAll(f.name)
        break
      case 'swaps': {
        const swaps = itemsOf({ choices, order }).map((it, i) => ({ from: it.id, to: text(`swap-${i}`) })).filter((s) => s.to)
        if (swaps.length) values[f.name] = swaps
        break
      }
      default:
        if (text(f.name)) values[f.name] = text(f.name)
    }
  }
  return values
}
