// The frames of the chat protocol (docs/protocol.md). Fields we do not name are ignored; kinds we do not know too.
import type { Card } from '../shared/card'
export type { Card } from '../shared/card'

export type Role = 'customer' | 'bot' | 'agent' | 'system'
export type Owner = 'bot' | 'queue' | 'agent' | 'nobody'
export type ActionState = 'proposed' | 'confirmed' | 'executing' | 'done' | 'failed' | 'unknown' | 'undone' | 'expired'

export interface From {
  role: Role
  name?: string
}
export interface Source {
  article: string
  title: string
  url?: string
  updated?: string
  lang?: string
}
export interface Button {
  id: string
  label: string
  /** 'primary' for the one filled button. */
  style?: string
}
export interface Field {
  name: string
  label: string
  type?: string
  autocomplete?: string
  required?: boolean
  value?: string
  hint?: string
  error?: string
  options?: { value: string; label: string }[]
  /** Of a select: several may be chosen; the values are joined by commas. */
  multiple?: boolean
}
export interface Form {
  id: string
  title?: string
  fields: Field[]
  submit?: string
}
export interface Message {
  text?: string
  /** Made safe by the server; the only text that goes in as HTML. */
  html?: string
  sources?: Source[]
  buttons?: Button[]
  form?: Form
  card?: Card
  /** Of a customer's own line: the button it was, or the form. */
  pressed?: { id: string; label: string }
  submit?: { form: string; values: Record<string, string> }
}
export interface OwnerChange {
  to: Owner
  reason?: string
  name?: string
}
export interface ActionChange {
  id: string
  name?: string
  state: ActionState
  receipt?: string
  undo_until?: string
  /** The act that this one undoes. */
  undo_of?: string
}

export interface Event {
  type: 'event'
  seq: number
  at?: string
  from?: From
  key?: string
  kind: string
  message?: Message
  owner?: OwnerChange
  action?: ActionChange
  rating?: Verdict
  redacted?: { seqs?: number[] }
}

/** What is told before the customer types anything. */
export interface Notice {
  text: string
  hours?: string
  people?: boolean
  quick?: { label: string; text: string }[]
}
export interface Welcome {
  type: 'welcome'
  session: string
  conversation: string
  epoch: string
  seq: number
  owner: Owner
  lang?: string
  reference?: string
  notice?: Notice
}
export interface Queue {
  type: 'queue'
  position: number
  wait?: { low_s: number; high_s: number }
}
export interface Refusal {
  type: 'error'
  code: string
  message: string
  key?: string
}
export type FromServer =
  | Welcome
  | Event
  | Queue
  | Refusal
  | { type: 'ack'; key: string; seq: number }
  | { type: 'delta'; turn: string; text: string }
  | { type: 'typing'; from: From }
  | { type: 'reset'; epoch: string }

/** What the customer thought of it: solved or not, effort from 1 (very little) to 5. */
export interface Verdict {
  resolved?: boolean | undefined
  effort?: number | undefined
  comment?: string | undefined
}

/** What must arrive: kept in the outbox until it is acknowledged. */
export type Parcel =
  | { type: 'say'; key: string; text: string; article?: string | undefined }
  | { type: 'press'; key: string; button: string }
  | { type: 'submit'; key: string; form: string; values: Record<string, string> }
  | { type: 'human'; key: string }
  | ({ type: 'rate'; key: string } & Verdict)
  | { type: 'end'; key: string }
export interface Hello {
  type: 'hello'
  session: string
  after: number
  epoch?: string | undefined
  lang: string
  identity?: string | undefined
  page?: string | undefined
}
export type FromClient = Hello | Parcel | { type: 'typing' } | { type: 'seen'; seq: number }

/** The longest message the server takes, in characters. */
export const maxText = 4000
