package kb

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"balie/internal/fault"
)

var verb = regexp.MustCompile(`%[a-z]`)

// TestReasonsAreInBothLanguages also looks that each code is used, and that both languages have the same blanks.
func TestReasonsAreInBothLanguages(t *testing.T) {
	var source strings.Builder
	for _, f := range []string{"front.go", "import.go", "archive.go", "html.go", "htmltree.go", "pictures.go"} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	for code, words := range reasons {
		nl, en := words["nl"], words["en"]
		if nl == "" || en == "" || nl == en || strings.Join(verb.FindAllString(nl, -1), " ") != strings.Join(verb.FindAllString(en, -1), " ") {
			t.Errorf("%s: %q and %q", code, nl, en)
		}
		if !strings.Contains(source.String(), `"`+code+`"`) {
			t.Errorf("nobody refuses for %s", code)
		}
	}
	for _, m := range regexp.MustCompile(`(?:refuse\(fault\.\w+|because\(err, fault\.\w+), "(\w+)"`).FindAllStringSubmatch(source.String(), -1) {
		if reasons[m[1]] == nil {
			t.Errorf("%s has no words", m[1])
		}
	}
}

func TestInWords(t *testing.T) {
	err := because(errors.New("EOF"), fault.TooLong, "many_files", 7)
	if !fault.Is(err, fault.TooLong) || fault.Text(err) != "There are more than 7 files. Import a part at a time." || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("%v", err)
	}
	if got := InWords(err, "nl"); got != "Er zijn meer dan 7 bestanden. Haal ze in delen binnen." {
		t.Errorf("in Dutch: %q", got)
	}
	if got := InWords(fault.New(fault.Invalid, "No."), "nl"); got != "No." {
		t.Errorf("without a reason: %q", got)
	}
}
