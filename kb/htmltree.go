package kb

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"balie/internal/fault"
)

// page is an HTML page that becomes an article.
type page struct {
	root  *html.Node
	name  string          // its place in the folder
	own   string          // its language
	known map[string]bool // the places of the pages that come with it
}

// Elements by what becomes of them.
var (
	dropped   = setOf("script style noscript template nav iframe frame frameset object embed applet form input button select textarea svg math canvas audio video map dialog link meta base head title noframes")
	surround  = setOf("header footer aside") // dropped around the text, kept within a main or an article
	asideRole = setOf("navigation banner contentinfo search complementary menu menubar toolbar")
	blocks    = setOf("p div ul ol li dl dt dd h1 h2 h3 h4 h5 h6 blockquote pre section article figure figcaption center hr br table thead tbody tfoot tr td th caption")
)

// each calls f for every node below n, in order, n first. It does not go into a node for which f returns false. The tree is no
// deeper than its reader allows, so walking it by recursion is safe; f may take the node out of the tree.
func each(n *html.Node, f func(*html.Node) bool) {
	if !f(n) {
		return
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		each(c, f)
		c = next
	}
}

// find returns the first element with one of the names.
func find(n *html.Node, names ...string) (found *html.Node) {
	each(n, func(c *html.Node) bool {
		for _, name := range names {
			if found == nil && c.Type == html.ElementNode && c.Data == name {
				found = c
			}
		}
		return found == nil
	})
	return found
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// textOf returns the words of a node on one line.
func textOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	each(n, func(c *html.Node) bool {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		} else if c.Type == html.ElementNode && blocks[c.Data] {
			b.WriteByte(' ')
		}
		return c == n || c.Type != html.ElementNode || !dropped[c.Data]
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// lang is the language that the page says it is in, "" when it does not.
func (p *page) lang() string {
	said := ""
	if n := find(p.root, "html"); n != nil {
		if said = attr(n, "lang"); said == "" {
			said = attr(n, "xml:lang")
		}
	}
	said, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(said, "_", "-")), "-")
	if len(said) != 2 || !validLang(said) {
		return ""
	}
	return said
}

// content is the element that holds the text: the page's main part, its only article, or all of it.
func (p *page) content() *html.Node {
	var mains, articles []*html.Node
	each(p.root, func(n *html.Node) bool {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "main" || attr(n, "role") == "main":
			mains = append(mains, n)
		case n.Data == "article":
			articles = append(articles, n)
		}
		return n.Type != html.ElementNode || !dropped[n.Data]
	})
	for _, list := range [][]*html.Node{mains, articles} {
		if len(list) == 1 && textOf(list[0]) != "" {
			return list[0]
		}
	}
	body := find(p.root, "body")
	if body == nil {
		return p.root
	}
	each(body, func(n *html.Node) bool {
		if n.Type == html.ElementNode && surround[n.Data] {
			cutOut(n)
			return false
		}
		return n.Type != html.ElementNode || n.Data != "main" && n.Data != "article"
	})
	return body
}

// title is the page's <title>, or its first <h1> where that is missing or the title only adds the site's name to it.
func (p *page) title(content *html.Node) string {
	title, head := textOf(find(p.root, "title")), textOf(find(content, "h1"))
	if title == "" || head != "" && strings.HasPrefix(title, head) {
		title = head
	}
	return short(title, 250)
}

// clean takes out of the tree what is not the text, and makes its links and pictures ours.
func (p *page) clean(content *html.Node, title string) error {
	var err error
	brackets := 0
	each(content, func(n *html.Node) bool {
		switch {
		case n.Type == html.CommentNode:
			cutOut(n)
		case n.Type == html.TextNode:
			if brackets += strings.Count(n.Data, "["); brackets > maxBrackets {
				n.Data = round.Replace(n.Data)
			}
		case n.Type != html.ElementNode || err != nil:
		case n != content && p.foreign(n):
			cutOut(n)
			return false
		case n.Data == "h1" && textOf(n) == title:
			cutOut(n)
			return false
		case n.Data == "a":
			p.link(n)
		case n.Data == "img":
			p.picture(n)
		case n.Data == "table":
			err = calmTable(n)
		}
		return err == nil
	})
	return err
}

// round takes the place of brackets on a page that has thousands: each makes the converter look through all of the rest for its end.
var round = strings.NewReplacer("[", "(", "]", ")")

// foreign reports whether an element is no part of the text: a program, a menu, a form, or what readers are not shown.
func (p *page) foreign(n *html.Node) bool {
	hidden := slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "hidden" })
	return dropped[n.Data] || asideRole[strings.ToLower(attr(n, "role"))] || hidden || attr(n, "aria-hidden") == "true"
}

func cutOut(n *html.Node) {
	if n.Parent != nil {
		n.Parent.RemoveChild(n)
	}
}

// link keeps a link that leads somewhere a reader may go. One to a page that comes along becomes one to that article; any other way out
// of the folder, or a script, leaves only the words.
func (p *page) link(n *html.Node) {
	u, err := url.Parse(attr(n, "href"))
	to := ""
	switch {
	case err != nil:
	case u.Scheme == "https", u.Scheme == "http", u.Scheme == "mailto", u.Scheme == "tel":
		to = u.String()
	case u.Scheme != "" || u.Host != "":
	case strings.HasPrefix(u.Path, "/help/"):
		to = u.String()
	case u.Path != "":
		to = p.article(u.Path)
	}
	title := attr(n, "title")
	n.Attr = nil
	if to == "" {
		n.Data, n.DataAtom = "span", 0
		return
	}
	n.Attr = []html.Attribute{{Key: "href", Val: to}}
	if title != "" {
		n.Attr = append(n.Attr, html.Attribute{Key: "title", Val: title})
	}
}

// article is the address of the article that the page at a place, seen from this page, becomes; "" for any other place.
func (p *page) article(ref string) string {
	at := path.Join(path.Dir(p.name), ref)
	if strings.HasPrefix(ref, "/") {
		at = path.Clean(ref)[1:]
	}
	if !p.known[at] || !isHTML(at) {
		return ""
	}
	lang := langFromPath(at)
	if lang == "" {
		lang = p.own
	}
	return "/help/" + lang + "/" + pathID(at)
}

// picture keeps an image of this server, and of any other its description.
func (p *page) picture(n *html.Node) {
	alt := attr(n, "alt")
	if u, err := url.Parse(attr(n, "src")); err == nil && pictureAddress(u.String()) != "" {
		n.Attr = []html.Attribute{{Key: "src", Val: u.String()}, {Key: "alt", Val: alt}}
		return
	}
	if alt != "" && n.Parent != nil {
		n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " " + alt + " "}, n)
	}
	cutOut(n)
}

// calmTable makes a table one that Markdown has: no more cells than a reader will look at, and in each cell one line.
func calmTable(t *html.Node) error {
	rows, widest := 0, 0
	each(t, func(n *html.Node) bool {
		if n.Type != html.ElementNode {
			return true
		}
		switch n.Data {
		case "tr":
			rows++
			widest = max(widest, rowWidth(n))
		case "td", "th":
			rows += span(n, "rowspan") - 1
			flatten(n)
			return false
		}
		return true
	})
	if rows*max(1, widest) > maxCells {
		return refuse(fault.TooLong, "html_table", maxCells)
	}
	return nil
}

func rowWidth(tr *html.Node) (width int) {
	for c := tr.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && (c.Data == "td" || c.Data == "th") {
			width += span(c, "colspan")
		}
	}
	return width
}

// span is how many columns or rows a cell takes: at least one.
func span(n *html.Node, key string) int {
	i, err := strconv.Atoi(attr(n, key))
	if err != nil || i < 1 {
		return 1
	}
	return min(i, maxCells)
}

// flatten puts what stands in a cell on one line, with the blocks in it parted by spaces. Tables in tables become their words.
func flatten(cell *html.Node) {
	each(cell, func(n *html.Node) bool {
		if n != cell && n.Type == html.ElementNode && blocks[n.Data] {
			n.Data, n.DataAtom, n.Attr = "span", 0, nil
			if n.Parent != nil {
				n.Parent.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, n)
			}
		} else if n.Type == html.TextNode {
			n.Data = strings.NewReplacer("\n", " ", "\r", " ").Replace(n.Data)
		}
		return true
	})
}
