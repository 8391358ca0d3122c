// What the desk and the server say to each other (docs/protocol.md, "The desk"). Unknown kinds and fields are ignored.
import type { ActionChange, Card, Form, From, Message, Verdict } from '../chat/protocol'

export interface Me {
  id: string
  name: string
  email: string
  roles: string[]
}
export type OwnerRole = 'bot' | 'queue' | 'agent' | 'nobody'
export interface Row {
  id: string
  reference: string
  site: string
  name: string
  verified: boolean
  topic: string
  lang: string
  owner: { role: OwnerRole; agent: string; name: string; reason: string; since: number }
  reason: string
  priority: number
  last: { seq: number; role: string; text: string; at: string } | null
  waiting_since: string | null
  waited_s: number
  sla: 'ok' | 'warn' | 'late'
  head: number
  unanswered: boolean
  created: string
  closed: string | null
  code: string
  /** How many acts wait for a second person. */
  asked?: number
  lease: string
}
export interface Queue {
  waiting: Row[] | null
  mine: Row[] | null
  bot: Row[] | null
  closed: Row[] | null
  presence: Presence
}
export type Presence = 'available' | 'away' | 'offline'

export interface Label {
  nl: string
  en: string
}
export interface Colleague {
  id: string
  name: string
  state: Presence
  conversations: number
}
/** A prepared reply; a language may be missing. */
export interface Canned {
  id: string
  title: string
  text: Partial<Label>
}
export interface Settings {
  codes: { id: string; label: Label }[] | null
  canned: Canned[] | null
  agents: Colleague[] | null
  teams: { id: string; name: string }[] | null
}

export interface DeskEvent {
  seq: number
  at: string
  from?: From & { id?: string }
  kind: string
  message?: Message & { policy?: string; intent?: string; act?: string; re?: number; about?: string; form?: Form; card?: Card }
  note?: { text: string }
  owner?: { to: OwnerRole; reason?: string; name?: string; agent?: string; team?: string; note?: string }
  action?: ActionChange & { reason?: string }
  code?: { state: string; email?: string }
  sign?: { name: string; points: number; from: number }
  mark?: { seq: number; verdict: 'correct' | 'wrong' }
  rating?: Verdict & { score?: number }
  identified?: { level: string; id?: string; name?: string; how?: string }
  flow?: { flow: string; state: string; step?: string }
  slot?: { name: string; value: unknown; verified?: boolean }
  language?: { lang: string }
  closed?: { code?: string; note?: string }
  redacted?: { seqs?: number[] }
}

export interface Packet {
  reason: string
  signs?: { name: string; points: number; seq: number }[] | null
  wants?: string
  language?: string
  identity?: { level: string; how?: string; id?: string } | null
  facts?: { name: string; value: unknown; seq: number; verified: boolean }[] | null
  tried?: Tried[] | null
  pending?: { kind: string; id: string; name?: string; seq: number }[] | null
  promises?: { text: string; seq: number }[] | null
  notes?: { text: string; seq: number; by?: string }[] | null
  customer?: Customer | null
  page?: string
  /** The help page that the customer had before them, by key and by title. */
  about?: { article: string; title?: string; url: string } | null
  waited_s?: number
}
export interface Tried {
  kind: 'article' | 'action'
  article?: string
  action?: string
  title?: string
  name?: string
  state?: string
  seq: number
  result?: string
}
export interface Customer {
  id?: string
  name?: string
  email?: string
  /** The order system's own record of the customer. */
  profile?: { first_name?: string; last_name?: string; email?: string; phone?: string; address?: Record<string, string> } | null
  orders?: { id: string; status: string; placed_at?: string; items?: unknown[] | null }[] | null
  /** Why profile and orders are missing. */
  problem?: string
  earlier?: { id: string; reference: string; at: string; topic: string; code: string }[] | null
}
export interface Address {
  line1: string
  line2: string
  city: string
  region: string
  postcode: string
  country: string
}
export interface ActField {
  name: string
  type: 'order' | 'items' | 'swaps' | 'method' | 'address' | 'choice' | 'email' | 'phone' | 'text'
  label: Label
  required: boolean
  options?: { value: string; label: Label }[]
}
/** What can be done for a customer, as a form. */
export interface ActForm {
  name: string
  label: Label
  fields: ActField[]
}
/** What of this customer's an act can be about. */
export interface Choices {
  address?: Address
  email?: string
  phone?: string
  orders: { id: string; label: string; status: string; address: Address; items: { id: string; label: string; variants?: { id: string; label: string }[] }[] }[]
  methods: { id: string; label: string }[]
}
/** Before the press: the card. After it: the act. */
export interface ActLook {
  card: Card
  second: boolean
  confirm: string
  action?: string
  asked?: boolean
}
export interface ActRequest {
  id: string
  conversation: string
  reference: string
  customer: string
  name: string
  by: From & { id?: string }
  at: string
  expires: string
  why: string
  card: Card | null
  may: boolean
}
export interface Opened {
  row: Row
  events: DeskEvent[] | null
  customer?: Customer | null
  context?: Packet | null
  draft?: { text: string; note: string } | null
}

/** An article that fits a question. Internal ones are for agents' eyes only. */
export interface Hit {
  article: string
  title: string
  url: string
  internal?: boolean
}

export type FromDesk =
  | { type: 'welcome'; me: Me; epoch: string }
  | { type: 'row'; row: Row }
  | ({ type: 'event'; conversation: string } & DeskEvent)
  | { type: 'typing'; conversation: string; from: From & { id?: string } }
  | { type: 'alert'; alert: string; conversation: string; text: string }
  | { type: 'agents'; agents: Colleague[] }
  | { type: 'error'; code: string; message: string }

export type ToDesk =
  | { type: 'presence'; state: Presence }
  | { type: 'typing'; conversation: string }
  | { type: 'open'; conversation: string; after: number }
  | { type: 'leave'; conversation: string }
