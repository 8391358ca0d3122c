// The words the loader (in the shop's page) and the chat (in its own frame) say to each other. Each side checks where a
// word comes from before it reads it; a word it does not know is ignored.

/** From the shop's page to the chat. */
export type ToChat =
  | { balie: 1; type: 'init'; page: string; visible: boolean; identity?: string | undefined }
  | { balie: 1; type: 'shown'; visible: boolean }
  | { balie: 1; type: 'identify'; identity: string }
  | { balie: 1; type: 'logout' }
  | { balie: 1; type: 'set'; values: Record<string, unknown> }
  | { balie: 1; type: 'ask'; text: string }

/** From the chat to the shop's page. */
export type ToShop =
  | { balie: 1; type: 'ready' }
  | { balie: 1; type: 'close' }
  | { balie: 1; type: 'unread'; n: number }
  | { balie: 1; type: 'identity' }
  | { balie: 1; type: 'event'; name: string; detail: unknown }

/** isWord tells our words from everything else that is posted between windows. */
export function isWord(data: unknown): data is { balie: 1; type: string } {
  return typeof data === 'object' && data !== null && (data as { balie?: unknown }).balie === 1
}
