// The desk's calls. A refusal becomes a Refused with the text that the server wrote for people.

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Who has the conversation, when that is why. */
    readonly holder?: string | undefined,
    /** Why an act is refused: a code. */
    readonly reason?: string | undefined,
  ) {
    super(message)
  }
}

/** statusOf tells what a sign-in was refused with; undefined for what is no refusal. */
export function statusOf(e: unknown): number | undefined {
  return e instanceof Refused ? e.status : undefined
}

/** call does one request. No answer at all is a Refused with status 0. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let answer: Response
  try {
    answer = await fetch('/api/v1' + path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
  } catch {
    throw new Refused(0, 'unavailable', '')
  }
  const text = await answer.text()
  if (answer.ok) return (text ? JSON.parse(text) : undefined) as T
  let problem: { code?: string; detail?: string; title?: string; holder?: { name?: string }; reason?: string } = {}
  try {
    problem = JSON.parse(text) as typeof problem
  } catch {
    problem = {}
  }
  throw new Refused(answer.status, problem.code ?? '', problem.detail ?? problem.title ?? '', problem.holder?.name, problem.reason)
}

/** at is the path of a conversation. */
export function at(id: string, rest = ''): string {
  return `/desk/conversations/${encodeURIComponent(id)}${rest}`
}
