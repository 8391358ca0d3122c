// Who changed what, when and why; what the difference is; and the way back.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call, of, write } from './api'
import { moment, useRoom } from './context'
import { DiffView } from './diffview'
import type { Article, Revision } from './protocol'
import type { Session } from './session'

export function History({ session }: { session: Session }) {
  const room = useRoom()
  const { t } = room
  const revs = useSignal<Revision[] | undefined>(undefined)
  const chosen = useSignal<Article | undefined>(undefined)
  useEffect(() => {
    void room.attempt(async () => {
      revs.value = (await call<{ revisions: Revision[] }>('GET', '/kb' + of(session.key, '/revisions'))).revisions
    })
  }, [session, session.rev.value])
  const show = (rev: number) =>
    room.attempt(async () => (chosen.value = chosen.value?.rev === rev ? undefined : await call<Article>('GET', '/kb' + of(session.key, `/revisions/${rev}`))))
  const restore = (old: Article) =>
    room.attempt(async () => {
      const why = t('restored_why', { n: old.rev })
      session.saved(await write('POST', of(session.key, '/restore'), { rev: session.rev.value, from: old.rev, why }))
      chosen.value = undefined
      room.notice.value = t('restored_done', { n: old.rev })
    })
  if (!revs.value) return <p>{t('loading')}</p>
  return (
    <ol class="revisions">
      {revs.value.map((r) => (
        <li key={r.rev}>
          <p>
            <strong>{moment(room, r.at)}</strong> {r.by} <span class={`stand ${r.state}`}>{t(`stand_${r.state}`)}</span>
          </p>
          {r.why && <p class="muted">{r.why}</p>}
          <button type="button" class="link" aria-expanded={chosen.value?.rev === r.rev} onClick={() => void show(r.rev)}>
            {r.rev === session.rev.value ? t('compare_typed') : t('compare')}
            <span class="hidden"> {t('revision', { n: r.rev })}</span>
          </button>
          {chosen.value?.rev === r.rev && (
            <>
              {chosen.value.title !== session.content.value.title && <DiffView before={chosen.value.title} after={session.content.value.title} />}
              <DiffView before={chosen.value.body} after={session.content.value.body} />
              {room.mayWrite && r.rev !== session.rev.value && (
                <p><button type="button" disabled={session.dirty.value} onClick={() => chosen.value && void restore(chosen.value)}>{t('restore')}</button></p>
              )}
            </>
          )}
        </li>
      ))}
    </ol>
  )
}
