// What is said about an article beside its text.
import { day, useRoom } from './context'
import type { Session } from './session'

export function Details({ session }: { session: Session }) {
  const room = useRoom()
  const { t } = room
  const c = session.content.value
  const list = (text: string) => [...new Set(text.split(/[,\n]/).map((x) => x.trim()).filter(Boolean))]
  return (
    <form class="details" onSubmit={(e) => e.preventDefault()}>
      <fieldset disabled={!room.mayWrite}>
        <legend class="hidden">{t('panel_details')}</legend>
        <label for="d-tags">{t('tags')}</label>
        <input id="d-tags" defaultValue={(c.tags ?? []).join(', ')} onChange={(e) => session.change({ tags: list(e.currentTarget.value) })} />
        <label for="d-synonyms">{t('synonyms')}</label>
        <input id="d-synonyms" defaultValue={(c.synonyms ?? []).join(', ')} aria-describedby="d-synonyms-help"
          onChange={(e) => session.change({ synonyms: list(e.currentTarget.value) })} />
        <p id="d-synonyms-help" class="muted">{t('synonyms_help')}</p>
        <label for="d-review">{t('review_by')}</label>
        <input id="d-review" type="date" value={c.review_by ?? ''} onChange={(e) => session.change({ review_by: e.currentTarget.value })} />
        <label for="d-updated">{t('updated')}</label>
        <input id="d-updated" type="date" value={c.updated ?? ''} onChange={(e) => session.change({ updated: e.currentTarget.value })} />
        <label class="switch"><input type="checkbox" checked={c.internal ?? false} onChange={(e) => session.change({ internal: e.currentTarget.checked })} /> {t('internal_only')}</label>
      </fieldset>
      <dl class="facts">
        <dt>{t('owner')}</dt>
        <dd>{session.article.value?.owner || '–'}</dd>
        <dt>{t('web_address')}</dt>
        <dd>/help/{session.key}</dd>
        <dt>{t('published_text')}</dt>
        <dd>{session.article.value?.live ? t('older_text', { date: day(room, session.article.value.live.updated) }) : session.article.value?.state === 'published' ? t('this_text') : t('no_text')}</dd>
      </dl>
    </form>
  )
}
