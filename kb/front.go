package kb

import (
	"errors"
	"strings"
	"unicode/utf8"

	"balie/internal/fault"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	yamltoken "github.com/goccy/go-yaml/token"
)

// Limits on one article. They are far above what a reader would finish, and low enough that no file can hurt.
const (
	MaxArticle = 1 << 20  // bytes of a whole file
	maxFront   = 32 << 10 // bytes of front matter
	maxItems   = 200      // questions, tags or synonyms
	maxLine    = 1000     // bytes of a title, question, tag or synonym
	maxDepth   = 16       // nested brackets in front matter
)

const bom = "\ufeff"

// frontMatter is what the library reads from the block between the two lines of dashes. Other keys are kept as they
// are and mean nothing here.
type frontMatter struct {
	ID        string   `yaml:"id"`
	Lang      string   `yaml:"lang"`
	Title     string   `yaml:"title"`
	Questions []string `yaml:"questions,omitempty"`
	Tags      []string `yaml:"tags,omitempty"`
	Synonyms  []string `yaml:"synonyms,omitempty"`
	Updated   string   `yaml:"updated,omitempty"`
	ReviewBy  string   `yaml:"review_by,omitempty"`
	Internal  bool     `yaml:"internal,omitempty"`
}

// Parse reads a Markdown file with YAML front matter. It refuses what the library could not keep or serve faithfully,
// with the line and what to do about it. A file without front matter, id or title is accepted: the id and the title can
// come from the file's name and first heading, and only the importer knows the name.
func Parse(raw []byte) (Article, error) {
	if len(raw) > MaxArticle {
		return Article{}, refuse(fault.TooLong, "too_large", MaxArticle)
	}
	text := string(raw)
	if line := badLine(text); line > 0 {
		return Article{}, refuse(fault.Invalid, "not_text", line)
	}
	front, yamlText, body, err := splitFront(text)
	if err != nil {
		return Article{}, err
	}
	fm, err := parseFront(yamlText)
	if err != nil {
		return Article{}, err
	}
	if fm.Title == "" {
		fm.Title = firstHeading(body)
	}
	if err := fm.check(); err != nil {
		return Article{}, err
	}
	return Article{ID: fm.ID, Lang: fm.Lang, Content: fm.content(front, body)}, nil
}

func (fm frontMatter) content(front, body string) Content {
	return Content{
		Title: fm.Title, Questions: fm.Questions, Tags: fm.Tags, Synonyms: fm.Synonyms,
		Updated: fm.Updated, ReviewBy: fm.ReviewBy, Internal: fm.Internal,
		Front: front, Body: body,
	}
}

// badLine returns the number of the first line that is not UTF-8 or holds a NUL, 0 when all are fine.
func badLine(text string) int {
	if utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
		return 0
	}
	for i, line := range strings.Split(text, "\n") {
		if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
			return i + 1
		}
	}
	return 0
}

// splitFront cuts a file into the bytes of its front matter (with both lines of dashes and a byte order mark), the YAML
// in it, and the rest. Without a first line of dashes the front is empty, apart from the mark.
func splitFront(text string) (front, yamlText, body string, err error) {
	start := 0
	if strings.HasPrefix(text, bom) {
		start = len(bom)
	}
	first, at := cutLine(text, start)
	if strings.TrimRight(first, " \t\r\n") != "---" {
		return text[:start], "", text[start:], nil
	}
	begin := at
	for at < len(text) {
		line, next := cutLine(text, at)
		if end := strings.TrimRight(line, " \t\r\n"); end == "---" || end == "..." {
			if next-start > maxFront {
				break
			}
			return text[:next], text[begin:at], text[next:], nil
		}
		at = next
	}
	if at < len(text) {
		return "", "", "", refuse(fault.TooLong, "front_long", maxFront)
	}
	return "", "", "", refuse(fault.Invalid, "front_open")
}

// cutLine returns the line that starts at i with its line end, and where the next one starts.
func cutLine(s string, i int) (string, int) {
	if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
		return s[i : i+n+1], i + n + 1
	}
	return s[i:], len(s)
}

// parseFront reads the YAML of front matter. The YAML library has paniced on garbage before; a panic is an error here.
func parseFront(text string) (fm frontMatter, err error) {
	if strings.TrimSpace(text) == "" {
		return fm, nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = refuse(fault.Invalid, "front_unread")
		}
	}()
	if err := boundYAML(text); err != nil {
		return fm, err
	}
	if err := yaml.Unmarshal([]byte(text), &fm); err != nil {
		return frontMatter{}, yamlFault(err)
	}
	return fm, nil
}

// boundYAML refuses what makes YAML expensive: aliases, which multiply, and deep nesting.
func boundYAML(text string) error {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			if depth++; depth > maxDepth {
				return refuse(fault.Invalid, "front_deep", lineAt(text, i)+1)
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	for _, t := range lexer.Tokenize(text) {
		if t.Type == yamltoken.AnchorType || t.Type == yamltoken.AliasType || t.Type == yamltoken.MergeKeyType {
			return refuse(fault.Invalid, "front_alias", t.Position.Line+1)
		}
	}
	return nil
}

func lineAt(text string, i int) int { return 1 + strings.Count(text[:i], "\n") }

// yamlFault says in one line where the YAML is wrong. The first line of the file is the line of dashes, so YAML's own
// count is one short.
func yamlFault(err error) error {
	var ye yaml.Error
	if errors.As(err, &ye) && ye.GetToken() != nil && ye.GetToken().Position != nil {
		return because(err, fault.Invalid, "front_line", ye.GetToken().Position.Line+1, short(ye.GetMessage(), 200))
	}
	return because(err, fault.Invalid, "front_unread")
}

func (fm frontMatter) check() error {
	if fm.ID != "" && !validID(fm.ID) {
		return refuse(fault.Invalid, "id_wrong", short(fm.ID, 80))
	}
	if fm.Lang != "" && !validLang(fm.Lang) {
		return refuse(fault.Invalid, "lang_wrong", short(fm.Lang, 20))
	}
	if len(fm.Title) > maxLine || strings.ContainsAny(fm.Title, "\r\n") {
		return refuse(fault.Invalid, "title_wrong", maxLine)
	}
	if len(fm.Updated) > 40 || len(fm.ReviewBy) > 40 {
		return refuse(fault.Invalid, "date_wrong")
	}
	for name, list := range map[string][]string{"questions": fm.Questions, "tags": fm.Tags, "synonyms": fm.Synonyms} {
		if len(list) > maxItems {
			return refuse(fault.Invalid, "list_long", len(list), name, maxItems)
		}
		for _, item := range list {
			if len(item) > maxLine {
				return refuse(fault.Invalid, "item_long", name, maxLine)
			}
		}
	}
	return nil
}

func validID(id string) bool {
	if id == "" || len(id) > 120 || id[0] == '.' || id[0] == '-' {
		return false
	}
	for _, r := range id {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_') {
			return false
		}
	}
	return true
}

func validLang(lang string) bool {
	if len(lang) < 2 || len(lang) > 8 {
		return false
	}
	return strings.Trim(lang, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// firstHeading returns the text of the first heading in Markdown, "" when there is none.
func firstHeading(body string) string {
	for line := range strings.Lines(body) {
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "#") {
			if t = strings.TrimSpace(strings.TrimLeft(t, "#")); t != "" && len(t) <= maxLine {
				return t
			}
		}
	}
	return ""
}
