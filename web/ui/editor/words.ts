// How an article stands, in a word, and what its address is made of.
import type { Item } from './protocol'

/** The languages an article can be in. */
export const languages = ['nl', 'en'] as const

/** Word is how an article stands: the most urgent thing about it. */
export type Word = 'draft' | 'review' | 'planned' | 'published' | 'edited' | 'outdated' | 'archived' | 'missing'

export function wordOf(item: Item | undefined): Word {
  if (!item) return 'missing'
  if (item.state === 'archived') return 'archived'
  if (item.publish_at) return 'planned'
  if (item.stale || (item.overdue && item.live)) return 'outdated'
  if (item.state === 'published') return 'published'
  if (item.state === 'review') return 'review'
  return item.live ? 'edited' : 'draft'
}

/** idOf makes an id of a title. */
export function idOf(title: string): string {
  return title.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60).replace(/-+$/, '')
}
