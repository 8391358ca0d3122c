// The demo shop: its example questions, and the switch that signs a customer in as a real shop would.
type Balie = (...call: unknown[]) => void

/** balie queues calls for a loader that is still on its way, as the integration page tells shops to do. */
const shop = window as unknown as { balie?: Balie & { q?: unknown[][] } }
shop.balie ??= Object.assign((...call: unknown[]) => void (shop.balie!.q ??= []).push(call), {})

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-ask]'))
  button.onclick = () => shop.balie?.('ask', button.dataset.ask)

const box = document.querySelector<HTMLInputElement>('#signin')
const who = document.querySelector<HTMLElement>('#who')
if (box && who) {
  box.checked = sessionStorage.getItem('demo:customer') !== null
  box.onchange = () => void change(box, who)
  if (box.checked) void change(box, who)
}

async function change(box: HTMLInputElement, who: HTMLElement) {
  const customer = box.dataset.customer ?? ''
  if (!box.checked) {
    sessionStorage.removeItem('demo:customer')
    shop.balie?.('logout')
    who.textContent = who.dataset.out ?? ''
    return
  }
  try {
    await token(customer)
    sessionStorage.setItem('demo:customer', customer)
    shop.balie?.('identify', () => token(customer))
    who.textContent = who.dataset.in ?? ''
  } catch {
    box.checked = false
    who.textContent = who.dataset.failed ?? ''
  }
}

/** token asks the shop's own server for a short-lived proof of who is signed in. */
async function token(customer: string): Promise<string> {
  const answer = await fetch('/api/v1/demo/token?customer=' + encodeURIComponent(customer))
  if (!answer.ok) throw new Error(`token: ${answer.status}`)
  const text = await answer.text()
  return text.startsWith('{') ? (JSON.parse(text) as { token: string }).token : text.trim()
}
