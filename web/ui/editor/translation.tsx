// The same article in another language, beside the text, and whether it was changed since.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call, of, Refused, write } from './api'
import { Go } from './go'
import { useRoom } from './context'
import { DiffView } from './diffview'
import type { Article } from './protocol'
import type { Session } from './session'
import { languages } from './words'

export function Translation({ session }: { session: Session }) {
  const room = useRoom()
  const { t } = room
  const [lang = '', id = ''] = session.key.split('/')
  const other = languages.find((l) => l !== lang) ?? 'nl'
  const found = useSignal<Article | null | undefined>(undefined)
  const then = useSignal<Article | undefined>(undefined)
  const html = useSignal('')
  const mine = session.article.value as Article
  useEffect(() => {
    void room.attempt(async () => {
      try {
        const a = await call<Article>('GET', '/kb' + of(`${other}/${id}`))
        found.value = a
        html.value = (await call<{ html: string }>('POST', '/kb/preview', { lang: other, title: a.title, body: a.body })).html
        if (mine.source_of === other && mine.source && mine.source !== a.rev)
          then.value = await call<Article>('GET', '/kb' + of(`${other}/${id}`, `/revisions/${mine.source}`)).catch(() => undefined)
      } catch (e) {
        if (!(e instanceof Refused && e.status === 404)) throw e
        found.value = null
      }
    })
  }, [session, session.rev.value])
  const fresh = () =>
    room.attempt(async () => session.saved(await write('POST', of(session.key, '/translated'), { rev: session.rev.value, source_of: other })))
  if (found.value === undefined) return <p>{t('loading')}</p>
  if (found.value === null)
    return (
      <>
        <p>{t('translation_missing')}</p>
        {room.mayWrite && <p><Go to={`/desk/kb/${other}/${id}/from-${lang}`}>{t('make_translation')}</Go></p>}
      </>
    )
  const changed = then.value && (then.value.body !== found.value.body || then.value.title !== found.value.title)
  return (
    <>
      {changed && then.value && (
        <section class="changed">
          <p class="warn"><strong>{t('source_changed')}</strong></p>
          <DiffView before={then.value.body} after={found.value.body} />
        </section>
      )}
      {room.mayWrite && (changed || mine.source_of !== other) && (
        <p><button type="button" disabled={session.dirty.value} onClick={() => void fresh()}>{t('translation_fresh')}</button></p>
      )}
      <p><Go to={`/desk/kb/${other}/${id}`}>{t('open_language', { language: t(`lang_${other}`) })}</Go></p>
      <article class="prose" lang={other}>
        <h2 class="prose-title">{found.value.title}</h2>
        <div dangerouslySetInnerHTML={{ __html: html.value }} />
      </article>
    </>
  )
}
