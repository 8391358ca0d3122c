// The take-over card: everything the next person must know, so that the customer never has to say it twice.
import { actName, known, moment, useRoom, waited, type Room } from './context'
import type { Packet, Tried } from './protocol'
import { said } from './said'

export function TakeOver({ packet }: { packet: Packet }) {
  const room = useRoom()
  const { desk, t } = room
  const p = packet
  return (
    <details class="takeover" open={matchMedia('(min-width: 641px)').matches}>
      <summary><h3>{t('takeover')}</h3></summary>
      <dl tabIndex={0} aria-label={t('takeover')}>
        <Item label={t('why')}>
          {p.reason ? known(room, 'reason', p.reason) : t('with_bot')}
          {!!p.signs?.length && <span class="muted"> ({p.signs.map((s) => known(room, 'sign', s.name)).join(', ')})</span>}
          {!!p.waited_s && <span class="muted"> · {waited(room, new Date(desk.now.value - p.waited_s * 1000).toISOString())}</span>}
        </Item>
        {p.wants && <Item label={t('wants')}><q>{p.wants}</q></Item>}
        {p.about && <Item label={t('came_from')}><a href={p.about.url} target="_blank" rel="noopener">{p.about.title || p.about.article}</a></Item>}
        <Item label={t('proof')}>
          {p.identity?.level ? known(room, 'level', p.identity.level) : t('level_none')}
          {p.identity?.how && <span class="muted"> ({p.identity.how})</span>}
        </Item>
        {!!p.tried?.length && (
          <Item label={t('tried')}>
            <ul>{p.tried.map((x, i) => <li key={i}>{triedText(room, x)}</li>)}</ul>
          </Item>
        )}
        {!!p.facts?.length && (
          <Item label={t('facts')}>
            <ul>
              {p.facts.map((f, i) => (
                <li key={i}>
                  {known(room, 'fact', f.name)}: <strong>{said(f.value)}</strong>{' '}
                  <span class={f.verified ? 'ok' : 'muted'}>({f.verified ? t('checked') : t('unchecked')})</span>
                </li>
              ))}
            </ul>
          </Item>
        )}
        {!!p.pending?.length && (
          <Item label={t('pending')}>{p.pending.map((x) => [known(room, 'kind', x.kind), x.name && actName(room, x.name)].filter(Boolean).join(': ')).join(', ')}</Item>
        )}
        {!!p.promises?.length && (
          <Item label={t('promises')}>
            <ul>{p.promises.map((x, i) => <li key={i}>{x.text}</li>)}</ul>
          </Item>
        )}
        {!!p.notes?.length && (
          <Item label={t('notes')}>
            <ul>{p.notes.map((x, i) => <li key={i}>{x.by ? `${x.by}: ` : ''}{x.text}</li>)}</ul>
          </Item>
        )}
      </dl>
    </details>
  )
}

function Item({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function triedText(room: Room, x: Tried): string {
  const what = x.kind === 'article' ? (x.title ?? x.article ?? '') : actName(room, x.name ?? '')
  const refused = x.kind === 'action' && x.result && (x.state === 'failed' || x.state === 'expired') ? ` (${known(room, 'refused', x.result)})` : ''
  const how = x.kind === 'action' && x.state ? known(room, 'state', x.state) + refused : x.result ? known(room, 'result', x.result) : ''
  return how ? `${what}: ${how}` : what
}

/** When is a small time, for lines of the log. */
export function When({ at }: { at: string }) {
  const room = useRoom()
  return <time dateTime={at}>{moment(room, at)}</time>
}
