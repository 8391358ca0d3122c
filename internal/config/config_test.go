package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"balie/internal/fault"
)

var update = flag.Bool("update", false, "write docs/config.md again")

const doc = "../../docs/config.md"

func TestDocIsTheTable(t *testing.T) {
	if *update {
		if err := os.WriteFile(doc, []byte(Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(doc)
	if err != nil || string(got) != Markdown() {
		t.Errorf("docs/config.md is not what the table says (%v); run go test ./internal/config -update", err)
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "balie.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	c, err := Load(nil, []string{"HOME=/x", "BALIE_LLM_URL=", "BALIE_"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.Demo || !c.RateLimit || c.LLM.FirstToken != 8*time.Second || c.LogLevel != slog.LevelInfo ||
		c.LLM.URL != "" || c.MaxConnections != 20000 || c.Desk.Lease != 30*time.Second {
		t.Errorf("%+v", c)
	}
	for _, v := range c.Values() {
		if v.Origin != "default" {
			t.Errorf("%s comes from %s", v.Name, v.Origin)
		}
	}
}

func TestNearestWins(t *testing.T) {
	path := file(t, "addr: :1\ndata: file\nlog_level: warn\nsession_days: 7\ndemo: yes\n")
	env := []string{"BALIE_CONFIG=" + path, "BALIE_ADDR=:2", "BALIE_DATA=env", "BALIE_RATE_LIMIT=off"}
	c, err := Load(map[string]string{"addr": ":3", "max-connections": "99"}, env, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != ":3" || c.Data != "env" || c.LogLevel != slog.LevelWarn || c.Sessions.CustomerDays != 7 || !c.Demo || c.RateLimit || c.MaxConnections != 99 {
		t.Errorf("%+v", c)
	}
	want := map[string]string{
		"addr": "flag --addr", "data": "environment BALIE_DATA", "log_level": "file " + path + ":3", "smtp_tls": "default",
		"max_connections": "flag --max-connections",
	}
	for _, v := range c.Values() {
		if w, ok := want[v.Name]; ok && v.Origin != w {
			t.Errorf("%s comes from %q, want %q", v.Name, v.Origin, w)
		}
	}
}

func TestSites(t *testing.T) {
	want := map[string][]string{"a": {"https://a.example", "http://localhost:3000"}, "b": {}}
	path := file(t, "sites:\n  a: [https://A.example/, 'http://localhost:3000']\n  b: []\nsite_keys: {a: sleutel}\n")
	fromFile, err := Load(nil, nil, path)
	if err != nil {
		t.Fatal(err)
	}
	fromEnv, err := Load(nil, []string{"BALIE_SITES=a=https://A.example/, http://localhost:3000; b="}, "")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromFile.Sites, want) || !reflect.DeepEqual(fromEnv.Sites, want) || string(fromFile.SiteKeys["a"]) != "sleutel" {
		t.Errorf("file %v, environment %v, keys %q", fromFile.Sites, fromEnv.Sites, string(fromFile.SiteKeys["a"]))
	}
}

func TestAddressesLoseTheirSlash(t *testing.T) {
	c, err := Load(nil, []string{"BALIE_LLM_URL=http://llm.example/v1/"}, "")
	if err != nil || c.LLM.URL != "http://llm.example/v1" {
		t.Errorf("%q, %v", c.LLM.URL, err)
	}
}

func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		flags map[string]string
		env   string
		file  string
		want  []string // each somewhere in the error
	}{
		"unknown key":      {file: "adrr: x\n", want: []string{"balie.yaml:1", "adrr is not a setting", "did you mean addr?"}},
		"nothing like it":  {file: "data: d\nquite_another_thing: x\n", want: []string{"balie.yaml:2", "docs/config.md"}},
		"unknown flag":     {flags: map[string]string{"sesion-days": "3"}, want: []string{"--sesion-days", "did you mean session_days?"}},
		"no port":          {env: "BALIE_ADDR=localhost", want: []string{`addr: "localhost"`, "HOST:PORT", "BALIE_ADDR"}},
		"port too high":    {env: "BALIE_ADDR=:70000", want: []string{"HOST:PORT"}},
		"no switch":        {env: "BALIE_RATE_LIMIT=maybe", want: []string{"write on or off"}},
		"no number":        {file: "session_days: veel\n", want: []string{"digits only", "balie.yaml:1"}},
		"out of range":     {env: "BALIE_SESSION_DAYS=0", want: []string{"from 1 to 400"}},
		"no unit":          {env: "BALIE_CLAIM_LEASE=30", want: []string{"write a number with a unit"}},
		"too long a time":  {env: "BALIE_LLM_SILENCE=1h", want: []string{"from 100ms to 5m"}},
		"no level":         {env: "BALIE_LOG_LEVEL=loud", want: []string{"debug, info, warn, error"}},
		"no address":       {env: "BALIE_LLM_URL=localhost:11434", want: []string{"web address"}},
		"other scheme":     {env: "BALIE_ORDERS=ftp://x/y", want: []string{"web address"}},
		"origin with path": {env: "BALIE_SITES=a=https://a.example/shop", want: []string{"no origin", "without a path"}},
		"bad site":         {env: "BALIE_SITES=Winkel 1=https://a.example", want: []string{"small letters"}},
		"site twice":       {env: "BALIE_SITES=a=;a=", want: []string{"twice"}},
		"no sender":        {env: "BALIE_SMTP_ADDR=mail.example:587", want: []string{"smtp_from"}},
		"bad sender":       {env: "BALIE_SMTP_FROM=nobody", want: []string{"mail address"}},
		"empty folder":     {flags: map[string]string{"data": ""}, want: []string{"data", "is empty"}},
		"list for one":     {file: "addr: [a, b]\n", want: []string{"wrong shape", "balie.yaml:1"}},
		"no yaml":          {file: "addr: [unclosed\n", want: []string{"is not a list of NAME: VALUE"}},
		"yaml of a list":   {file: "- addr\n", want: []string{"is not a list of NAME: VALUE"}},
		"key twice":        {file: "data: a\ndata: b\n", want: []string{"balie.yaml", "data"}},
		"several at once":  {file: "adrr: x\nsession_days: 0\n", want: []string{"adrr", "session_days"}},
		"total too short":  {env: "BALIE_LLM_TOTAL=1s", want: []string{"llm_total"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := ""
			if c.file != "" {
				path = file(t, c.file)
			}
			got, err := Load(c.flags, []string{c.env}, path)
			if !fault.Is(err, fault.Invalid) || got.Addr != "" {
				t.Fatalf("want a mistake, got %v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in: %v", w, err)
				}
			}
		})
	}
	if _, err := Load(nil, nil, filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Load(nil, nil, t.TempDir()); err == nil {
		t.Error("a folder is no file")
	}
}

func TestSecretsStayHidden(t *testing.T) {
	const secret = "geheim-1234"
	env := []string{
		"BALIE_LLM_KEY=" + secret, "BALIE_SITE_KEYS=a=" + secret, "BALIE_POSTGRES=postgres://u:" + secret + "@db/balie",
		"BALIE_ORDERS=https://u:" + secret + "@orders.example",
	}
	c, err := Load(nil, env, "")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := c.Print(&b); err != nil || !strings.Contains(b.String(), "llm_key") {
		t.Fatalf("%v: %s", err, b.String())
	}
	values, _ := json.Marshal(c.Values())
	keys, _ := json.Marshal(c.LLM)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "key", c.LLM.Key, "llm", c.LLM)
	for _, shown := range []string{
		b.String(), string(values), string(keys), fmt.Sprintf("%v %+v %#v %s %q", c.LLM, c.LLM, c.LLM, c.Postgres, c.SiteKeys),
	} {
		if strings.Contains(shown, secret) {
			t.Errorf("a secret is shown: %s", shown)
		}
	}
	if string(c.LLM.Key) != secret {
		t.Error("the secret itself is lost")
	}
	for _, env := range []string{"BALIE_POSTGRES=mysql://" + secret, "BALIE_SITE_KEYS=" + secret} {
		if _, err := Load(nil, []string{env}, ""); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("want a mistake without the secret, got %v", err)
		}
	}
	for _, text := range []string{"llm_key: [" + secret + "\n", "llm_key: " + secret + "\nllm_key: " + secret + "\n", "llm_key: \"" + secret + "\n"} {
		if _, err := Load(nil, nil, file(t, text)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("want a mistake without the secret, got %v", err)
		}
	}
}

func TestWarnings(t *testing.T) {
	c, err := Load(nil, []string{"BALIE_ADRR=:1", "BALIE_EVAL_DATA=x", "BALIE_CLOCK=x"}, "")
	if err != nil || len(c.Warnings()) != 1 || !strings.Contains(c.Warnings()[0], "did you mean BALIE_ADDR?") {
		t.Errorf("%q, %v", c.Warnings(), err)
	}
}

// TestTable keeps the rows true to their fields: no field without a row, no default that its own check refuses.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	fields := map[any]bool{}
	var c Config
	for _, s := range Settings() {
		if seen[s.Name] || s.Help == "" || s.Name != strings.ToLower(s.Name) {
			t.Errorf("%q: named twice, not in small letters or without help", s.Name)
		}
		f := s.field(&c)
		_, isSecret := f.(*Secret)
		_, isKeys := f.(*map[string]Secret)
		if fields[f] || s.Secret != (isSecret || isKeys) {
			t.Errorf("%s: its field is another row's, or is not as secret as the row", s.Name)
		}
		seen[s.Name], fields[f] = true, true
	}
	if n := leaves(reflect.TypeFor[Config]()); n != len(fields) {
		t.Errorf("Config has %d fields, the table %d rows", n, len(fields))
	}
}

func leaves(t reflect.Type) (n int) {
	for f := range t.Fields() {
		switch {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Struct:
			n += leaves(f.Type)
		default:
			n++
		}
	}
	return n
}

func FuzzFile(f *testing.F) {
	for _, s := range []string{"addr: :1\n", "sites: {a: [x]}", "a: &a [*a]\n", "? [x]\n: y\n", "1: 2\n", "addr: !!binary x\n"} {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "f.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(nil, nil, path); err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%v", err)
		}
	})
}
