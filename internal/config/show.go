package config

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
)

// Value is a setting as `balie config print` shows it: never a secret.
type Value struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // default, file PATH:LINE, environment NAME or flag --name
}

// Values returns every setting with where it came from, in the order of the table.
func (c Config) Values() []Value { return append([]Value(nil), c.values...) }

// Print writes Values as aligned columns.
func (c Config) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range c.values {
		fmt.Fprintf(t, "%s\t%s\t%s\n", v.Name, v.Value, v.Origin) // errors come out of Flush
	}
	return t.Flush()
}

// shown is v without its secret: all of it, or the password inside an address.
func (s Setting) shown(v given) Value {
	text := v.text
	switch {
	case text == "":
		text = "(empty)"
	case s.Secret:
		text = hidden
	default:
		if u, err := url.Parse(text); err == nil && u.User != nil {
			text = u.Redacted()
		}
	}
	return Value{Name: s.Name, Value: text, Origin: v.origin}
}

// Markdown returns docs/config.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Settings

<!-- Made from the table in internal/config/settings.go; go test ./internal/config -update writes it again. -->

Where a setting is given more than once, the nearest wins: default < file < environment < flag. The file is YAML, named
by ` + "`--config FILE` or `BALIE_CONFIG`" + `; it holds ` + "`name: value`" + ` lines. An empty variable counts as not set. A key or flag
that is not in this table, or a value that makes no sense, stops the start and says what to write.
` + "`balie config print`" + ` shows every value and where it came from, secrets hidden.

| name | variable | flag | kind | default | what it does |
|---|---|---|---|---|---|
`)
	for _, s := range table {
		kind, def := string(s.Kind), "`"+s.Default+"`"
		if s.Secret {
			kind += ", secret"
		}
		if s.Default == "" {
			def = ""
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %s | %s | %s |\n", s.Name, s.Env(), s.Flag(), kind, def, s.Help)
	}
	b.WriteString(example)
	return b.String()
}

const example = `
An example:

` + "```yaml" + `
addr: 0.0.0.0:8080
data: /var/lib/balie
public_url: https://balie.winkel.example
sites:
  winkel: [https://winkel.example, https://www.winkel.example]
orders: https://orders.winkel.example/api
llm_url: http://localhost:11434/v1
llm_model: small
` + "```" + `

In a variable, sites are written on one line: ` + "`BALIE_SITES='winkel=https://winkel.example,https://www.winkel.example;b=https://b.example'`" + `.
Keep secrets out of the file where others can read it: variables are meant for them.
`
