// The right pane: who the customer is, what he ordered, what he asked before.
import { known, moment, useRoom } from './context'
import { show } from './box'
import { said } from './said'
import type { Talk } from './talk'

export function Customer({ talk }: { talk: Talk }) {
  const room = useRoom()
  const { desk, t } = room
  const c = talk.customer.value
  const email = c?.email || c?.profile?.email
  const page = talk.packet.value?.page
  return (
    <aside class="pane side" tabIndex={0} aria-label={t('customer')}>
      <section>
        <h2>{t('customer')}</h2>
        {c?.id || c?.name ? (
          <dl>
            <dt>{t('name')}</dt>
            <dd>{c.name || [c.profile?.first_name, c.profile?.last_name].filter(Boolean).join(' ')}</dd>
            {email && <><dt>{t('email')}</dt><dd>{email}</dd></>}
            {c.profile?.phone && <><dt>{t('phone')}</dt><dd>{c.profile.phone}</dd></>}
            {c.profile?.address && <><dt>{t('address')}</dt><dd>{addressText(c.profile.address)}</dd></>}
            {c.id && <><dt>{t('number')}</dt><dd>{c.id}</dd></>}
          </dl>
        ) : (
          <p class="muted">{t('unknown_customer')}</p>
        )}
        {c?.problem && <p class="bad">{c.problem}</p>}
        {desk.isMine(talk.id) && <button class="act-open" type="button" onClick={() => show('act')}>{t('act')}</button>}
        {page && <p class="under">{t('page')}: {page}</p>}
      </section>
      {!!c?.orders?.length && (
        <section>
          <h2>{t('orders')}</h2>
          <ul class="orders">
            {c.orders.map((o) => (
              <li key={o.id}>
                <p><strong>{o.id}</strong> <span class="chip">{known(room, 'state', o.status)}</span></p>
                {o.placed_at && <p class="muted">{moment(room, o.placed_at)}</p>}
                {!!o.items?.length && <p>{t('items', { n: o.items.length })}: {o.items.map(itemName).filter(Boolean).join(', ')}</p>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {!!c?.earlier?.length && (
        <section>
          <h2>{t('earlier')}</h2>
          <ul class="orders">
            {c.earlier.map((e) => (
              <li key={e.id}>
                <button type="button" class="link" onClick={() => void desk.open(e.id)}>{e.reference}</button>
                <p class="muted">{moment(room, e.at)} · {e.topic ? known(room, 'topic', e.topic) : t('no_topic')}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  )
}

/** addressText is an address on one line; street and number are in line1 already. */
function addressText(a: Record<string, string>): string {
  return [a.line1, a.line2, [a.postcode, a.city].filter(Boolean).join(' '), a.region, a.country].filter(Boolean).join(', ')
}

function itemName(item: unknown): string {
  if (typeof item !== 'object' || item === null) return said(item)
  const named = item as { name?: unknown; title?: unknown; item_id?: unknown }
  return said(named.name ?? named.title ?? named.item_id ?? item)
}
