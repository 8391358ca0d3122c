package kb

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Markdown returns the article's newest text as a file: byte for byte what was imported when nothing was changed since,
// else the same file with only the changed keys of its front matter written anew. Comments, unknown keys, their order and
// the line ends stay.
func (a Article) Markdown() []byte {
	want := frontMatter{
		ID: a.ID, Lang: a.Lang, Title: a.Title, Questions: a.Questions, Tags: a.Tags, Synonyms: a.Synonyms,
		Updated: a.Updated, ReviewBy: a.ReviewBy, Internal: a.Internal,
	}
	front, yamlText, _, err := splitFront(a.Front)
	if err != nil {
		front, yamlText = "", ""
	}
	have, err := parseFront(yamlText)
	if err != nil {
		have, yamlText = frontMatter{}, ""
	}
	if have.Title == "" && want.Title == firstHeading(a.Body) {
		want.Title = "" // the heading is the title; the front matter need not repeat it
	}
	if a.Path != "" { // the importer took what is not written from the file's place
		if have.ID == "" && want.ID == idFromPath(a.Path) {
			want.ID = ""
		}
		if have.Lang == "" && want.Lang == langFromPath(a.Path) {
			want.Lang = ""
		}
	}
	if changes := changedKeys(have, want); len(changes) > 0 {
		if front = writeFront(front, yamlText, changes); !reads(front, want) {
			front = writeFront("", "", changedKeys(frontMatter{}, want)) // written in a way that cannot be mended key by key
		}
	}
	return []byte(front + a.Body)
}

// reads reports whether front matter says what is wanted of it.
func reads(front string, want frontMatter) bool {
	_, yamlText, _, err := splitFront(front)
	if err != nil {
		return false
	}
	have, err := parseFront(yamlText)
	return err == nil && len(changedKeys(have, want)) == 0
}

// changedKey is one key of front matter with its new YAML, "" to drop it.
type changedKey struct{ key, text string }

func changedKeys(have, want frontMatter) []changedKey {
	var out []changedKey
	add := func(key string, same bool, value any, empty bool) {
		if same {
			return
		}
		text := ""
		if !empty {
			text = yamlOf(key, value)
		}
		out = append(out, changedKey{key, text})
	}
	add("id", have.ID == want.ID, want.ID, want.ID == "")
	add("lang", have.Lang == want.Lang, want.Lang, want.Lang == "")
	add("title", have.Title == want.Title, want.Title, want.Title == "")
	add("questions", slices.Equal(have.Questions, want.Questions), want.Questions, len(want.Questions) == 0)
	add("tags", slices.Equal(have.Tags, want.Tags), want.Tags, len(want.Tags) == 0)
	add("synonyms", slices.Equal(have.Synonyms, want.Synonyms), want.Synonyms, len(want.Synonyms) == 0)
	add("updated", have.Updated == want.Updated, want.Updated, want.Updated == "")
	add("review_by", have.ReviewBy == want.ReviewBy, want.ReviewBy, want.ReviewBy == "")
	add("internal", have.Internal == want.Internal, want.Internal, !want.Internal)
	return out
}

// yamlOf writes one key. Strings and lists of strings always marshal.
func yamlOf(key string, value any) string {
	out, err := yaml.Marshal(yaml.MapSlice{{Key: key, Value: value}})
	if err != nil {
		return ""
	}
	return string(out)
}

// writeFront returns the front matter with the changed keys replaced where they stand, or added at the end.
func writeFront(front, yamlText string, changes []changedKey) string {
	eol := "\n"
	if strings.Contains(front, "\r\n") {
		eol = "\r\n"
	}
	mark := ""
	if strings.HasPrefix(front, bom) {
		mark = bom
	}
	open, closing := "---"+eol, "---"+eol
	if i := strings.Index(front, yamlText); yamlText != "" && i >= 0 {
		open, closing, mark = front[:i], front[i+len(yamlText):], ""
	}
	for _, c := range changes {
		yamlText = replaceKey(yamlText, c.key, strings.ReplaceAll(c.text, "\n", eol))
	}
	return mark + open + yamlText + closing
}

// replaceKey puts text in the place of a top-level key and the indented lines under it. A key that is not there is added
// at the end.
func replaceKey(yamlText, key, text string) string {
	for at := 0; at < len(yamlText); {
		line, next := cutLine(yamlText, at)
		if strings.HasPrefix(line, key+":") {
			end := next
			for end < len(yamlText) {
				l, n := cutLine(yamlText, end)
				if !strings.HasPrefix(l, " ") && !strings.HasPrefix(l, "\t") && !strings.HasPrefix(l, "-") {
					break
				}
				end = n
			}
			return yamlText[:at] + text + yamlText[end:]
		}
		at = next
	}
	if yamlText != "" && !strings.HasSuffix(yamlText, "\n") {
		yamlText += "\n"
	}
	return yamlText + text
}
