// What the customer sent and the server has not yet confirmed. It rests in localStorage, so that it survives a reload; each
// parcel carries a key, so that sending it twice stores it once.
import type { Parcel } from './protocol'

export interface Kept {
  parcel: Parcel
  /** What the customer sees as his own line while it waits; '' shows nothing. */
  label: string
  order: number
  /** Why it was refused: a code of the protocol. */
  failed?: string | undefined
  /** Its place in the conversation, once the server has said so. */
  seq?: number | undefined
}

/** newKey is random enough that two tabs of one customer never make the same. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9))
  return Array.from(bytes, (b) => b.toString(36).padStart(2, '0')).join('')
}

export class Outbox {
  private readonly prefix: string
  constructor(
    site: string,
    private readonly store: Storage,
  ) {
    this.prefix = `balie:${site}:out:`
  }

  /** all returns what waits, oldest first. A line that cannot be read is removed: it can never be sent. */
  all(): Kept[] {
    const found: Kept[] = []
    for (let i = this.store.length - 1; i >= 0; i--) {
      const name = this.store.key(i)
      if (!name?.startsWith(this.prefix)) continue
      try {
        found.push(JSON.parse(this.store.getItem(name) ?? '') as Kept)
      } catch {
        this.store.removeItem(name)
      }
    }
    return found.sort((a, b) => a.order - b.order)
  }

  put(kept: Kept) {
    try {
      this.store.setItem(this.prefix + kept.parcel.key, JSON.stringify(kept))
    } catch {
      return // full or forbidden: it still goes out, it only does not survive a reload
    }
  }

  remove(key: string) {
    this.store.removeItem(this.prefix + key)
  }

  /** clear forgets everything, for a customer who signs out. */
  clear() {
    for (const kept of this.all()) this.remove(kept.parcel.key)
  }
}

/** storage is localStorage, or a stand-in for as long as the page lives where the browser keeps nothing. */
export function storage(): Storage {
  try {
    const probe = 'balie:probe'
    localStorage.setItem(probe, '1')
    localStorage.removeItem(probe)
    return localStorage
  } catch {
    return new PageStorage()
  }
}

class PageStorage implements Storage {
  private readonly kept = new Map<string, string>();
  [name: string]: unknown
  get length() {
    return this.kept.size
  }
  clear() {
    this.kept.clear()
  }
  getItem(key: string) {
    return this.kept.get(key) ?? null
  }
  key(index: number) {
    return [...this.kept.keys()][index] ?? null
  }
  removeItem(key: string) {
    this.kept.delete(key)
  }
  setItem(key: string, value: string) {
    this.kept.set(key, value)
  }
}
