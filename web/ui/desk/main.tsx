// The desk page: where people help people.
import { render } from 'preact'
import { closeMenus } from '../shared/menu'
import { App } from './app'
import { roomOf } from './context'
import { Desk } from './model'

const root = document.getElementById('desk') ?? document.getElementById('app')
if (root) {
  const desk = new Desk()
  root.replaceChildren()
  closeMenus()
  render(<App room={roomOf(desk)} />, root)
  void desk.begin()
}
