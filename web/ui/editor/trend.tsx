// Thirty days as small bars, and the same as a table for who does not see them.
import { locale } from '../shared/i18n'
import { useRoom } from './context'

const [wide, high, step] = [120, 28, 4]

export function Trend({ days, label, table }: { days: number[]; label: string; table?: boolean }) {
  const room = useRoom()
  const { t } = room
  const most = Math.max(1, ...days)
  const form = new Intl.DateTimeFormat(locale(room.lang.value), { day: 'numeric', month: 'short' })
  const date = (i: number) => form.format(new Date(Date.now() - (days.length - 1 - i) * 86_400_000))
  return (
    <div class="trend">
      <svg viewBox={`0 0 ${wide} ${high}`} width={wide} height={high} role="img" aria-label={`${label}: ${t('trend_sum', { n: days.reduce((a, b) => a + b, 0), most })}`}>
        <line x1="0" y1={high - 0.5} x2={wide} y2={high - 0.5} class="axis" />
        {days.map((n, i) => n > 0 && <rect key={i} x={i * step} y={high - 1 - ((high - 2) * n) / most} width={step - 1} height={((high - 2) * n) / most} />)}
      </svg>
      {table && (
        <details>
          <summary>{t('as_table')}</summary>
          <table>
            <thead><tr><th scope="col">{t('day')}</th><th scope="col" class="num">{t('questions')}</th></tr></thead>
            <tbody>{days.map((n, i) => n > 0 && <tr key={i}><td>{date(i)}</td><td class="num">{n}</td></tr>)}</tbody>
          </table>
        </details>
      )}
    </div>
  )
}
