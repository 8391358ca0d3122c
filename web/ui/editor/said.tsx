// What the chatbot says to a question, short enough to stand beside another.
import { useRoom } from './context'
import type { Said } from './protocol'

export function SaidView({ said }: { said: Said }) {
  const { t } = useRoom()
  return (
    <div class="said">
      <p class="said-act">
        {t(`act_${said.act}`)}
        {said.act === 'answer' && <strong> {said.title}{said.section && ` › ${said.section}`}</strong>}
        {said.act === 'choose' && <strong> {(said.labels ?? []).join(' · ')}</strong>}
        {said.act === 'flow' && said.flow && <strong> {said.flow.replaceAll('_', ' ')}</strong>}
      </p>
      {(said.act === 'answer' || said.act === 'flow') && <p class="said-text">{said.text}</p>}
    </div>
  )
}
