// Values of facts and orders, as a person would write them.

/** said writes any value of a fact or an order as one line of text; an address as it stands on an envelope, each thing once. */
export function said(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  return address(value as Record<string, unknown>) ?? Object.values(value).map(said).filter(Boolean).join(', ')
}

/** address is undefined for what is none. A street that is spelled out as well as kept in parts is written once. */
function address(v: Record<string, unknown>): string | undefined {
  const of = (name: string) => (typeof v[name] === 'string' ? (v[name] as string).trim() : '')
  if (!of('postcode') || !('line1' in v || 'street' in v)) return undefined
  const number = [of('number'), of('addition')].filter(Boolean).join('-')
  const street = of('line1') || [of('street'), number].filter(Boolean).join(' ')
  return [street, of('line2'), `${of('postcode')} ${of('city')}`.trim(), of('region'), of('country')].filter(Boolean).join(', ')
}
