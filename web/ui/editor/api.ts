// The library's calls. What takes long tells how far it is, a line at a time.
import { Refused } from '../desk/api'
export { call, Refused, statusOf } from '../desk/api'
import type { Article, Report } from './protocol'

/** Conflict is a refusal because somebody saved first; it carries their text. */
export class Conflict extends Error {
  constructor(readonly current: Article) {
    super('')
  }
}

/** Red is a publication that the gate stopped, with what it found. */
export class Red extends Error {
  constructor(
    readonly report: Report,
    message: string,
  ) {
    super(message)
  }
}

interface Problem {
  status?: number
  code?: string
  detail?: string
  current?: Article
  report?: Report
}

/** write is a call that changes an article. */
export async function write(method: string, path: string, body: unknown): Promise<Article> {
  const answer = await request(path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  const text = await answer.text()
  if (answer.ok) return JSON.parse(text) as Article
  throw refusal(answer.status, parse(text))
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch('/api/v1/kb' + path, init)
  } catch {
    throw new Refused(0, 'unavailable', '')
  }
}

function parse(text: string): Problem {
  try {
    return JSON.parse(text) as Problem
  } catch {
    return {}
  }
}

function refusal(status: number, p: Problem): Error {
  if (p.current) return new Conflict(p.current)
  if (p.report) return new Red(p.report, p.detail ?? '')
  return new Refused(p.status ?? status, p.code ?? '', p.detail ?? '')
}

/** bring keeps a picture, and says how an article shows it. */
export async function bring(name: string, picture: Blob, lang: string): Promise<{ path: string }> {
  const answer = await request(`/pictures?${new URLSearchParams({ name, words: lang })}`, { method: 'POST', headers: { 'Content-Type': picture.type }, body: picture })
  const text = await answer.text()
  if (answer.ok) return JSON.parse(text) as { path: string }
  throw refusal(answer.status, parse(text))
}

interface Line<T> {
  progress?: [number, number]
  result?: T
  problem?: Problem
}

/** slowly is a call that tells how far it is. */
export async function slowly<T>(path: string, body: unknown, progress: (done: number, total: number) => void): Promise<T> {
  const form = body instanceof FormData
  const headers: Record<string, string> = { Accept: 'application/x-ndjson' }
  if (!form) headers['Content-Type'] = 'application/json'
  const answer = await request(path, { method: 'POST', headers, body: form ? body : JSON.stringify(body) })
  if (!answer.ok || !answer.body) throw refusal(answer.status, parse(await answer.text()))
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    rest += value ?? ''
    const found = rest.split('\n')
    rest = found.pop() ?? ''
    for (const text of found) {
      const line = JSON.parse(text) as Line<T>
      if (line.progress) progress(...line.progress)
      if (line.problem) throw refusal(answer.status, line.problem)
      if (line.result) return line.result
    }
    if (done) throw new Refused(0, 'unavailable', '')
  }
}

/** of is the path of an article. */
export function of(key: string, rest = ''): string {
  const [lang = '', id = ''] = key.split('/')
  return `/articles/${encodeURIComponent(lang)}/${encodeURIComponent(id)}${rest}`
}
