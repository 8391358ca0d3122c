package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the repository, seen from this folder.
const root = "../.."

// floors are the rooms of the house, by how high they lie: imports point down and never sideways. A room is a folder with all below it;
// the longest name that fits counts.
var floors = map[string]int{
	"internal/fault":  0,
	"internal/chat":   1,
	"internal/config": 1, // knows nothing of conversations, and only the front door knows it
	"internal/relay":  2, "internal/action": 2, "kb": 2,
	"bot": 3, "handoff": 3,
	"web": 4, "internal/store": 4, "internal/model": 4, "internal/connector": 4, "internal/mail": 4, "internal/metrics": 4,
	"cmd/balie": 6,

	"bot/texts":            0, // words only
	"cmd/balie/demo":       0, // what the demo shop is made of: files only
	"bot/bottest":          5, // a whole house for tests of the bot
	"internal/browsertest": 4, // drives browsers in tests
}

// sideways are the agreed exceptions.
var sideways = map[[2]string]string{
	{"internal/action", "internal/relay"}: "the ledger is a worker of the mail room",
}

// libraries says in which rooms a library lives. A library that is not here has no room yet.
var libraries = map[string][]string{
	"github.com/JohannesKaufmann/":       {"kb"},
	"github.com/alecthomas/kong":         {"cmd/balie"},
	"github.com/blevesearch/":            {"kb"},
	"github.com/chromedp/":               {"internal/browsertest"},
	"github.com/evanw/esbuild":           {"web/build", "web/ui"},
	"github.com/goccy/go-yaml":           {"internal/config", "kb", "bot/flow", "cmd/balie"}, // a format, not a technology
	"github.com/golang-jwt/jwt":          {"web"},
	"github.com/google/go-cmp":           {},
	"github.com/gorilla/websocket":       {"web", "cmd/balie/bench"}, // bench measures against the bare library
	"github.com/jackc/pgx":               {"internal/store/postgres"},
	"github.com/microcosm-cc/bluemonday": {"kb"},
	"github.com/nyaruka/phonenumbers":    {"bot/nlu"},
	"github.com/pressly/goose":           {"internal/store/postgres"},
	"github.com/prometheus/":             {"internal/metrics"},
	"github.com/rogpeppe/go-internal":    {},
	"github.com/sashabaranov/go-openai":  {"internal/model/openai"},
	"github.com/wneessen/go-mail":        {"internal/mail"},
	"github.com/yuin/goldmark":           {"kb"},
	"go.etcd.io/bbolt":                   {"internal/store/bolt", "cmd/balie/bench"},
	"golang.org/x/crypto":                {"web"},
	"golang.org/x/net/html":              {"kb"},
	"golang.org/x/term":                  {"cmd/balie"},
	"golang.org/x/text":                  {"bot/nlu", "kb"},
}

// inTests may be used by any test: some libraries are there for nothing else.
var inTests = []string{"github.com/chromedp/", "github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "github.com/goccy/go-yaml", "github.com/evanw/esbuild",
	"github.com/gorilla/websocket", "go.etcd.io/bbolt"}

// roomOf returns the room that a folder of the repository belongs to; "" for none.
func roomOf(folder string) string {
	for f := folder; f != "." && f != "/"; f = path.Dir(f) {
		if _, ok := floors[f]; ok {
			return f
		}
	}
	return ""
}

// breaks says which rule an import breaks; "" for none.
func breaks(folder, imported string, test bool) string {
	if own, ok := strings.CutPrefix(imported, "balie/"); ok {
		from, to := roomOf(folder), roomOf(own)
		switch {
		case from == "":
			return folder + " is in no room: give it one in floors"
		case to == "":
			return imported + " is in no room: give it one in floors"
		case test, from == to, strings.HasPrefix(to+"/", from+"/"), floors[to] < floors[from], sideways[[2]string{from, to}] != "":
			return ""
		}
		return folder + " may not import " + imported + ": imports point down and never sideways"
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // the standard library
	}
	if test && slices.ContainsFunc(inTests, func(l string) bool { return strings.HasPrefix(imported, l) }) {
		return ""
	}
	for library, rooms := range libraries {
		if !strings.HasPrefix(imported, library) {
			continue
		}
		if slices.ContainsFunc(rooms, func(r string) bool { return strings.HasPrefix(folder+"/", r+"/") }) {
			return ""
		}
		return folder + " may not import " + imported + ": it lives in " + strings.Join(rooms, ", ") + " only"
	}
	return folder + " imports " + imported + ", which has no room: give it one in libraries"
}

func TestImportsKeepToTheRooms(t *testing.T) {
	files := 0
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "node_modules" || e.Name() == ".git" || e.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		for _, i := range parsed.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if why := breaks(filepath.ToSlash(rel), imported, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s: %s", filepath.Base(file), why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Fatalf("only %d Go files were found below %s", files, root)
	}
}

func TestTheRulesRefuse(t *testing.T) {
	for _, tt := range []struct {
		folder, imported string
		test, wrong      bool
	}{
		{"bot", "balie/handoff", false, true},
		{"handoff", "balie/bot", false, true},
		{"internal/chat", "balie/internal/relay", false, true},
		{"kb", "balie/internal/relay", false, true},
		{"kb", "balie/internal/store/bolt", false, true},
		{"kb", "balie/internal/store/bolt", true, false},
		{"web", "balie/internal/store/bolt", false, true},
		{"internal/connector/demo", "balie/internal/store/document", false, true},
		{"handoff", "github.com/gorilla/websocket", false, true},
		{"internal/relay", "go.etcd.io/bbolt", false, true},
		{"web", "github.com/example/new", false, true},
		{"nowhere", "balie/kb", false, true},
		{"web", "balie/handoff", false, false},
		{"web/visitor", "github.com/gorilla/websocket", false, false},
		{"bot", "balie/bot/nlu", false, false},
		{"cmd/balie", "balie/web", false, false},
		{"kb", "strings", false, false},
	} {
		if why := breaks(tt.folder, tt.imported, tt.test); (why != "") != tt.wrong {
			t.Errorf("%s importing %s (test %t): %q", tt.folder, tt.imported, tt.test, why)
		}
	}
}

// TestNoFileNamesThisMachine keeps paths of whoever wrote a file out of it: they mean nothing to anybody else.
func TestNoFileNamesThisMachine(t *testing.T) {
	list := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	// Put together here, so that this file does not hold them itself.
	banned := []string{"/" + "work/", "." + "library/", "/" + "root/", "/" + "tmp/h/"}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // removed and not committed yet
		}
		for _, b := range banned {
			if i := bytes.Index(text, []byte(b)); i >= 0 && (i == 0 || !isWord(text[i-1])) {
				t.Errorf("%s:%d names %s", name, bytes.Count(text[:i], []byte("\n"))+1, b)
			}
		}
	}
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '.' || b == '-'
}
