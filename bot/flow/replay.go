package flow

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"balie/internal/chat"
)

// A transcript is a conversation as a text file that anybody can write. It is played from top to bottom on a fresh house:
//
//	# a remark
//	! wait 26h                      something about the world; what a Stage understands
//	> Waar is mijn pakket?          the customer says this
//	> [Versturen]                   … presses the newest button with this label
//	> {city=Utrecht; number=14}     … sends the open form with these values
//	< Wat is uw bestelnummer?       the bot answers this; the next lines of one message begin with two blanks
//	  [Ja] [Nee]                    … with these buttons
//	  {order, postcode}             … this form
//	  | Bezorgadres: old → new      … these rows on its card
//	  (retour)                      … quoting this article
//	= return_items done             an act moved, a person was fetched, who it is was proven
//
// What the customer and the world do is given; the rest is what must come of it. Replay writes it anew, so a transcript is right when
// replaying it changes nothing. Receipt numbers are written as R-0000-0000, acts as a-0.

// Stage is where a transcript is played: a house with one conversation.
type Stage interface {
	Say(text string)
	Press(label string) error
	Submit(values map[string]string) error
	// Do carries out what stands behind "!", and returns lines to show for it.
	Do(command string) ([]string, error)
	// New returns the events that were added since it was last called.
	New() []chat.Event
}

// maxTranscript bounds a transcript, in bytes.
const maxTranscript = 256 << 10

// Replay plays a transcript and returns it as it should be. The error names the line that cannot be played; then what was
// played so far is returned.
func Replay(script []byte, s Stage) ([]byte, error) {
	if len(script) > maxTranscript {
		return nil, fmt.Errorf("the transcript is larger than %d KB", maxTranscript>>10)
	}
	var out bytes.Buffer
	s.New() // what was there before the first line
	n := 0
	for line := range strings.Lines(string(script)) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.ContainsRune("#!>", rune(line[0])) {
			continue // what came of it the last time
		}
		out.WriteString(line + "\n")
		if err := play(&out, line, s); err != nil {
			return out.Bytes(), fmt.Errorf("line %d: %w", n, err)
		}
	}
	return out.Bytes(), nil
}

func play(out *bytes.Buffer, line string, s Stage) error {
	what, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case what == "!":
		shown, err := s.Do(rest)
		if err != nil {
			return err
		}
		for _, l := range shown {
			out.WriteString("= " + l + "\n")
		}
	case what != ">":
		return nil
	case strings.HasPrefix(rest, "[") && strings.HasSuffix(rest, "]"):
		if err := s.Press(rest[1 : len(rest)-1]); err != nil {
			return err
		}
	case strings.HasPrefix(rest, "{") && strings.HasSuffix(rest, "}"):
		values := map[string]string{}
		for pair := range strings.SplitSeq(rest[1:len(rest)-1], ";") {
			name, value, _ := strings.Cut(pair, "=")
			values[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
		if err := s.Submit(values); err != nil {
			return err
		}
	default:
		s.Say(rest)
	}
	for _, e := range s.New() {
		show(out, e)
	}
	return nil
}

var receiptForm, actForm = regexp.MustCompile(`R-[0-9A-Z]{4}-[0-9A-Z]{4}`), regexp.MustCompile(`\ba-[0-9a-z]{16}\b`)

// show writes what an event adds to a transcript; nothing for what has no bearing on customers.
func show(out *bytes.Buffer, e chat.Event) {
	switch b := e.Body.(type) {
	case *chat.Message:
		if e.By.Role == chat.RoleBot {
			showMessage(out, b)
		}
	case *chat.OwnerChanged:
		fmt.Fprintf(out, "= %s: %s\n", b.To, b.Reason)
		if b.Note != "" {
			fmt.Fprintf(out, "= note: %s\n", actForm.ReplaceAllString(strings.Join(strings.Fields(b.Note), " "), "a-0"))
		}
	case *chat.Identified:
		fmt.Fprintf(out, "= identified: %s\n", b.Level)
	case *chat.CodeMoved:
		fmt.Fprintf(out, "= code: %s\n", b.State)
	case *chat.LanguageSet:
		fmt.Fprintf(out, "= language: %s\n", b.Lang)
	case *chat.Sign:
		fmt.Fprintf(out, "= sign: %s\n", b.Name)
	case *chat.FlowMoved:
		if b.State != chat.FlowAt {
			fmt.Fprintf(out, "= flow %s: %s\n", b.Flow, b.State)
		}
	case *chat.ActionMoved:
		if b.State != chat.ActionExecuting {
			fmt.Fprintf(out, "= %s: %s %s\n", b.Name, b.State, b.Reason)
		}
	}
}

func showMessage(out *bytes.Buffer, m *chat.Message) {
	text := receiptForm.ReplaceAllString(strings.TrimRight(m.Text, "\n"), "R-0000-0000")
	out.WriteString("< " + strings.ReplaceAll(text, "\n", "\n  ") + "\n")
	if m.Card != nil {
		fmt.Fprintf(out, "  | %s\n", m.Card.Title)
		for _, row := range m.Card.Rows {
			before := ""
			if row.Before != "" {
				before = row.Before + " → "
			}
			fmt.Fprintf(out, "  | %s: %s%s\n", row.Label, before, row.After)
		}
	}
	if m.Form != nil {
		var names []string
		for _, f := range m.Form.Fields {
			name := f.Name
			if f.Value != "" {
				name += "=" + f.Value
			}
			if f.Error != "" {
				name += " (" + f.Error + ")"
			}
			names = append(names, name)
		}
		fmt.Fprintf(out, "  {%s}\n", strings.Join(names, ", "))
	}
	var buttons, sources []string
	for _, b := range m.Buttons {
		buttons = append(buttons, "["+b.Label+"]")
	}
	if len(buttons) > 0 {
		out.WriteString("  " + strings.Join(buttons, " ") + "\n")
	}
	for _, s := range m.Sources {
		sources = append(sources, "("+s.Article+")")
	}
	if len(sources) > 0 {
		out.WriteString("  " + strings.Join(sources, " ") + "\n")
	}
}
