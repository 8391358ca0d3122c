// Package config holds the settings of a Balie: one table, from which the flags, the environment, the file and
// docs/config.md all follow. A setting is a row in settings.go and a field in Config, and nothing else.
//
// Where a setting is given more than once, the nearest wins: default < file < environment < flag. A mistake is never
// passed over: an unknown key or a value that makes no sense stops the start, names the place and says what to write.
package config

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"balie/internal/fault"
)

// Config is what the house runs with: every value parsed and checked. Make one with Load.
type Config struct {
	Addr           string
	Data           string
	PublicURL      string // without a slash at the end; empty when only the requests know
	Demo           bool
	DemoPassword   Secret
	SiteSecret     Secret
	Sites          map[string][]string // site → origins that may embed its chat, besides our own
	SiteKeys       map[string]Secret   // site → shared secret, or the path of a PEM file with a public key
	Orders         string
	OrdersKey      Secret
	LLM            LLM
	Embed          Embed
	Postgres       Secret
	PostgresDirect Secret
	RateLimit      bool
	MaxConnections int
	Sessions       Sessions
	Desk           Desk
	SMTP           SMTP
	LogLevel       slog.Level
	LogFormat      string // "text" or "json"

	warnings []string
	values   []Value
}

// LLM is the language model that words answers. Without a URL there is none.
type LLM struct {
	URL        string
	Key        Secret
	Model      string
	FirstToken time.Duration
	Silence    time.Duration
	Total      time.Duration
}

// Embed is where sentence vectors come from. Without a URL there are none.
type Embed struct {
	URL           string
	Key           Secret
	Model         string
	Budget        time.Duration
	QueryPrefix   string // written before a question; some models want it
	PassagePrefix string // written before a passage
}

// Sessions says how long people stay known.
type Sessions struct {
	CustomerDays int
	Desk         time.Duration
}

// Desk holds the times of the queue.
type Desk struct {
	FirstAnswer time.Duration // promise: a person's first answer
	Reply       time.Duration // promise: every later answer
	Lease       time.Duration // an agent not heard for this long has left
	AnswerOffer time.Duration // a conversation assigned but not opened goes back after this
	IdleClose   time.Duration // a conversation nobody speaks in is closed
}

// SMTP is the outgoing mail server. Without an address, mail is not sent.
type SMTP struct {
	Addr     string
	User     string
	Password Secret
	From     string
	TLS      string // "starttls", "tls" or "none"
}

// Secret is a value that must not be seen. It prints as "(hidden)" whichever way it is printed; string(s) is the value.
type Secret string

const hidden = "(hidden)"

// String hides the value.
func (s Secret) String() string { return hidden }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return hidden }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Load reads the settings. Flags holds the values of those flags that were given, by the name of the setting; environ is
// as os.Environ gives it; file is the path of a YAML file, or empty: then BALIE_CONFIG names it, and if that is empty
// too there is none. An empty environment variable counts as not set. The error names every mistake at once, one a line,
// is of kind fault.Invalid, and shows no secret.
func Load(flags map[string]string, environ []string, file string) (Config, error) {
	env, warnings := fromEnviron(environ)
	if file == "" {
		file = env[fileName].text
	}
	delete(env, fileName)
	inFile, mistakes := fromFile(file)
	byFlag, unknown := fromFlags(flags)
	mistakes = append(mistakes, unknown...)

	c := Config{warnings: warnings}
	for _, s := range table {
		v := given{text: s.Default, origin: "default"}
		for _, source := range []map[string]given{inFile, env, byFlag} {
			if g, ok := source[s.Name]; ok {
				v = g
			}
		}
		if err := s.parse(&c, v.text); err != nil {
			mistakes = append(mistakes, s.complain(v, err))
		}
		c.values = append(c.values, s.shown(v))
	}
	if len(mistakes) == 0 {
		mistakes = together(c)
	}
	if len(mistakes) > 0 {
		return Config{}, fault.New(fault.Invalid, strings.Join(mistakes, "\n"))
	}
	return c, nil
}

// together checks what no single setting can know.
func together(c Config) (mistakes []string) {
	if c.SMTP.Addr != "" && c.SMTP.From == "" {
		mistakes = append(mistakes, "smtp_from: mail needs a sender; set smtp_from, for example service@winkel.example")
	}
	if c.LLM.Total < c.LLM.FirstToken {
		mistakes = append(mistakes, "llm_total: shorter than llm_first_token; make it longer")
	}
	if c.Desk.Lease >= c.Desk.IdleClose {
		mistakes = append(mistakes, "idle_close: must be longer than claim_lease")
	}
	return mistakes
}

// Warnings are settings that look misspelt but might be meant for somebody else: variables that begin with BALIE_.
func (c Config) Warnings() []string { return c.warnings }

// given is a value as somebody wrote it, and where.
type given struct{ text, origin string }

// complain words a mistake: what, why with its remedy, where.
func (s Setting) complain(v given, err error) string {
	return fmt.Sprintf("%s: %s (from %s)", s.Name, err, v.origin)
}
