// Acting for the customer: choose what, fill in the form, look at the card, say why. What is shown on the card is what is done.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { TargetedSubmitEvent } from 'preact'
import { CardTable } from '../shared/card'
import { Refused } from './api'
import { actName, known, useRoom } from './context'
import { Box, hide } from './box'
import { Field, valuesOf } from './fields'
import type { ActForm, ActLook, Choices } from './protocol'

const noChoices: Choices = { orders: [], methods: [] }

/** Seen is an act as it was filled in, and the card that the server drew of it. */
interface Seen extends ActLook {
  params: object
}

export function ActDialog({ id }: { id: string }) {
  const room = useRoom()
  const { desk, t } = room
  const acts = useSignal<ActForm[]>([])
  const choices = useSignal(noChoices)
  const loaded = useSignal(false)
  const name = useSignal('')
  const order = useSignal('')
  const seen = useSignal<Seen | undefined>(undefined)
  const problem = useSignal('')
  const busy = useSignal(false)

  const load = async () => {
    const found = await desk.attempt(() => desk.actsFor(id, order.value))
    if (!found) return hide()
    acts.value = found.acts
    choices.value = found.choices
    loaded.value = true
  }
  useEffect(() => void load(), [id, order.value])

  /** send posts the act, and keeps why it was refused next to the form. */
  const send = async (body: object, then: (got: ActLook) => void) => {
    busy.value = true
    try {
      then(await desk.post<ActLook>(id, '/actions', { name: name.value, lang: desk.lang.value, ...body }))
      problem.value = ''
    } catch (e) {
      if (!(e instanceof Refused)) throw e
      problem.value = e.reason ? known(room, 'refused', e.reason, e.message) : e.message || t('no_answer')
      if (e.reason === 'changed_since') seen.value = undefined
    }
    busy.value = false
  }
  const act = acts.value.find((a) => a.name === name.value)
  const look = (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    if (!act) return
    const params = valuesOf(act, new FormData(e.currentTarget), choices.value, order.value)
    void send({ params }, (got) => (seen.value = { ...got, params }))
  }
  const choose = (to: string) => {
    name.value = to
    order.value = ''
    problem.value = ''
  }
  return (
    <Box title={t('act')} wide>
      <form onSubmit={look} hidden={!!seen.value} key={name.value}>
        <label for="act-name">{t('act_what')}</label>
        <select id="act-name" required autofocus value={name.value} onChange={(e) => choose(e.currentTarget.value)}>
          <option value="">{t('act_choose')}</option>
          {acts.value.map((a) => <option key={a.name} value={a.name}>{actName(room, a.name, a.label[desk.lang.value])}</option>)}
        </select>
        {loaded.value && !choices.value.address && <p class="warn">{known(room, 'refused', 'unknown_customer')}</p>}
        {act?.fields.map((f) => <Field key={f.name} field={f} choices={choices.value} order={order.value} pick={(o) => (order.value = o)} />)}
        {!seen.value && problem.value && <p class="bad" role="alert">{problem.value}</p>}
        <button class="main" type="submit" disabled={!act || busy.value}>{t('act_look')}</button>
      </form>
      {seen.value && (
        <Confirm
          seen={seen.value}
          problem={problem.value}
          busy={busy.value}
          back={() => {
            seen.value = undefined
            problem.value = ''
          }}
          go={(why) => {
            const { params, confirm } = seen.value as Seen
            void send({ params, confirm, why }, (got) => {
              desk.notice.value = t(got.asked ? 'act_asked' : 'act_sent')
              hide()
            })
          }}
        />
      )}
    </Box>
  )
}

interface ConfirmProps {
  seen: Seen
  problem: string
  busy: boolean
  back: () => void
  go: (why: string) => void
}

function Confirm({ seen, problem, busy, back, go }: ConfirmProps) {
  const { desk, t } = useRoom()
  const why = useRef<HTMLTextAreaElement>(null)
  useEffect(() => why.current?.focus(), [])
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault()
        go(why.current?.value.trim() ?? '')
      }}
    >
      <CardTable card={seen.card} lang={desk.lang.value} />
      {seen.second && <p class="warn">{t('act_second')}</p>}
      <label for="why">{t('act_why')}</label>
      <textarea id="why" ref={why} rows={2} required maxLength={400} aria-describedby="why-hint" />
      <p class="muted" id="why-hint">{t('act_why_hint')}</p>
      {problem && <p class="bad" role="alert">{problem}</p>}
      <div class="choices">
        <button type="button" onClick={back}>{t('act_back')}</button>
        <button class="main" type="submit" disabled={busy}>{t(seen.second ? 'act_ask' : 'act_do')}</button>
      </div>
    </form>
  )
}
