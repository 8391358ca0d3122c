package kb

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/strikethrough"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"balie/internal/fault"
)

// Limits on one HTML page, beside MaxArticle: what is cheap to write as HTML can be dear to read. A hundred thousand boxes in each
// other, or a row of ten thousand cells above ten thousand rows of one, are no article.
const (
	maxElements = 50_000
	maxNested   = 200
	maxLettered = 20     // elements for letters that are open at once: each new paragraph opens them all anew
	maxCells    = 20_000 // of one table, as a full rectangle
)

func isHTML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".html" || ext == ".htm"
}

// parseHTML makes an article of a page of a website. Its text becomes Markdown, without menus, scripts and what else is not the text
// itself; its id comes from its place in the folder, its language from the page, from the folder or, when neither says it, is lang. Links
// to pages in known, by their place, become links to those articles. Everything else of the page is left behind, so an export is
// Markdown.
func parseHTML(raw []byte, name, lang string, known map[string]bool) (Article, error) {
	if len(raw) > MaxArticle {
		return Article{}, refuse(fault.TooLong, "too_large", MaxArticle)
	}
	text, err := decodeHTML(raw)
	if err != nil {
		return Article{}, err
	}
	if err := boundHTML(text); err != nil {
		return Article{}, err
	}
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		return Article{}, because(err, fault.Invalid, "html_unread")
	}
	p := page{root: root, name: name, known: known}
	a := Article{ID: pathID(name), Lang: p.lang(), Path: strings.TrimSuffix(name, path.Ext(name)) + ".md"}
	if a.Lang == "" {
		a.Lang = langFromPath(name)
	}
	if a.Lang == "" {
		a.Lang = lang
	}
	p.own = a.Lang
	content := p.content()
	a.Title = p.title(content)
	if a.Body, err = p.markdown(content, a.Title); err != nil {
		return Article{}, err
	}
	return a, a.checkHTML()
}

// checkHTML refuses what could not be kept, in the words of pages.
func (a Article) checkHTML() error {
	switch {
	case !validID(a.ID):
		return refuse(fault.Invalid, "no_id")
	case !validLang(a.Lang):
		return refuse(fault.Invalid, "html_no_lang")
	case a.Title == "":
		return refuse(fault.Invalid, "html_no_title")
	case strings.TrimSpace(a.Body) == "":
		return refuse(fault.Invalid, "html_no_text")
	case len(a.Path) > 400:
		return refuse(fault.Invalid, "name_long")
	}
	_, err := Parse(a.Markdown())
	return err
}

// decodeHTML returns the page in UTF-8. Older pages are in another alphabet, and say in which.
func decodeHTML(raw []byte) ([]byte, error) {
	raw = bytes.TrimPrefix(raw, []byte(bom))
	if !utf8.Valid(raw) {
		enc, _, certain := charset.DetermineEncoding(raw, "")
		decoded, err := enc.NewDecoder().Bytes(raw)
		if !certain && !bytes.Contains(bytes.ToLower(raw[:min(len(raw), 1024)]), []byte("charset=")) || err != nil || !utf8.Valid(decoded) {
			return nil, refuse(fault.Invalid, "html_charset", badLine(string(raw)))
		}
		raw = decoded
	}
	return bytes.ReplaceAll(raw, []byte{0}, nil), nil
}

// selfClosed are elements that do not nest: those that never have an end, and those that the next of their kind ends.
var selfClosed = setOf("area base br col embed hr img input link meta param source track wbr p li dt dd tr td th thead tbody tfoot option optgroup colgroup a html head body")

// lettered are the elements that a page's reader opens anew in every paragraph until they are closed.
var lettered = setOf("b big code em font i nobr s small strike strong tt u")

// boundHTML walks over the page's tags, which takes no more time than reading it, and refuses what would take much more to read.
func boundHTML(text []byte) error {
	z := html.NewTokenizer(bytes.NewReader(text))
	open := map[string]int{}
	line, elements, nested, letters := 1, 0, 0, 0
	for {
		kind := z.Next()
		at := line
		line += bytes.Count(z.Raw(), []byte("\n"))
		if kind == html.ErrorToken {
			return nil // the end; what is broken in between is text
		}
		if kind != html.StartTagToken && kind != html.EndTagToken {
			continue
		}
		raw, _ := z.TagName()
		name, step := string(raw), 1
		if kind == html.EndTagToken {
			step = -1
		} else if elements++; elements > maxElements {
			return refuse(fault.TooLong, "html_many", at, maxElements)
		}
		if selfClosed[name] || step < 0 && open[name] == 0 {
			continue
		}
		open[name] += step
		if nested += step; nested > maxNested {
			return refuse(fault.Invalid, "html_deep", at, maxNested)
		}
		if lettered[name] {
			if letters += step; letters > maxLettered {
				return refuse(fault.Invalid, "html_unclosed", at, maxLettered)
			}
		}
	}
}

// pathID makes an id of a page's place: all folders below the one of its language, because pages of many folders are called index.
// A place that is too long for an id ends in a number of its own.
func pathID(name string) string {
	parts := strings.Split(strings.TrimSuffix(name, path.Ext(name)), "/")
	if i := slices.IndexFunc(parts[:len(parts)-1], func(d string) bool { return len(d) == 2 && validLang(d) }); i >= 0 {
		parts = parts[i+1:]
	}
	if last := len(parts) - 1; last > 0 && strings.EqualFold(parts[last], "index") {
		parts = parts[:last]
	}
	ids := []string{}
	for _, p := range parts[:len(parts)-1] {
		ids = append(ids, slug(p))
	}
	ids = append(ids, idFromPath(parts[len(parts)-1]+".html"))
	ids = slices.DeleteFunc(ids, func(s string) bool { return s == "" })
	id := strings.Join(ids, "-")
	if len(id) > 120 {
		id = fmt.Sprintf("%s-%08x", strings.ToValidUTF8(id[:100], ""), crc32.ChecksumIEEE([]byte(name)))
	}
	return id
}

// toMarkdown turns a cleaned tree into Markdown. One for all: it is safe for use by many goroutines.
var toMarkdown = sync.OnceValue(func() *converter.Converter {
	return converter.NewConverter(converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(),
		strikethrough.NewStrikethroughPlugin(), table.NewTablePlugin(table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal), table.WithHeaderPromotion(true))))
})

// markdown converts the page's content. A heading that only repeats the title is left out: the title is shown above every article.
func (p *page) markdown(content *html.Node, title string) (out string, err error) {
	if err := p.clean(content, title); err != nil {
		return "", err
	}
	defer func() {
		if r := recover(); r != nil {
			err = because(fmt.Errorf("convert %s: %v", p.name, r), fault.Invalid, "html_unread")
		}
	}()
	md, err := toMarkdown().ConvertNode(content)
	if err != nil {
		return "", because(err, fault.Invalid, "html_unread")
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(md), "")) + "\n", nil
}
