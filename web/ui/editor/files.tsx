// Articles in and out as files: first what would happen, then doing it, with how far it is.
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { slowly } from './api'
import { useRoom } from './context'
import type { Imported } from './protocol'
import { Progress } from './publish'
import { languages } from './words'

export function FilesPage() {
  const room = useRoom()
  const { t } = room
  return (
    <main class="page">
      <h2>{t('files')}</h2>
      {room.mayWrite && <Import />}
      <section>
        <h3>{t('export')}</h3>
        <p>{t('export_what')}</p>
        <p><a class="button" href="/api/v1/kb/export" download="articles.zip">{t('export_get')}</a></p>
      </section>
    </main>
  )
}

function Import() {
  const room = useRoom()
  const { t } = room
  const files = useSignal<File[]>([])
  const lang = useSignal<string>('nl')
  const draft = useSignal(true)
  const at = useSignal<[number, number] | undefined>(undefined)
  const plan = useSignal<Imported | undefined>(undefined)
  const done = useSignal<Imported | undefined>(undefined)
  const choose = (list: FileList | null) => {
    files.value = [...(list ?? [])].filter((f) => /\.(md|markdown|html?|zip|csv|png|jpe?g|gif|webp)$/i.test(f.name))
    plan.value = done.value = undefined
  }
  const send = async (dry: boolean) => {
    const form = new FormData()
    for (const f of files.value) form.append(f.webkitRelativePath || f.name, f)
    at.value = [0, 0]
    const query = new URLSearchParams({ lang: lang.value, words: room.lang.value, ...(dry ? { dry: '1' } : {}), ...(draft.value ? { draft: '1' } : {}) })
    const result = await room.attempt(() => slowly<Imported>(`/import?${query}`, form, (n, total) => (at.value = [n, total])))
    at.value = undefined
    return result
  }
  const look = async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    done.value = undefined
    plan.value = await send(true)
  }
  const take = async () => {
    done.value = await send(false)
    if (done.value) plan.value = undefined
  }
  return (
    <section>
      <h3>{t('import')}</h3>
      <p>{t('import_what')}</p>
      <form class="import" onSubmit={look}>
        <label for="import-files">{t('import_files')}</label>
        <input id="import-files" type="file" multiple accept=".md,.markdown,.html,.htm,.zip,.csv,.png,.jpg,.jpeg,.gif,.webp" onChange={(e) => choose(e.currentTarget.files)} />
        <label for="import-folder">{t('import_folder')}</label>
        <input id="import-folder" type="file" ref={(e) => e?.setAttribute('webkitdirectory', '')} onChange={(e) => choose(e.currentTarget.files)} />
        <label for="import-lang">{t('import_lang')}</label>
        <select id="import-lang" value={lang.value} onChange={(e) => (lang.value = e.currentTarget.value)}>
          {languages.map((l) => <option key={l} value={l}>{t(`lang_${l}`)}</option>)}
        </select>
        <label class="switch"><input type="checkbox" checked={draft.value} onChange={(e) => { draft.value = e.currentTarget.checked; plan.value = undefined }} /> {t('import_draft')}</label>
        <div class="buttons">
          <button type="submit" disabled={files.value.length === 0 || at.value !== undefined}>{t('import_look')}</button>
          <p class="muted" role="status">{files.value.length > 0 && t('import_chosen', { n: files.value.length })}</p>
        </div>
      </form>
      {at.value && <Progress done={at.value[0]} total={at.value[1]} label={t('import_running')} />}
      {plan.value && (
        <>
          <Outcome title={t('import_would')} r={plan.value} />
          <p><button type="button" class="main" disabled={plan.value.new.length + plan.value.changed.length === 0} onClick={() => void take()}>{t('import_do')}</button></p>
        </>
      )}
      {done.value && <Outcome title={t('import_done')} r={done.value} />}
    </section>
  )
}

function Outcome({ title, r }: { title: string; r: Imported }) {
  const { t } = useRoom()
  return (
    <div class="outcome" role="status">
      <h4>{title}</h4>
      <ul class="counts">
        <li><strong>{r.new.length}</strong> {t('import_new')}</li>
        <li><strong>{r.changed.length}</strong> {t('import_changed')}</li>
        <li><strong>{r.same}</strong> {t('import_same')}</li>
        <li class={r.errors.length ? 'lost' : ''}><strong>{r.errors.length}</strong> {t('import_refused')}</li>
      </ul>
      {r.errors.length > 0 && (
        <ul class="refused">
          {r.errors.slice(0, 200).map((e, i) => <li key={i}><strong>{e.file}{e.line ? `:${e.line}` : ''}</strong> {e.reason}</li>)}
        </ul>
      )}
    </div>
  )
}
