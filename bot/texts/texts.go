// Package texts holds what the bot says by itself, in Dutch and English: plain words, "u", short sentences. What the library and
// the flows say stands with them. A test keeps the two languages to the same keys, and the Dutch to the rules of B1.
package texts

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"
)

//go:embed nl.json en.json
var files embed.FS

// Langs are the languages of the house; the first is what is spoken when nothing else is known.
var Langs = []string{"nl", "en"}

var all = load()

func load() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, lang := range Langs {
		raw, err := files.ReadFile(lang + ".json")
		if err != nil {
			panic("texts: " + err.Error()) // only a broken build can do this
		}
		m := map[string]string{}
		if err := json.Unmarshal(raw, &m); err != nil {
			panic("texts: " + lang + ".json: " + err.Error())
		}
		out[lang] = m
	}
	return out
}

// Lang returns the language of the house that comes nearest to lang.
func Lang(lang string) string {
	if len(lang) >= 2 && slices.Contains(Langs, lang[:2]) {
		return lang[:2]
	}
	return Langs[0]
}

// Say returns the text under a key with its {names} filled in from pairs of name and value. Values are escaped, so that nothing a
// customer or an order system wrote becomes markup. A key that does not exist is returned as it is: see the test that finds them.
func Say(lang, key string, pairs ...string) string {
	s, ok := all[Lang(lang)][key]
	if !ok {
		return key
	}
	vars := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		vars[pairs[i]] = pairs[i+1]
	}
	return Fill(s, vars)
}

// Has reports whether there is a text under a key.
func Has(key string) bool { _, ok := all[Langs[0]][key]; return ok }

// Keys returns every key of a language, sorted.
func Keys(lang string) []string {
	out := make([]string, 0, len(all[lang]))
	for k := range all[lang] {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Fill replaces each {name} by its escaped value. A name without a value stays as it is.
func Fill(s string, vars map[string]string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	pairs := make([]string, 0, 2*len(vars))
	for k, v := range vars {
		pairs = append(pairs, "{"+k+"}", Escape(v))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// Names lists the {names} in s.
func Names(s string) []string {
	var out []string
	for {
		from := strings.IndexByte(s, '{')
		if from < 0 {
			return out
		}
		to := strings.IndexByte(s[from:], '}')
		if to < 0 {
			return out
		}
		out = append(out, s[from+1:from+to])
		s = s[from+to+1:]
	}
}

var escaper = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "*", `\*`, "`", "\\`", "\r", " ", "\n", " ")

// Escape makes s plain text inside Markdown, on one line.
func Escape(s string) string { return escaper.Replace(s) }
