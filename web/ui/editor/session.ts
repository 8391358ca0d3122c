// One article being written. What is typed is kept at once in this browser, and a moment later on the server, as this person's own
// unsaved work; saving makes a revision that everybody sees. So a closed window, a dropped line or a colleague costs no words.
import { computed, effect, signal } from '@preact/signals'
import { call, Conflict, of, write } from './api'
import type { Article, Content, Work } from './protocol'

/** keepAfter is how long somebody must stop typing before the server is told, in milliseconds. */
const keepAfter = 1000

const empty: Content = { title: '', body: '' }

/** contentOf takes what a writer changes out of an article. */
export function contentOf(a: Content): Content {
  return {
    title: a.title,
    questions: a.questions ?? [],
    tags: a.tags ?? [],
    synonyms: a.synonyms ?? [],
    updated: a.updated ?? '',
    review_by: a.review_by ?? '',
    internal: a.internal ?? false,
    body: a.body,
  }
}

export function sameContent(a: Content, b: Content): boolean {
  return JSON.stringify(contentOf(a)) === JSON.stringify(contentOf(b))
}

export type Keeping = 'saved' | 'typing' | 'kept' | 'here'

export class Session {
  readonly article = signal<Article | undefined>(undefined)
  readonly content = signal<Content>(empty)
  /** Who keeps the article up to date; saved with the text. */
  readonly owner = signal('')
  /** The text that the content was made from. */
  readonly base = signal<Content>(empty)
  readonly rev = signal(0)
  /** Where the text is: saved, being typed, kept on the server, or (no line) only in this browser. */
  readonly keeping = signal<Keeping>('saved')
  readonly keptAt = signal('')
  /** Unsaved work of an earlier visit was put back. */
  readonly restored = signal(false)
  /** What a colleague saved in the meantime. */
  readonly conflict = signal<Article | undefined>(undefined)
  /** Whether the text differs from what is saved; dirty is also another owner. */
  readonly textual = computed(() => this.article.value !== undefined && !sameContent(this.content.value, this.base.value))
  readonly dirty = computed(() => this.textual.value || (this.article.value !== undefined && this.owner.value !== (this.article.value.owner ?? '')))

  private saving: Promise<unknown> = Promise.resolve()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly ends: (() => void)[] = []

  constructor(
    readonly key: string,
    private readonly writer: string,
  ) {}

  private get shelf() {
    return `balie-kb:${this.writer}:${this.key}`
  }

  /** open reads the article and puts unsaved work back, whichever of browser and server has the later. */
  async open() {
    const a = await call<Article>('GET', '/kb' + of(this.key))
    this.take(a)
    const work = later(this.here(), await call<Work>('GET', '/kb' + of(this.key, '/work')).catch(() => undefined))
    if (work && !sameContent(work.content, this.base.value)) {
      if (work.rev !== a.rev) await this.rebase(work)
      this.content.value = contentOf(work.content)
      this.restored.value = true
      this.keeping.value = 'kept'
      this.keptAt.value = work.at
    }
    this.ends.push(
      effect(() => {
        const text = this.content.value
        if (this.article.peek() && !sameContent(text, this.base.peek())) this.typed(text)
      }),
    )
    const leave = () => document.visibilityState === 'hidden' && this.flush(true)
    document.addEventListener('visibilitychange', leave)
    this.ends.push(() => document.removeEventListener('visibilitychange', leave))
  }

  /** rebase makes work begin from the revision it began from, when that can still be read: then a merge knows who changed what. */
  private async rebase(work: Work) {
    const old = await call<Article>('GET', '/kb' + of(this.key, `/revisions/${work.rev}`)).catch(() => undefined)
    if (!old) return
    this.base.value = contentOf(old)
    this.rev.value = work.rev
  }

  private take(a: Article) {
    this.article.value = a
    this.rev.value = a.rev
    this.base.value = contentOf(a)
    this.content.value = contentOf(a)
    this.owner.value = a.owner ?? ''
    this.keeping.value = 'saved'
  }

  change(part: Partial<Content>) {
    this.content.value = { ...this.content.value, ...part }
  }

  private here(): Work | undefined {
    try {
      const text = localStorage.getItem(this.shelf)
      return text ? (JSON.parse(text) as Work) : undefined
    } catch {
      return undefined
    }
  }

  private typed(content: Content) {
    this.keeping.value = 'typing'
    try {
      localStorage.setItem(this.shelf, JSON.stringify({ rev: this.rev.peek(), at: new Date().toISOString(), content } satisfies Work))
    } catch {
      // no room in this browser: the server has it in a second
    }
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.flush(false), keepAfter)
  }

  /** flush sends what is typed to the server. leaving outlives the page. */
  flush(leaving: boolean) {
    clearTimeout(this.timer)
    if (this.keeping.peek() === 'saved' || this.keeping.peek() === 'kept') return
    const content = this.content.peek()
    const body = JSON.stringify({ rev: this.rev.peek(), content })
    const sent = fetch('/api/v1/kb' + of(this.key, '/work'), {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body,
      keepalive: leaving && body.length < 60_000,
    })
    sent
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status))
        const { at } = (await answer.json()) as { at: string }
        if (this.content.peek() !== content || this.keeping.peek() === 'saved') return
        this.keeping.value = 'kept'
        this.keptAt.value = at
      })
      .catch(() => {
        if (this.keeping.peek() !== 'saved') this.keeping.value = 'here'
        if (!leaving) this.timer = setTimeout(() => this.flush(false), 5 * keepAfter)
      })
  }

  /** save makes a revision; one at a time, so that nobody is in conflict with themselves. A colleague's text in between becomes the
   * conflict, and nothing of either is lost. */
  save(why: string): Promise<boolean> {
    const next = this.saving.then(() => this.saveNow(why))
    this.saving = next.catch(() => undefined)
    return next
  }

  private async saveNow(why: string): Promise<boolean> {
    if (!this.dirty.value) return true
    if (this.conflict.value) return false
    const typed = this.content.value
    const content = { ...typed }
    const was = this.base.value
    if ((content.body !== was.body || content.title !== was.title) && content.updated === was.updated) content.updated = today()
    try {
      const a = await write('PUT', of(this.key), { ...content, rev: this.rev.value, owner: this.owner.value.trim(), why })
      this.saved(a, typed)
      return true
    } catch (e) {
      if (!(e instanceof Conflict)) throw e
      this.conflict.value = e.current
      return false
    }
  }

  /** saved takes what the server has now; unsaved work of before is over. What was typed after sent stays on top of it. */
  saved(a: Article, sent: Content = this.content.value) {
    clearTimeout(this.timer)
    const typed = this.content.value
    this.conflict.value = undefined
    this.restored.value = false
    this.take(a)
    this.keptAt.value = new Date().toISOString()
    if (typed === sent) this.forget()
    else this.content.value = { ...typed, updated: typed.updated === sent.updated ? (a.updated ?? '') : typed.updated }
  }

  /** merged is the text that came out of a conflict, on top of the colleague's. */
  merged(content: Content, over: Article) {
    this.conflict.value = undefined
    this.article.value = over
    this.rev.value = over.rev
    this.base.value = contentOf(over)
    this.content.value = contentOf(content)
  }

  /** drop throws unsaved work away. */
  drop() {
    clearTimeout(this.timer)
    this.keeping.value = 'saved'
    this.restored.value = false
    const a = this.article.value
    if (a) this.take(a)
    this.forget()
  }

  private forget() {
    localStorage.removeItem(this.shelf)
    void call('DELETE', '/kb' + of(this.key, '/work')).catch(() => undefined)
  }

  close() {
    this.flush(true)
    clearTimeout(this.timer)
    for (const end of this.ends) end()
  }
}

export function later(a: Work | undefined, b: Work | undefined): Work | undefined {
  if (!a || !b) return a ?? b
  return Date.parse(a.at) > Date.parse(b.at) ? a : b
}

function today(): string {
  const d = new Date()
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`
}
