// The end: was it solved, and how much effort did it take.
import { useSignal } from '@preact/signals'
import type { TargetedSubmitEvent } from 'preact'
import { useRoom } from './context'

/** Rating asks once, when the conversation has ended. Whether it was solved is sent at the press; the rest may follow. */
export function Rating() {
  const { chat, t } = useRoom()
  const solved = useSignal<boolean | undefined>(undefined)
  const done = useSignal(false)
  if (done.value || (chat.rated.value && solved.value === undefined)) return null

  const answer = (yes: boolean) => {
    solved.value = yes
    chat.rate({ resolved: yes })
  }
  const more = (e: TargetedSubmitEvent<HTMLFormElement>) => {
    e.preventDefault()
    const data = new FormData(e.currentTarget)
    const effort = Number(data.get('effort')) || undefined
    const comment = String(data.get('comment') ?? '').trim() || undefined
    if (effort || comment) chat.rate({ resolved: solved.value, effort, comment })
    done.value = true
  }
  return (
    <section class="rating" aria-label={t('rate_question')}>
      {solved.value === undefined ? (
        <>
          <h2>{t('rate_question')}</h2>
          <div class="buttons">
            <button type="button" onClick={() => answer(true)}>{t('rate_yes')}</button>
            <button type="button" onClick={() => answer(false)}>{t('rate_no')}</button>
          </div>
        </>
      ) : (
        <form onSubmit={more}>
          <fieldset>
            <legend>{t('rate_effort')}</legend>
            {([1, 2, 3, 4, 5] as const).map((n) => (
              <label key={n} class="choice">
                <input type="radio" name="effort" value={n} /> {t(`effort_${n}`)}
              </label>
            ))}
          </fieldset>
          <label for="comment">
            {t('rate_comment')} <span class="how">({t('optional')})</span>
          </label>
          <textarea id="comment" name="comment" rows={2} maxLength={1000} />
          <button class="main" type="submit">{t('rate_send')}</button>
        </form>
      )}
    </section>
  )
}
