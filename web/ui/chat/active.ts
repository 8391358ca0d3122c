// Which questions of the bot may still be answered by pressing. Typing is always possible; the server has the last word.
import type { ActionChange, Event, Message } from './protocol'

/** actionsOf gives the last known state of every act in the conversation. */
export function actionsOf(events: readonly { kind: string; action?: ActionChange }[]): Map<string, ActionChange> {
  const found = new Map<string, ActionChange>()
  for (const e of events) if (e.kind === 'action' && e.action) found.set(e.action.id, { ...found.get(e.action.id), ...e.action })
  return found
}

const asks = (m: Message | undefined) => !!(m?.buttons?.length || m?.form || m?.card)

/** isOpen reports whether the buttons and the form of event i can still be used: a card until its act has moved on, anything
 *  else until the customer has said something, the bot has asked something newer, or people have the word. */
export function isOpen(events: Event[], i: number, actions: Map<string, ActionChange>): boolean {
  const message = events[i]?.message
  const state = message?.card && actions.get(message.card.action)?.state
  if (state && state !== 'proposed') return false
  for (const later of events.slice(i + 1)) {
    if (later.kind === 'closed') return false
    if (later.kind === 'owner' && later.owner?.to !== 'bot' && !message?.card) return false
    if (later.kind !== 'message') continue
    if (later.from?.role !== 'customer' && asks(later.message)) return false
    if (later.from?.role === 'customer' && !message?.card) return false
  }
  return true
}

/** canUndo reports whether event i was said in the same breath as an act that can still be undone: its buttons then outlive
 *  everything that is said later. */
export function canUndo(events: Event[], i: number, actions: Map<string, ActionChange>, now: number): boolean {
  if (!events[i]?.message?.buttons?.length) return false
  const undoable = (e: Event | undefined) => {
    const act = e?.kind === 'action' && e.action ? actions.get(e.action.id) : undefined
    return act?.state === 'done' && !!act.undo_until && Date.parse(act.undo_until) > now
  }
  const own = (e: Event | undefined) => !e || e.from?.role === 'customer'
  for (let j = i - 1; !own(events[j]); j--) if (undoable(events[j])) return true
  for (let j = i + 1; !own(events[j]); j++) if (undoable(events[j])) return true
  return false
}
