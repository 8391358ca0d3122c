// The holes in a prepared reply, filled in when an agent uses it. What is not known falls away, with the space before it.

/** A hole by its name in either language, and what stands there. */
export type HoleName = 'klant' | 'customer' | 'medewerker' | 'agent' | 'referentie' | 'reference'
export const holeNames: readonly HoleName[] = ['klant', 'customer', 'medewerker', 'agent', 'referentie', 'reference']

export interface Known {
  customer: string
  agent: string
  reference: string
}

export function fillHoles(text: string, known: Known): string {
  const values: Record<HoleName, string> = {
    klant: known.customer, customer: known.customer, medewerker: known.agent, agent: known.agent, referentie: known.reference, reference: known.reference,
  }
  return text.replace(/[ \t]?\{([^{}\n]*)\}/g, (whole, name: string) => {
    if (!holeNames.includes(name as HoleName)) return whole
    const value = values[name as HoleName]
    return value ? whole.replace(`{${name}}`, () => value) : ''
  })
}

/** strangeHoles are those that nobody fills in. */
export function strangeHoles(text: string): string[] {
  return [...text.matchAll(/\{([^{}\n]*)\}/g)].map((m) => m[1] ?? '').filter((n) => !holeNames.includes(n as HoleName))
}
