package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"balie/internal/config"
)

// command is one thing to do. Its fields are its flags and arguments.
type command interface {
	run(ctx context.Context, env *env) error
}

// env is what every command is given: its settings, its streams, and where to log.
type env struct {
	stdio
	cfg  config.Config
	json bool
	log  *slog.Logger
}

// grammar is the whole command line.
type grammar struct {
	JSON bool `help:"Print results as JSON." name:"json"`

	Serve serveCmd `cmd:"" help:"Serve the chat, the desk and the help centre."`
	Chat  chatCmd  `cmd:"" help:"Talk to the bot in this terminal."`
	KB    struct {
		Import importCmd `cmd:"" help:"Bring articles in: a folder, a .zip or .csv file, one .md file."`
		Export exportCmd `cmd:"" help:"Write all articles as Markdown files."`
		Search searchCmd `cmd:"" help:"Ask the library a question."`
		Test   testCmd   `cmd:"" help:"Ask every article its own questions, and tell which miss."`
	} `cmd:"" name:"kb" help:"The library: articles and search."`
	Flow struct {
		Check  flowCheckCmd  `cmd:"" help:"Look for mistakes in flows."`
		Replay flowReplayCmd `cmd:"" help:"Play transcripts and compare."`
	} `cmd:"" help:"The self-service flows."`
	User struct {
		Add      userAddCmd      `cmd:"" help:"Let somebody sign in at the desk."`
		List     userListCmd     `cmd:"" help:"Show who can sign in."`
		Disable  userDisableCmd  `cmd:"" help:"Keep somebody out; what they did stays."`
		Password userPasswordCmd `cmd:"" help:"Give somebody a new password."`
	} `cmd:"" help:"The people who sign in."`
	Config struct {
		Print configPrintCmd `cmd:"" help:"Show every setting and where it came from."`
	} `cmd:"" help:"The settings."`
	Replay     replayCmd     `cmd:"" help:"Ask the bot past questions again: which answers change."`
	Doctor     doctorCmd     `cmd:"" help:"Look whether everything that is needed is there."`
	Backup     backupCmd     `cmd:"" help:"Copy the data into one file, while the server runs."`
	Restore    restoreCmd    `cmd:"" help:"Fill a data folder from a backup."`
	Export     exportDataCmd `cmd:"" help:"Write everything into files of JSON lines."`
	Import     importDataCmd `cmd:"" help:"Fill a store from such files: how data moves to PostgreSQL and back."`
	Verify     verifyCmd     `cmd:"" help:"Fold every conversation again and compare."`
	Understand understandCmd `cmd:"" help:"Show what the ear makes of a text."`
	Eval       struct {
		Intents evalIntentsCmd `cmd:"" help:"Measure the ear on labelled sentences."`
		Search  evalSearchCmd  `cmd:"" help:"Measure the search on questions with known answers."`
	} `cmd:"" help:"Measure against labelled data."`
	Bench     benchCmd     `cmd:"" help:"Measure this program on this machine, beside floors."`
	CheckFile checkFileCmd `cmd:"" hidden:"" help:"Check a data file; run by restore in a process of its own."`
}

// parse reads the command line. A nil command with a nil error means that there is nothing left to do: help was asked for.
func parse(args, environ []string, io stdio) (command, *env, error) {
	var g grammar
	settings, given := settingFlags(len(args) > 0 && args[0] == "serve")
	asked := false
	parser, err := kong.New(&g, kong.Name("balie"), kong.Embed(settings),
		kong.Description("A self-service desk for website chat: a bot answers and acts where it can, a person takes over where it can't.\n\nTry it: balie serve --demo"),
		kong.Writers(io.out, io.err), kong.Exit(func(int) { asked = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}))
	if err != nil {
		return nil, nil, fmt.Errorf("make the command line: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	called, err := parser.Parse(args)
	if asked {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, misuse("%s\nSee balie %s--help.", err, commandOf(err))
	}
	flags, file := given()
	cfg, err := config.Load(flags, environ, file)
	if err != nil {
		return nil, nil, misuse("the settings are not right:\n%s", err)
	}
	e := &env{stdio: io, cfg: cfg, json: g.JSON, log: logger(cfg, io)}
	for _, w := range cfg.Warnings() {
		e.log.Warn(w)
	}
	return called.Selected().Target.Addr().Interface().(command), e, nil
}

// commandOf names the command that a mistake was made in, for pointing at its help.
func commandOf(err error) (out string) {
	var mistake *kong.ParseError
	if !errors.As(err, &mistake) {
		return ""
	}
	for _, p := range mistake.Context.Path {
		if p.Command != nil {
			out += p.Command.Name + " "
		}
	}
	return out
}

func logger(cfg config.Config, io stdio) *slog.Logger {
	opt := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(io.err, opt))
	}
	return slog.New(slog.NewTextHandler(io.err, opt))
}

// onOff is a switch that may be written alone, or with a word: --demo, --rate-limit=off.
type onOff string

// IsBool says that the value may be left out.
func (*onOff) IsBool() bool { return true }

// Decode reads the word, if there is one.
func (s *onOff) Decode(ctx *kong.DecodeContext) error {
	*s = "on"
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		*s = onOff(ctx.Scan.Pop().String())
	}
	return nil
}

// settingFlags makes a flag of every row in the table of settings, and a function that says which were given. Every command takes
// them all; the help of all but serve shows the few that matter everywhere.
func settingFlags(all bool) (any, func() (map[string]string, string)) {
	fields := []reflect.StructField{{Name: "Config_file", Type: reflect.TypeFor[string](),
		Tag: `name:"config" help:"YAML file with settings." placeholder:"FILE" group:"Settings:"`}}
	for _, s := range config.Settings() {
		typ := reflect.TypeFor[*string]()
		if s.Kind == config.Switch {
			typ = reflect.TypeFor[onOff]()
		}
		tag := fmt.Sprintf(`name:%q help:%q placeholder:%q group:"Settings:"`, strings.TrimPrefix(s.Flag(), "--"), helpOf(s), placeholder(s))
		if !all && s.Name != "data" {
			tag += ` hidden:""`
		}
		fields = append(fields, reflect.StructField{Name: "S_" + s.Name, Type: typ, Tag: reflect.StructTag(tag)})
	}
	v := reflect.New(reflect.StructOf(fields))
	return v.Interface(), func() (map[string]string, string) {
		flags := map[string]string{}
		for i, s := range config.Settings() {
			switch f := v.Elem().Field(i + 1).Interface().(type) {
			case *string:
				if f != nil {
					flags[s.Name] = *f
				}
			case onOff:
				if f != "" {
					flags[s.Name] = string(f)
				}
			}
		}
		return flags, v.Elem().Field(0).String()
	}
}

// helpOf is a setting's line in the help, with its default.
func helpOf(s config.Setting) string {
	text := strings.ToUpper(s.Help[:1]) + s.Help[1:]
	if s.Default != "" && s.Kind != config.Switch {
		text += " (" + s.Default + ")"
	}
	return strings.NewReplacer(`"`, "'", "${", "$").Replace(text)
}

func placeholder(s config.Setting) string {
	switch {
	case s.Name == "addr":
		return "HOST:PORT"
	case s.Name == "data":
		return "DIR"
	case s.Kind == config.Number:
		return "N"
	case s.Kind == config.Length:
		return "TIME"
	case s.Kind == config.Web:
		return "URL"
	}
	return "TEXT"
}

// onTerminal reports whether people look at what is written to w.
func onTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// example is the last paragraph of a command's help.
func example(lines ...string) string {
	return "\n\nFor example:\n\n  " + strings.Join(lines, "\n  ")
}
