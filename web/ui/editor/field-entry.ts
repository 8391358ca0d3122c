// The text field as a file of its own: it weighs more than all the rest, and only who writes an article loads it.
import * as tools from './field'

declare global {
  var balieField: typeof tools | undefined
}
globalThis.balieField = tools
