// What is said about an article beside its text.
import { useEffect } from 'preact/hooks'
import { day, useRoom, type Room } from './context'
import type { Session } from './session'

/** owners are the names that articles have already, and one's own. */
function owners(room: Room): string[] {
  return [...new Set([room.me.value?.name ?? '', ...(room.items.value ?? []).map((i) => i.owner ?? '')])].filter(Boolean).sort()
}

export function Details({ session, save }: { session: Session; save: () => unknown }) {
  const room = useRoom()
  const { t } = room
  const c = session.content.value
  useEffect(() => {
    if (!room.items.value) void room.attempt(() => room.load())
  }, [room])
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
        <label for="d-owner">{t('owner')}</label>
        <input id="d-owner" list="d-owners" maxLength={200} autocomplete="off" value={session.owner.value} aria-describedby="d-owner-help" onInput={(e) => (session.owner.value = e.currentTarget.value)}
          onChange={() => session.textual.value || void save()} />
        <p id="d-owner-help" class="muted">{t('owner_help')}</p>
        <datalist id="d-owners">{owners(room).map((o) => <option key={o} value={o} />)}</datalist>
        <label for="d-review">{t('review_by')}</label>
        <input id="d-review" type="date" value={c.review_by ?? ''} onChange={(e) => session.change({ review_by: e.currentTarget.value })} />
        <label for="d-updated">{t('updated')}</label>
        <input id="d-updated" type="date" value={c.updated ?? ''} onChange={(e) => session.change({ updated: e.currentTarget.value })} />
        <label class="switch"><input type="checkbox" checked={c.internal ?? false} onChange={(e) => session.change({ internal: e.currentTarget.checked })} /> {t('internal_only')}</label>
      </fieldset>
      <dl class="facts">
        <dt>{t('web_address')}</dt>
        <dd>/help/{session.key}</dd>
        <dt>{t('published_text')}</dt>
        <dd>{session.article.value?.live ? t('older_text', { date: day(room, session.article.value.live.updated) }) : session.article.value?.state === 'published' ? t('this_text') : t('no_text')}</dd>
      </dl>
    </form>
  )
}
