package bot_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"balie/bot/bottest"
	"balie/internal/chat"
)

// TestTalk plays the lines of the file in BALIE_TALK and prints what happens: for trying things out.
func TestTalk(t *testing.T) {
	file := os.Getenv("BALIE_TALK")
	if file == "" {
		t.Skip("skipped: set BALIE_TALK to a file with a customer's lines")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	h := bottest.Open(t, bottest.Options{})
	k := h.Begin("nl")
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
			continue
		case strings.HasPrefix(line, "---"):
			k = h.Begin(strings.TrimSpace(strings.Trim(line, "-")))
			fmt.Println("\n=================", line)
			continue
		case strings.HasPrefix(line, "["):
			if err := k.Press(strings.Trim(line, "[]")); err != nil {
				t.Error(err)
			}
		default:
			k.Say(line)
		}
		for _, e := range k.New() {
			switch b := e.Body.(type) {
			case *chat.Message:
				fmt.Printf("%3d %-8s %s", e.Seq, e.By.Role, strings.ReplaceAll(b.Text, "\n", "\n             "))
				if b.Act != "" {
					fmt.Printf("  <%s/%s>", b.Policy, b.Act)
				}
				for _, x := range b.Buttons {
					fmt.Printf(" [%s]", x.Label)
				}
				if b.Form != nil {
					fmt.Printf(" {form %d}", len(b.Form.Fields))
				}
				if b.Card != nil {
					fmt.Printf(" CARD %v", b.Card)
				}
				for _, s := range b.Sources {
					fmt.Printf(" (%s#%s)", s.Article, s.Section)
				}
				fmt.Println()
			case *chat.SlotSet:
				fmt.Printf("    . slot %s=%s\n", b.Name, b.Value)
			case *chat.FlowMoved:
				fmt.Printf("    . flow %s %s %s wait=%s\n", b.Flow, b.State, b.Step, b.Wait)
			case *chat.ActionMoved:
				fmt.Printf("    . action %s %s %s\n", b.Name, b.State, b.Reason)
			case *chat.OwnerChanged:
				fmt.Printf("    . owner %s %s %q\n", b.To, b.Reason, b.Note)
			case *chat.Sign:
				fmt.Printf("    . sign %s %d\n", b.Name, b.Points)
			case *chat.Identified:
				fmt.Printf("    . identified %s %s\n", b.ID, b.Level)
			}
		}
	}
}
