// Texts in the reader's language. Keys are typed by nl.json: a key that does not exist does not compile.
import type nl from '../i18n/nl.json'

export type Lang = 'nl' | 'en'
type All = keyof typeof nl
type KeysOf<Face extends string> = All extends infer K ? (K extends `${Face}.${infer Rest}` ? Rest : never) : never

/** The keys of one face, without the face's name. */
export type ChatKey = KeysOf<'chat'>
export type DeskKey = KeysOf<'desk'>
export type EditorKey = KeysOf<'editor'>
export type LoaderKey = KeysOf<'loader'>
export type SharedKey = KeysOf<'shared'>

/** Values for the {holes} in a text. n also chooses the plural form. */
export type Holes = Record<string, string | number>

type Text = string | Record<string, string>
/** What `import texts from 'i18n:FACE'` gives: every text of a face in every language. */
export type Texts = Record<Lang, Record<string, Text>>

/** lang says which of our languages a tag means; anything we do not speak is Dutch. */
export function langOf(tag: string | null | undefined): Lang {
  return tag?.toLowerCase().startsWith('en') ? 'en' : 'nl'
}

/** locale is the tag for dates, times and numbers: English as it is written in Europe. */
export function locale(lang: Lang): string {
  return lang === 'en' ? 'en-GB' : 'nl-NL'
}

/** translator makes the function that finds a text. It reads the language at every call, so a signal makes it live. */
export function translator<Key extends string>(texts: Texts, lang: () => Lang) {
  return (key: Key, holes?: Holes): string => {
    const in_ = lang()
    const text = texts[in_][key] ?? key
    const form = typeof text === 'string' ? text : (text[plural(in_, Number(holes?.n ?? 0))] ?? text.other ?? key)
    return holes ? form.replace(/\{(\w+)\}/g, (hole, name: string) => String(holes[name] ?? hole)) : form
  }
}

function plural(lang: Lang, n: number): string {
  return new Intl.PluralRules(lang).select(n)
}
