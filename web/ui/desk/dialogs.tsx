// What opens over the desk: transfer, return, close, the palette of every action, the sheet of keys.
import type { TargetedSubmitEvent } from 'preact'
import { ActDialog } from './acts'
import { about, Box, hide, open } from './box'
import { useRoom } from './context'
import { KeepTest } from './keeptest'
import { Palette } from './palette'
import { Receipt } from './receipt'
import { Requests } from './requests'

export function Dialogs() {
  const { desk } = useRoom()
  const id = desk.talk.value?.id
  switch (open.value) {
    case 'palette':
      return <Palette />
    case 'help':
      return <Help />
    case 'requests':
      return <Requests />
    case 'act':
      return id ? <ActDialog key={id} id={id} /> : null
    case 'receipt':
      return desk.talk.value ? <Receipt talk={desk.talk.value} act={about.value} /> : null
    case 'test':
      return desk.talk.value ? <KeepTest talk={desk.talk.value} seq={Number(about.value)} /> : null
    case 'transfer':
      return id ? <Transfer id={id} /> : null
    case 'return':
      return id ? <Return id={id} /> : null
    case 'close':
      return id ? <Close id={id} /> : null
    default:
      return null
  }
}

/** useAct posts a form of a dialog and closes it when the server agreed. */
function useAct(id: string, what: string, body: (data: FormData) => object) {
  const { desk } = useRoom()
  return async (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    if (await desk.write(id, what, body(new FormData(e.currentTarget)))) hide()
  }
}

function Note() {
  const { t } = useRoom()
  return (
    <>
      <label for="note">{t('note_for_next')}</label>
      <textarea id="note" name="note" rows={3} maxLength={2000} />
    </>
  )
}

function Transfer({ id }: { id: string }) {
  const { desk, t } = useRoom()
  const send = useAct(id, '/transfer', (data) => {
    const [kind, who] = String(data.get('to')).split(/:(.*)/s)
    return { [kind ?? '']: who, note: data.get('note') }
  })
  const others = desk.agents.value.filter((a) => a.id !== desk.me.value?.id && a.state === 'available')
  return (
    <Box title={t('transfer')}>
      <form onSubmit={send}>
        <label for="to">{t('transfer_to')}</label>
        <select id="to" name="to" required autofocus>
          {(desk.settings.value.teams ?? []).map((x) => <option key={x.id} value={`team:${x.id}`}>{t('team', { name: x.name })}</option>)}
          {others.map((x) => <option key={x.id} value={`agent:${x.id}`}>{t('colleague', { name: x.name, n: x.conversations })}</option>)}
        </select>
        <Note />
        <button class="main" type="submit">{t('transfer')}</button>
      </form>
    </Box>
  )
}

function Return({ id }: { id: string }) {
  const { t } = useRoom()
  const send = useAct(id, '/return', (data) => ({ note: data.get('note') }))
  return (
    <Box title={t('return')}>
      <form onSubmit={send}>
        <p>{t('return_hint')}</p>
        <Note />
        <button class="main" type="submit">{t('return')}</button>
      </form>
    </Box>
  )
}

function Close({ id }: { id: string }) {
  const { desk, t } = useRoom()
  const send = useAct(id, '/close', (data) => ({ code: data.get('code'), note: data.get('note') }))
  return (
    <Box title={t('close')}>
      <form onSubmit={send}>
        <label for="code">{t('close_code')}</label>
        <select id="code" name="code" required autofocus>
          {(desk.settings.value.codes ?? []).map((c) => <option key={c.id} value={c.id}>{c.label[desk.lang.value] || c.id}</option>)}
        </select>
        <Note />
        <button class="main" type="submit">{t('close')}</button>
      </form>
    </Box>
  )
}

function Help() {
  const { t } = useRoom()
  const keys: [string, string][] = [
    ['j', t('key_down')],
    ['k', t('key_up')],
    ['Enter', t('key_open')],
    ['a', t('claim')],
    ['r', t('mode_answer')],
    ['n', t('mode_note')],
    ['x', t('act')],
    ['t', t('transfer')],
    ['c', t('close')],
    ['g q', t('key_queue')],
    ['g m', t('key_mine')],
    ['/', t('key_canned')],
    ['#', t('key_article')],
    ['Ctrl K', t('search')],
    ['?', t('keys_title')],
  ]
  return (
    <Box title={t('keys_title')} reading>
      <p class="muted">{t('keys_hint')}</p>
      <dl class="keys">
        {keys.map(([k, what]) => (
          <div key={k}>
            <dt><kbd>{k}</kbd></dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Box>
  )
}
