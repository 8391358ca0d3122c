// The loader's whole look, put into a shadow root so that neither the shop's style sheet nor ours reaches the other.
// It goes in as a constructed sheet, which a strict content security policy allows.
export const style = `
:host { all: initial; color-scheme: light dark;
  --bg: #fff; --text: #1b2733; --line: #6b7a88; --accent: #0b5cad; --on: #fff; --bad: #b3261e; --onbad: #fff }
@media (prefers-color-scheme: dark) { :host {
  --bg: #12181f; --text: #e8edf2; --line: #8494a3; --accent: #7ab8f5; --on: #12181f; --bad: #ff9d94; --onbad: #12181f } }
* { box-sizing: border-box }
[hidden] { display: none !important }
button { position: fixed; right: 16px; bottom: 16px; z-index: 2147483000; min-height: 48px; padding: 8px 20px;
  font: 600 16px/1.5 system-ui, sans-serif; color: var(--on); background: var(--accent); cursor: pointer;
  border: 2px solid transparent; border-radius: 24px; box-shadow: 0 2px 12px rgb(0 0 0 / .25) }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
b { display: inline-block; min-width: 24px; margin-left: 8px; padding: 0 6px; border-radius: 12px;
  background: var(--bad); color: var(--onbad); text-align: center; font-size: 14px; line-height: 24px }
div { position: fixed; right: 16px; bottom: 16px; z-index: 2147483001; width: 400px; max-width: calc(100vw - 32px);
  height: 680px; max-height: calc(100dvh - 32px); border: 1px solid var(--line); border-radius: 12px; overflow: hidden;
  background: var(--bg); box-shadow: 0 8px 32px rgb(0 0 0 / .25); animation: rise .16s ease-out }
iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark }
i { position: absolute; overflow: hidden; clip-path: inset(50%); width: 1px; height: 1px }
@keyframes rise { from { opacity: 0; transform: translateY(12px) } }
@media (max-width: 480px) { div { inset: 0; width: 100vw; max-width: none; height: 100dvh; max-height: none;
  border: 0; border-radius: 0 } }
@media (prefers-reduced-motion: reduce) { div { animation: none } }
@media (forced-colors: active) { button { border-color: ButtonText } b { border: 1px solid } }
@media print { :host { display: none } }
`
