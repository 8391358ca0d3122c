package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"balie/internal/chat"
)

// filling is a form on its way: the values so far and the field that is asked for.
type filling struct {
	form   chat.Form
	values map[string]string
	next   int
}

// offers reports that a value is among a field's options; a field without options takes anything.
func offers(f chat.Field, value string) bool {
	words := []string{value}
	if f.Multiple {
		words = strings.Split(value, ",")
	}
	for _, w := range words {
		if len(f.Options) > 0 && w != "" && !slices.ContainsFunc(f.Options, func(o chat.Option) bool { return o.Value == w }) {
			return false
		}
	}
	return true
}

// ask asks for the form's next field.
func (t *talk) ask() {
	f := t.form.form.Fields[t.form.next]
	text := f.Label
	if f.Hint != "" {
		text += " (" + f.Hint + ")"
	}
	if f.Value != "" {
		text += " [" + f.Value + "]"
	}
	if f.Error != "" {
		t.line("!", f.Error)
	}
	t.line("?", text)
	for i, o := range f.Options {
		t.line("", fmt.Sprintf("   %d %s", i+1, o.Label))
	}
}

// fill takes a line as the value of the field that is asked for. An empty line keeps what stands there; what is none of the options is said
// to the bot instead, as it could be beside a form on a page. It reports whether something has been sent.
func (t *talk) fill(line string) (bool, error) {
	f := t.form.form.Fields[t.form.next]
	value := strings.TrimSpace(line)
	if value == "" {
		value = f.Value
	}
	value = chosen(f, value)
	if !offers(f, value) {
		t.form = nil
		return true, t.send(true, map[string]any{"type": "say", "text": strings.TrimSpace(line)})
	}
	if value == "" && f.Required {
		t.ask()
		return false, nil
	}
	t.form.values[f.Name] = value
	if t.form.next++; t.form.next < len(t.form.form.Fields) {
		t.ask()
		return false, nil
	}
	done := t.form
	t.form = nil
	return true, t.send(true, map[string]any{"type": "submit", "form": done.form.ID, "values": done.values})
}

// chosen turns the numbers of options into their values; what is no number of an option stays.
func chosen(f chat.Field, typed string) string {
	if len(f.Options) == 0 {
		return typed
	}
	words := []string{typed}
	if f.Multiple {
		words = strings.Split(typed, ",")
	}
	for i, w := range words {
		words[i] = strings.TrimSpace(w)
		if n, err := strconv.Atoi(words[i]); err == nil && n >= 1 && n <= len(f.Options) {
			words[i] = f.Options[n-1].Value
		}
	}
	return strings.Join(words, ",")
}
