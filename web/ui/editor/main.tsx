// The library's page: where people write what the bot knows.
import { render } from 'preact'
import { closeMenus } from '../shared/menu'
import { App } from './app'
import { Room } from './context'

const root = document.getElementById('editor')
if (root) {
  const room = new Room(document.documentElement.lang, root.dataset.nonce ?? '')
  root.replaceChildren()
  closeMenus()
  render(<App room={room} />, root)
}
