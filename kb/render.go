package kb

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var (
	markdown = sync.OnceValue(func() goldmark.Markdown {
		return goldmark.New(goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough),
			goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(hang{}, 1000))))
	})
	policy = sync.OnceValue(newPolicy)

	// deepRun is a line that opens 25 or more quotes or lists at once: the Markdown parser's work grows with each.
	deepRun = regexp.MustCompile(`^[ \t]*(?:(?:>|[-+*]|\d{1,9}[.)])[ \t]*){25,}`)
)

// newPolicy lets through what an article may show: text, lists, tables, links and images of our own. Everything else that
// Markdown or HTML can carry is dropped, not escaped.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "b", "i", "del", "code", "pre",
		"blockquote", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "mark", "kbd", "sub", "sup")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowElements("ol")
	p.AllowAttrs("align").Matching(bluemonday.CellAlign).OnElements("th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^` + PicturePath + `[^/?#]+$`)).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("title").OnElements("a", "img")
	return p
}

// hang gives every picture the address at which a page finds it. One that does not stand here leaves its words behind.
type hang struct{}

// Transform looks at the pictures of a document.
func (hang) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var found []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the visitor never fails
		if img, ok := n.(*ast.Image); ok && entering {
			found = append(found, img)
		}
		return ast.WalkContinue, nil
	})
	for _, img := range found {
		if at := pictureAddress(string(img.Destination)); at != "" {
			img.Destination = []byte(at)
			continue
		}
		for c := img.FirstChild(); c != nil; c = img.FirstChild() {
			img.Parent().InsertBefore(img.Parent(), img, c)
		}
		img.Parent().RemoveChild(img.Parent(), img)
	}
}

// Render turns Markdown into HTML that is safe to put in a page: no script, no style, no frame, images from this server
// only, links that open elsewhere without telling where the reader came from. Markdown that cannot be rendered comes back
// as escaped text, so that a reader always sees the words.
func Render(md string) (out string) {
	defer func() {
		if recover() != nil {
			out = "<p>" + html.EscapeString(md) + "</p>"
		}
	}()
	var buf bytes.Buffer
	if err := markdown().Convert([]byte(calm(md)), &buf); err != nil {
		return "<p>" + html.EscapeString(md) + "</p>"
	}
	return strings.TrimSpace(policy().Sanitize(buf.String()))
}

// maxBrackets is how many opening brackets one text may have before they are taken as letters: a list of half-open links
// costs the Markdown parser the square of its length.
const maxBrackets = 2000

// calm takes out of Markdown what nobody writes and the parser suffers from: thousands of brackets, and lines that nest
// quotes or lists dozens deep.
func calm(md string) string {
	if strings.Count(md, "[") > maxBrackets {
		md = strings.ReplaceAll(md, "[", `\[`)
	}
	if !strings.ContainsAny(md, ">-+*.)") {
		return md
	}
	var b strings.Builder
	b.Grow(len(md))
	for line := range strings.Lines(md) {
		if m := deepRun.FindString(line); m != "" {
			line = line[len(m):]
		}
		b.WriteString(line)
	}
	return b.String()
}

// Plain returns the words of Markdown without its marks, blocks on lines of their own: what is searched, and what a
// client without HTML shows.
func Plain(md string) (out string) {
	defer func() {
		if recover() != nil {
			out = md
		}
	}()
	src := []byte(calm(md))
	doc := markdown().Parser().Parse(text.NewReader(src))
	var b strings.Builder
	// The walker itself never fails: the only error it can return is the one the visitor returns.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			writePlain(&b, n, src)
		} else if n.Type() == ast.TypeBlock && b.Len() > 0 {
			endBlock(&b, n)
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

func writePlain(b *strings.Builder, n ast.Node, src []byte) {
	switch n := n.(type) {
	case *ast.Text:
		b.Write(html2text(n.Segment.Value(src)))
		if n.SoftLineBreak() || n.HardLineBreak() {
			b.WriteByte(' ')
		}
	case *ast.String:
		b.Write(html2text(n.Value))
	case *ast.AutoLink:
		b.Write(n.Label(src))
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			b.Write(line.Value(src))
		}
	}
}

func html2text(s []byte) []byte {
	if !bytes.ContainsAny(s, `&\`) {
		return s
	}
	return []byte(html.UnescapeString(unescape.Replace(string(s))))
}

var unescape = func() *strings.Replacer {
	var pairs []string
	for _, c := range "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" {
		pairs = append(pairs, `\`+string(c), string(c))
	}
	return strings.NewReplacer(pairs...)
}()

// endBlock puts a line end behind a block, and a space between the cells of a table.
func endBlock(b *strings.Builder, n ast.Node) {
	end := byte('\n')
	if n.Kind() == east.KindTableCell {
		end = ' '
	}
	if s := b.String(); s[len(s)-1] != '\n' {
		b.WriteByte(end)
	}
}
