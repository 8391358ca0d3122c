// One face's texts in all languages, made by web/build out of i18n/*.json.
declare module 'i18n:*' {
  const texts: Record<'nl' | 'en', Record<string, string | Record<string, string>>>
  export default texts
}
