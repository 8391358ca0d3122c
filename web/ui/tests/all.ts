// The parts of the faces that need no browser, checked under Node by `go test ./web/build`.
import { actionsOf, canUndo, isOpen } from '../chat/active'
import { comeback, delay } from '../chat/line'
import { Outbox, type Kept } from '../chat/outbox'
import type { Event } from '../chat/protocol'
import { amountOf, centsOf, changesOf, type Limits } from '../desk/limitvalues'
import { fresh, groupOf, orderOf } from '../desk/order'
import type { Row } from '../desk/protocol'
import { said as written } from '../desk/said'
import { diff, lines, merge, words } from '../editor/diff'
import { idOf, wordOf } from '../editor/words'
import { fillHoles, strangeHoles } from '../shared/holes'
import { langOf, translator } from '../shared/i18n'

const wrong: string[] = []
function same(what: string, got: unknown, want: unknown) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)]
  if (a !== b) wrong.push(`${what}: got ${a}, want ${b}`)
}

// ---- close codes and waits
for (const [code, want] of [
  [1001, 'soon'], [1006, 'soon'], [1012, 'soon'], [1009, 'soon'],
  [1011, 'later'], [1013, 'later'], [4000, 'later'], [4099, 'later'],
  [1003, 'never'], [1007, 'never'], [4100, 'never'], [4199, 'never'],
] as const) same(`comeback(${code})`, comeback(code), want)
same('the first wait is short', delay(0, false, 0.999) < 700, true)
same('waits grow', delay(3, false, 1) > delay(1, false, 1), true)
same('waits end growing', delay(500, false, 1) <= 30_100, true)
same('later is later', delay(0, true, 0) >= 5_000, true)

// ---- facts at the desk
same('an address is written once', written({ line1: 'Keizersgracht 14', street: 'Keizersgracht', number: '14', city: 'Amsterdam', region: '', postcode: '1015 CX', country: 'NL' }),
  'Keizersgracht 14, 1015 CX Amsterdam, NL')
same('an address in parts', written({ street: 'Dorpsstraat', number: '3', addition: 'B', postcode: '1234 AB', city: 'Lutjebroek' }), 'Dorpsstraat 3-B, 1234 AB Lutjebroek')
same('a postcode alone', written({ postcode: '1015 CX', country: 'NL' }), '1015 CX, NL')
same('a list', written(['a', null, 2]), 'a, 2')

// ---- which questions can still be answered
const said = (seq: number, role: 'bot' | 'customer' | 'agent', message: Event['message'] = {}): Event => ({
  type: 'event', seq, kind: 'message', from: { role }, message,
})
const act = (seq: number, id: string, state: 'proposed' | 'done' | 'undone', undo?: string): Event => ({
  type: 'event', seq, kind: 'action', from: { role: 'system' }, action: { id, state, ...(undo ? { undo_until: undo } : {}) },
})
const asks = { buttons: [{ id: 'b', label: 'Ja' }] }
const card = { card: { action: 'a', title: '' }, buttons: [{ id: 'c', label: 'Versturen' }] }
const open = (events: Event[], i: number) => isOpen(events, i, actionsOf(events))
same('a question is open', open([said(1, 'bot', asks)], 0), true)
same('an answer closes it', open([said(1, 'bot', asks), said(2, 'customer')], 0), false)
same('a newer question closes it', open([said(1, 'bot', asks), said(2, 'bot', asks)], 0), false)
same('a remark does not', open([said(1, 'bot', asks), said(2, 'bot')], 0), true)
const toQueue: Event = { type: 'event', seq: 9, kind: 'owner', owner: { to: 'queue' } }
same('people have the word', open([said(1, 'bot', asks), toQueue], 0), false)
same('a card waits for nobody', open([said(1, 'bot', card), toQueue], 0), true)
same('a card outlives a question in between', open([said(1, 'bot', card), said(2, 'customer'), said(3, 'bot')], 0), true)
same('a card is over when its act is done', open([said(1, 'bot', card), act(2, 'a', 'done')], 0), false)
same('a card is open while proposed', open([said(1, 'bot', card), act(2, 'a', 'proposed')], 0), true)

const soon = new Date(Date.now() + 60_000).toISOString()
const past = new Date(Date.now() - 60_000).toISOString()
const undo = (events: Event[], i: number) => canUndo(events, i, actionsOf(events), Date.now())
const after = [act(1, 'a', 'done', soon), said(2, 'bot', asks), said(3, 'customer'), said(4, 'bot', asks)]
same('undo outlives what is said later', undo(after, 1), true)
same('other buttons are not undo', undo(after, 3), false)
same('undo ends with its time', undo([act(1, 'a', 'done', past), said(2, 'bot', asks)], 1), false)
same('undo ends with its use', undo([act(1, 'a', 'done', soon), said(2, 'bot', asks), act(3, 'a', 'undone')], 1), false)

// ---- what changed between two texts, and how two changes go together
const shown = (a: string, b: string) => diff(lines(a), lines(b)).map((p) => `${p.kind}:${p.items.join('|')}`)
same('no change', shown('a\nb', 'a\nb'), ['same:a|b'])
same('a line in the middle', shown('a\nb\nc', 'a\nx\nc'), ['same:a', 'gone:b', 'new:x', 'same:c'])
same('a line more', shown('a\nc', 'a\nb\nc'), ['same:a', 'new:b', 'same:c'])
same('everything', shown('a', 'b'), ['gone:a', 'new:b'])
same('words go together again', words('Dat kost € 4,95 (ongeveer).').join(''), 'Dat kost € 4,95 (ongeveer).')
const joined = (base: string, mine: string, theirs: string) =>
  merge(base, mine, theirs).map((p) => (p.kind === 'agreed' ? p.lines.join('|') : `[${p.mine.join('|')}/${p.theirs.join('|')}]`)).join('|')
same('changes in two places go together', joined('a\nb\nc\nd\ne', 'A\nb\nc\nd\ne', 'a\nb\nc\nd\nE'), 'A|b|c|d|E')
same('the same change is one', joined('a\nb\nc', 'a\nX\nc', 'a\nX\nc'), 'a|X|c')
same('one place, two changes', joined('a\nb\nc', 'a\nX\nc', 'a\nY\nc'), 'a|[X/Y]|c')
same('one drops what the other changes', joined('a\nb\nc', 'a\nc', 'a\nB\nc'), 'a|[/B]|c')
same('both add at the end', joined('a', 'a\nm', 'a\nt'), 'a|[m/t]')
same('only theirs', joined('a\nb', 'a\nb', 'x\na\nb'), 'x|a|b')

// ---- how an article stands
const item = { id: 'x', lang: 'nl', rev: 1, title: 'X', tests: 0, live: true } as const
same('live and edited', wordOf({ ...item, state: 'draft' }), 'edited')
same('a translation behind its source', wordOf({ ...item, state: 'published', stale: true }), 'outdated')
same('planned', wordOf({ ...item, state: 'review', publish_at: '2026-12-01T00:00:00Z' }), 'planned')
same('no translation', wordOf(undefined), 'missing')
same('an id of a title', idOf('  Één vraag: retour & ruilen? '), 'een-vraag-retour-ruilen')

// ---- the outbox
const shelf = new Map<string, string>()
const storage = {
  get length() {
    return shelf.size
  },
  clear: () => shelf.clear(),
  getItem: (k: string) => shelf.get(k) ?? null,
  key: (i: number) => [...shelf.keys()][i] ?? null,
  removeItem: (k: string) => void shelf.delete(k),
  setItem: (k: string, v: string) => void shelf.set(k, v),
} as Storage
const kept = (key: string, order: number): Kept => ({ parcel: { type: 'say', key, text: key }, label: key, order })
const box = new Outbox('demo', storage)
box.put(kept('two', 2))
box.put(kept('one', 1))
shelf.set('balie:demo:out:bad', '{')
shelf.set('balie:other:out:x', JSON.stringify(kept('x', 0)))
same('oldest first, of this site, readable', new Outbox('demo', storage).all().map((k) => k.parcel.key), ['one', 'two'])
same('what cannot be read is gone', shelf.has('balie:demo:out:bad'), false)
box.remove('one')
box.clear()
same('another site keeps its own', [...shelf.keys()], ['balie:other:out:x'])

// ---- the desk's list
const row = (id: string, role: Row['owner']['role'], more: Partial<Row> = {}): Row => ({
  id, reference: id, site: 'demo', name: '', verified: false, topic: '', lang: 'nl', reason: '', priority: 0, last: null, waited_s: 0,
  owner: { role, agent: role === 'agent' ? 'me' : '', name: '', reason: '', since: 0 }, waiting_since: null, sla: 'ok', head: 0,
  unanswered: false, created: '2026-01-01T00:00:00Z', closed: null, code: '', lease: '', ...more,
})
const rows = [
  row('young', 'queue', { waiting_since: '2026-01-01T10:05:00Z' }),
  row('old', 'queue', { waiting_since: '2026-01-01T10:00:00Z' }),
  row('urgent', 'queue', { waiting_since: '2026-01-01T10:09:00Z', priority: 2 }),
  row('quiet', 'agent'),
  row('asking', 'agent', { unanswered: true, created: '2026-01-02T00:00:00Z' }),
  row('theirs', 'agent', { owner: { role: 'agent', agent: 'other', name: '', reason: '', since: 0 } }),
]
const order = orderOf(rows, 'me')
same('urgent first, then old', order.waiting, ['urgent', 'old', 'young'])
same('who asks comes first', order.mine, ['asking', 'quiet'])
same("a colleague's is in no group", groupOf(rows[5]!, 'me'), undefined)
same('new ones are counted', fresh(orderOf(rows.slice(1), 'me'), order), 1)
same('the same are not', fresh(order, order), 0)

// ---- prepared replies
const filled = { customer: 'Jan', agent: 'Sanne', reference: 'K7' }
same('holes are filled in', fillHoles('Dag {klant}, {agent} hier ({referentie}).', filled), 'Dag Jan, Sanne hier (K7).')
same('what is not known falls away', fillHoles('Dag {klant}, hoe gaat het?', { ...filled, customer: '' }), 'Dag, hoe gaat het?')
same('a name with a dollar is a name', fillHoles('{klant}', { ...filled, customer: '$& $1' }), '$& $1')
same('a strange hole stays, and is told', [fillHoles('{x}', filled), strangeHoles('{x} {klant} {}')], ['{x}', ['x', '']])

// ---- limits of authority
const limits = (agent: Limits['roles']['agent'], needs = 'order'): Limits => ({ needs: { '*': needs }, agent_needs: 'order', undo_minutes: {}, roles: { agent: agent ?? {} } })
same('an amount is read', [centsOf('12,50'), centsOf('12.5'), centsOf('x'), centsOf('-3'), centsOf('')], [1250, 1250, 0, 0, 0])
same('and written', [amountOf(1250), amountOf(300)], ['12.50', '3'])
same('no change', changesOf(limits({ '*': { per_act_cents: 5 } }), limits({ '*': { per_act_cents: 5 } })), [])
same('an amount', changesOf(limits({ '*': { per_act_cents: 5 } }), limits({ '*': {} })), [{ what: 'per_act_cents', role: 'agent', kind: '*', before: 5, after: 0 }])
same('a new row', changesOf(limits({ '*': {} }), limits({ '*': {}, cancel_order: { per_act_cents: 7 } })), [
  { what: 'row', role: 'agent', kind: 'cancel_order', before: 0, after: 1 },
  { what: 'per_act_cents', role: 'agent', kind: 'cancel_order', before: 0, after: 7 },
])
same('proof', changesOf(limits({}), limits({}, 'code')), [{ what: 'needs', kind: '*', before: 'order', after: 'code' }])

// ---- texts
const texts = { nl: { a: 'Dag {name}', m: { one: '{n} uur', other: '{n} uren' } }, en: { a: 'Hello {name}', m: { one: '{n} hour', other: '{n} hours' } } }
let lang: 'nl' | 'en' = 'nl'
const t = translator<string>(texts, () => lang)
same('holes are filled', t('a', { name: 'Jan' }), 'Dag Jan')
same('an unknown hole stays', t('a', { other: 1 }), 'Dag {name}')
same('one', t('m', { n: 1 }), '1 uur')
same('many', t('m', { n: 2 }), '2 uren')
lang = 'en'
same('the language is read at every call', t('m', { n: 2 }), '2 hours')
same('an unknown key is itself', t('nothing'), 'nothing')
same('tags', [langOf('en-GB'), langOf('nl'), langOf('fr'), langOf(null)], ['en', 'nl', 'nl', 'nl'])

if (wrong.length) throw new Error('\n' + wrong.join('\n'))
