// What an act changes, before and after: the same table for the customer who confirms it and for the agent who looks on.
import texts from 'i18n:shared'
import { translator, type Lang, type SharedKey } from './i18n'

export interface CardRow {
  label: string
  before?: string
  after?: string
}
export interface Card {
  action: string
  title: string
  rows?: CardRow[]
}

export function CardTable({ card, lang }: { card: Card; lang: Lang }) {
  const t = translator<SharedKey>(texts, () => lang)
  const rows = card.rows ?? []
  const before = rows.some((r) => r.before)
  return (
    <table class="card-table">
      <caption>{card.title}</caption>
      <thead class={before ? '' : 'hidden'}>
        <tr>
          <th scope="col"><span class="hidden">{t('card_part')}</span></th>
          {before && <th scope="col">{t('card_before')}</th>}
          <th scope="col">{t('card_after')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((r, i) => {
          const changed = !!r.before && r.before !== r.after
          return (
            <tr key={i}>
              <th scope="row">{r.label}</th>
              {r.before && <td class={changed ? 'old' : ''}>{r.before}</td>}
              <td class={changed ? 'new' : ''} colSpan={before && !r.before ? 2 : 1}>{r.after}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
