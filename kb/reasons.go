package kb

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"balie/internal/fault"
)

// Reason is why the library does not take something: a code, what belongs in the blanks of its words, and the words in English. The
// words in the other languages are in reasons, and InWords finds them.
type Reason struct {
	Code string `json:"code"`
	Args []any  `json:"args,omitempty"`
}

// Error names the code: it stands in the operator's text, behind the words.
func (r *Reason) Error() string { return r.Code }

// refuse makes a fault of a reason.
func refuse(kind fault.Kind, code string, args ...any) error {
	r := &Reason{code, args}
	return fault.Wrap(kind, r.words("en"), r)
}

// because is refuse with the error behind it, for the operator.
func because(err error, kind fault.Kind, code string, args ...any) error {
	r := &Reason{code, args}
	return fault.Wrap(kind, r.words("en"), errors.Join(r, err))
}

// InWords says in a language what a person may read of an error: the words of its Reason, or else those of the fault.
func InWords(err error, lang string) string {
	var r *Reason
	if errors.As(err, &r) {
		return r.words(lang)
	}
	return fault.Text(err)
}

// words are those of the language, or the English ones.
func (r *Reason) words(lang string) string {
	w, ok := reasons[r.Code][lang]
	if !ok {
		w = reasons[r.Code]["en"]
	}
	if len(r.Args) == 0 {
		return w
	}
	return fmt.Sprintf(w, r.Args...)
}

// short keeps a stranger's words out of the way of ours.
func short(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// reasons are all the words in which the library refuses, by code and language; see TestReasonsAreInBothLanguages.
var reasons = map[string]map[string]string{
	"too_large": {
		"en": "The file is larger than %d bytes. Split it into several articles.",
		"nl": "Het bestand is groter dan %d bytes. Maak er meer artikelen van."},
	"picture_large": {
		"en": "The picture is larger than %d MB. Make it smaller first.",
		"nl": "De afbeelding is groter dan %d MB. Maak haar eerst kleiner."},
	"picture_wide": {
		"en": "The picture is larger than %d points on a side. Make it smaller first.",
		"nl": "De afbeelding is groter dan %d punten langs een kant. Maak haar eerst kleiner."},
	"picture_kind": {
		"en": "This is no PNG, JPEG, GIF or WebP picture, or its name says another kind.",
		"nl": "Dit is geen PNG-, JPEG-, GIF- of WebP-afbeelding, of de naam noemt een andere soort."},
	"picture_broken": {
		"en": "The picture cannot be opened: it is damaged.",
		"nl": "De afbeelding is niet te openen: ze is beschadigd."},
	"same_picture": {
		"en": "The picture %s is another one than %s, and has the same name. Give one of them another name.",
		"nl": "De afbeelding %s is een andere dan %s, en heet hetzelfde. Geef er één een andere naam."},
	"not_text": {
		"en": "Line %d is not UTF-8 text. Save the file as UTF-8.",
		"nl": "Regel %d is geen UTF-8-tekst. Sla het bestand op als UTF-8."},
	"front_long": {
		"en": "The front matter is longer than %d bytes. Move text below its closing line of dashes.",
		"nl": "Het kopje met gegevens is langer dan %d bytes. Zet tekst onder de tweede regel met streepjes."},
	"front_open": {
		"en": `Line 1 opens front matter with "---", but no later line closes it. Add a line "---" under it.`,
		"nl": `Regel 1 begint een kopje met gegevens met "---", maar geen latere regel sluit het. Zet er een regel "---" onder.`},
	"front_unread": {
		"en": `The front matter cannot be read. Write one "key: value" a line.`,
		"nl": `Het kopje met gegevens is niet te lezen. Schrijf één "naam: waarde" per regel.`},
	"front_line": {
		"en": "Line %d of the front matter cannot be read: %s. Put quotes around text with a colon, a # or brackets in it.",
		"nl": "Regel %d van het kopje met gegevens is niet te lezen: %s. Zet aanhalingstekens om tekst met een dubbele punt, # of haken."},
	"front_deep": {
		"en": "Line %d nests brackets too deep. Put quotes around text with brackets.",
		"nl": "Regel %d heeft te veel haken in elkaar. Zet aanhalingstekens om tekst met haken."},
	"front_alias": {
		"en": "Line %d uses a YAML anchor or alias (&, * or <<). Write the text out, or put quotes around it.",
		"nl": "Regel %d gebruikt een anker of verwijzing van YAML (&, * of <<). Schrijf de tekst uit, of zet er aanhalingstekens om."},
	"id_wrong": {
		"en": "The id %q cannot be used. Use at most 120 letters, digits, dots, dashes and underscores.",
		"nl": "De id %q kan niet. Gebruik hoogstens 120 letters, cijfers, punten, streepjes en lage streepjes."},
	"lang_wrong": {
		"en": "The lang %q is not a language code. Write nl or en.",
		"nl": "De taal %q is geen taalcode. Schrijf nl of en."},
	"title_wrong": {
		"en": "The title must be one line of at most %d bytes.",
		"nl": "De titel moet één regel zijn van hoogstens %d bytes."},
	"date_wrong": {
		"en": "The dates updated and review_by must look like 2026-11-21.",
		"nl": "De datums updated en review_by moeten eruitzien als 2026-11-21."},
	"list_long": {
		"en": "There are %d %s; at most %d fit one article.",
		"nl": "Er zijn %d %s; in één artikel passen er hoogstens %d."},
	"item_long": {
		"en": "One of the %s is longer than %d bytes.",
		"nl": "Eén van de %s is langer dan %d bytes."},
	"no_id": {
		"en": `The article has no usable id. Add a line "id: some-name" to its front matter.`,
		"nl": `Het artikel heeft geen bruikbare id. Zet een regel "id: een-naam" in het kopje met gegevens.`},
	"no_lang": {
		"en": `The article has no language. Add a line "lang: nl" to its front matter.`,
		"nl": `Het artikel heeft geen taal. Zet een regel "lang: nl" in het kopje met gegevens.`},
	"no_title": {
		"en": `The article has no title. Add a line "title: …" to its front matter, or a first heading.`,
		"nl": `Het artikel heeft geen titel. Zet een regel "title: …" in het kopje met gegevens, of een kop bovenaan.`},
	"name_long": {
		"en": "The name of the file with its folders is longer than 400 bytes.",
		"nl": "De naam van het bestand met zijn mappen is langer dan 400 bytes."},
	"same_id": {
		"en": "The id %s in %s is also that of %s. Give one of them another id.",
		"nl": "De id %s in %s is ook die van %s. Geef er één een andere id."},
	"cannot_open": {
		"en": "The file cannot be opened.",
		"nl": "Het bestand kan niet worden geopend."},
	"cannot_read": {
		"en": "The file cannot be read.",
		"nl": "Het bestand is niet te lezen."},
	"cannot_unpack": {
		"en": "The file cannot be unpacked.",
		"nl": "Het bestand kan niet worden uitgepakt."},
	"no_such_file": {
		"en": "There is no such file or folder to import.",
		"nl": "Dit bestand of deze map is er niet."},
	"no_such_kind": {
		"en": "Only a folder, a .zip, a .csv, a .md or an .html file can be imported.",
		"nl": "Alleen een map of een .zip-, .csv-, .md- of .html-bestand kan naar binnen."},
	"many_files": {
		"en": "There are more than %d files. Import a part at a time.",
		"nl": "Er zijn meer dan %d bestanden. Haal ze in delen binnen."},
	"much_text": {
		"en": "There is more than %d MB of text. Import a part at a time.",
		"nl": "Er is meer dan %d MB tekst. Haal die in delen binnen."},
	"zip_broken": {
		"en": "The file is not a zip archive that can be read.",
		"nl": "Het bestand is geen zip-archief dat te lezen is."},
	"zip_outside": {
		"en": "The name points out of the archive. Pack the folder anew.",
		"nl": "De naam wijst buiten het archief. Pak de map opnieuw in."},
	"zip_link": {
		"en": "This is a link or a device, not a file.",
		"nl": "Dit is een verwijzing of een apparaat, geen bestand."},
	"csv_empty": {
		"en": "The table has no header line. Its first line must name the columns: id,lang,title,body.",
		"nl": "De tabel heeft geen kopregel. De eerste regel moet de kolommen noemen: id,lang,title,body."},
	"csv_semicolons": {
		"en": "The columns are parted by semicolons. Save the table with commas.",
		"nl": "De kolommen zijn gescheiden door puntkomma’s. Sla de tabel op met komma’s."},
	"csv_column": {
		"en": "Line 1 names a column %q that is not known. Use id, lang, title, questions, tags, synonyms, updated, review_by, internal and body.",
		"nl": "Regel 1 noemt een kolom %q die niet bekend is. Gebruik id, lang, title, questions, tags, synonyms, updated, review_by, internal en body."},
	"csv_row": {
		"en": "The row cannot be read: %s.",
		"nl": "De rij is niet te lezen: %s."},
	"html_deep": {
		"en": "On line %d more than %d elements stand inside each other. Take boxes out of boxes.",
		"nl": "Op regel %d staan meer dan %d elementen in elkaar. Haal er een paar weg."},
	"html_many": {
		"en": "On line %d the page has more than %d elements. Split it into several pages.",
		"nl": "Op regel %d heeft de pagina meer dan %d elementen. Maak er meer pagina’s van."},
	"html_unclosed": {
		"en": "On line %d more than %d elements for letters (b, i, font …) are open at once. Close them.",
		"nl": "Op regel %d zijn meer dan %d elementen voor letters (b, i, font …) tegelijk open. Sluit ze."},
	"html_table": {
		"en": "A table has more than %d cells, those that span others counted out. Split it.",
		"nl": "Een tabel heeft meer dan %d cellen, samengevoegde cellen uitgeteld. Splits haar."},
	"html_unread": {
		"en": "The page is not HTML that can be read.",
		"nl": "De pagina is geen HTML die te lezen is."},
	"html_charset": {
		"en": "Line %d is not UTF-8 text, and the page does not say what else it is. Save it as UTF-8.",
		"nl": "Regel %d is geen UTF-8-tekst, en de pagina zegt niet wat het wel is. Sla haar op als UTF-8."},
	"html_no_lang": {
		"en": `The page does not say its language. Write <html lang="nl">, or put it into a folder "nl".`,
		"nl": `De pagina zegt niet in welke taal zij is. Schrijf <html lang="nl">, of zet haar in een map "nl".`},
	"html_no_title": {
		"en": "The page has no title. Give it a <title> or an <h1>.",
		"nl": "De pagina heeft geen titel. Geef haar een <title> of een <h1>."},
	"html_no_text": {
		"en": "The page has no text besides menus and scripts.",
		"nl": "De pagina heeft geen tekst naast menu’s en scripts."},
}
