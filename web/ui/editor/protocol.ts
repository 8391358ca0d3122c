// What the library's calls send and take; see docs/protocol.md, "The library".

export type State = 'draft' | 'review' | 'published' | 'archived'

export interface Me {
  id: string
  name: string
  roles: string[]
}

export interface Content {
  title: string
  questions?: string[]
  tags?: string[]
  synonyms?: string[]
  updated?: string
  review_by?: string
  internal?: boolean
  body: string
}

export interface Article extends Content {
  rev: number
  id: string
  lang: string
  state: State
  live?: Content
  owner?: string
  by?: string
  why?: string
  publish_at?: string
  source?: number
  source_of?: string
  source_sum?: string
}

/** How many passages have their sentence vectors. */
export interface Vectors {
  model: string
  done: number
  total: number
  failing?: boolean
}

export interface Item {
  id: string
  lang: string
  rev: number
  state: State
  live: boolean
  title: string
  tags?: string[]
  updated?: string
  review_by?: string
  internal?: boolean
  owner?: string
  publish_at?: string
  tests: number
  stale?: boolean
  overdue?: boolean
  unsaved?: boolean
  used?: number
  helpful?: number
}

export interface Revision {
  rev: number
  at: string
  by: string
  why?: string
  state: State
  title: string
}

export interface Work {
  rev: number
  at: string
  content: Content
}

export interface Hint {
  kind: 'long' | 'hard' | 'passive' | 'link' | 'alt' | 'review' | 'questions' | 'heading'
  line?: number
  text?: string
  other?: string
}

export interface Said {
  act: 'answer' | 'choose' | 'refuse' | 'flow' | 'person' | 'talk'
  article?: string
  title?: string
  section?: string
  text?: string
  labels?: string[]
  flow?: string
}

export interface Tried {
  said: Said
  html: string
  verdict: 'answer' | 'choose' | 'none'
  corrected?: string
  hits: { article: string; lang: string; title: string; section?: string; score: number; fit: number; snippet: string; terms?: string[] }[]
}

export interface Tested {
  question: string
  ok: boolean
  weak?: boolean
  said: Said
}

export interface Change {
  text: string
  lang: string
  from: 'article' | 'neighbour' | 'customer'
  article?: string
  count?: number
  verdict: 'failed' | 'lost' | 'changed' | 'improved'
  red?: boolean
  before: Said
  after: Said
}

export interface Report {
  article: string
  rev: number
  asked: number
  red: number
  same: number
  from: Record<string, number>
  verdicts: Record<string, number>
  changes: Change[]
  took_ms: number
}

/** Reply is one of the desk's prepared replies. */
export interface Reply {
  id: string
  rev: number
  title: string
  text: { nl?: string; en?: string }
  retired?: boolean
  by?: string
  why?: string
}

/** Proposal is a question that the desk finds worth keeping as a test. */
export interface Proposal {
  id: string
  article: string
  question: string
  by: string
  at: string
}

/** Intent is a wish that the chatbot can be taught. */
export interface Intent {
  id: string
  label?: { nl?: string; en?: string }
}

export interface Example {
  id: string
  text: string
  lang: string
  intent: string
  by: string
  at: string
}

export interface Miss {
  lang: string
  text: string
  near?: { intent: string; score: number }[]
  /** What it is called as an example, and of which wish it is one. */
  example_id: string
  taught?: string
  why: string[]
  at: string
  article?: string
}

export interface Gap {
  id: string
  lang: string
  text: string
  state: 'open' | 'solved' | 'ignored'
  reason?: string
  by?: string
  article?: string
  count: number
  recent: number
  days: number[]
  why: Record<string, number>
  last: string
  decided?: string
  before: number
  after: number
  examples: Miss[]
  answer?: string
}

export interface Imported {
  new: string[]
  changed: string[]
  same: number
  errors: { file: string; line?: number; reason: string }[]
}
