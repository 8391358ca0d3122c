package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"balie/cmd/balie/demo"
	"balie/handoff"
	"balie/internal/config"
	"balie/internal/fault"
	"balie/kb"
	"balie/web"
)

// seedID is the document that says how far the demo was put in.
const seedID = "demo"

// seed is the note that a data folder was filled with the demo. Password is the hash all demo people got, so that a new
// BALIE_DEMO_PASSWORD reaches those who still have it, and nobody who chose their own.
type seed struct {
	Begun    time.Time `json:"begun"`
	Done     time.Time `json:"done,omitzero"`
	Password string    `json:"password"`
}

// seeded is what a start of the demo did.
type seeded struct {
	now      bool   // the folder was filled by this start
	password string // made up now, to be shown once; "" when it was given or is known
	people   []string
}

// demoFile is the layout of the demo's people.yaml.
type demoFile struct {
	People []struct {
		Email     string   `yaml:"email"`
		Name      string   `yaml:"name"`
		Roles     []string `yaml:"roles"`
		Languages []string `yaml:"languages"`
		Team      string   `yaml:"team"`
	} `yaml:"people"`
	Teams []struct {
		ID    string            `yaml:"id"`
		Names map[string]string `yaml:"names"`
	} `yaml:"teams"`
	Timezone string              `yaml:"timezone"`
	Hours    map[string][]string `yaml:"hours"`
	Holidays []string            `yaml:"holidays"`
}

// seedDemo fills an empty data folder with the demo shop. A folder that has people or articles of its own is left alone, and so is one
// that was filled before, except that a newly set demo password reaches the demo people who still have the old one. A start that
// was cut off in the middle is finished by the next.
func seedDemo(ctx context.Context, d *data, cfg config.Config, log *slog.Logger) (seeded, error) {
	var file demoFile
	if err := yaml.Unmarshal(demo.People, &file); err != nil {
		return seeded{}, fmt.Errorf("read the demo's people: %w", err)
	}
	var out seeded
	for _, p := range file.People {
		out.people = append(out.people, p.Email)
	}
	s, rev, err := d.seeds.Get(ctx, seedID)
	switch {
	case fault.Is(err, fault.NotFound):
		if empty, err := d.isEmpty(ctx); err != nil {
			return out, err
		} else if !empty {
			log.Warn("the data folder has people or articles of its own, so the demo's are not added", "data", d.dir)
			return seeded{}, nil
		}
	case err != nil:
		return out, fmt.Errorf("read how far the demo is: %w", err)
	case !s.Done.IsZero():
		return out, renewPassword(ctx, d, file, s, rev, string(cfg.DemoPassword))
	}
	out.now = true
	password := string(cfg.DemoPassword)
	if password == "" {
		password = rand.Text()[:12]
		out.password = password
	}
	s = seed{Begun: time.Now(), Password: web.HashGiven(password)}
	if rev, err = d.seeds.Put(ctx, seedID, s, rev); err != nil {
		return out, fmt.Errorf("note that the demo is begun: %w", err)
	}
	if err := fill(ctx, d, file, s.Password); err != nil {
		return out, err
	}
	s.Done = time.Now()
	if _, err := d.seeds.Put(ctx, seedID, s, rev); err != nil {
		return out, fmt.Errorf("note that the demo is done: %w", err)
	}
	return out, nil
}

func (d *data) isEmpty(ctx context.Context) (bool, error) {
	empty := true
	stop := fmt.Errorf("enough seen")
	for _, list := range []func() error{
		func() error {
			return d.people.List(ctx, "", "", func(string, uint64, handoff.Person) error { empty = false; return stop })
		},
		func() error {
			return d.articles.List(ctx, "", "", func(string, uint64, kb.Article) error { empty = false; return stop })
		},
	} {
		if err := list(); err != nil && err != stop {
			return false, fmt.Errorf("look whether the data folder is empty: %w", err)
		}
	}
	return empty, nil
}

// fill writes the demo's people, desk and articles. Orders need no filling: the demo order system reads its file at first use.
func fill(ctx context.Context, d *data, file demoFile, hash string) error {
	for _, p := range file.People {
		id, _, _ := strings.Cut(p.Email, "@")
		person := handoff.Person{ID: id, Email: p.Email, Name: p.Name, Roles: p.Roles, Langs: p.Languages, Team: p.Team, Password: hash}
		_, rev, err := d.people.Get(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("read %s: %w", id, err)
		}
		if _, err := d.people.Put(ctx, id, person, rev); err != nil {
			return fmt.Errorf("add %s: %w", id, err)
		}
	}
	if err := d.desk.Set(ctx, deskID, file.settings()); err != nil {
		return fmt.Errorf("set the desk up: %w", err)
	}
	articles, err := fs.Sub(demo.Library, "library")
	if err != nil {
		return fmt.Errorf("open the demo's articles: %w", err)
	}
	report, err := d.library.ImportFS(ctx, articles, kb.ImportOptions{By: "demo", Why: "the demo shop's help centre"})
	if err != nil {
		return fmt.Errorf("import the demo's articles: %w", err)
	}
	if len(report.Errors) > 0 {
		return fmt.Errorf("import the demo's article %s: %s", report.Errors[0].File, report.Errors[0].Reason)
	}
	return nil
}

func (f demoFile) settings() handoff.Settings {
	s := handoff.DefaultSettings()
	s.Hours = handoff.Hours{Zone: f.Timezone, Week: map[string][2]string{}, Holidays: f.Holidays}
	for day, span := range f.Hours {
		if len(span) == 2 {
			s.Hours.Week[day] = [2]string{span[0], span[1]}
		}
	}
	for _, t := range f.Teams {
		s.Teams = append(s.Teams, handoff.Team{ID: t.ID, Name: cmp.Or(t.Names["nl"], t.ID)})
	}
	return s
}

// renewPassword gives the demo people who still have the seeded password the one that is set now.
func renewPassword(ctx context.Context, d *data, file demoFile, s seed, rev uint64, password string) error {
	if password == "" || web.CheckPassword(s.Password, password) {
		return nil
	}
	old := s.Password
	s.Password = web.HashGiven(password)
	for _, p := range file.People {
		id, _, _ := strings.Cut(p.Email, "@")
		person, rev, err := d.people.Get(ctx, id)
		if fault.Is(err, fault.NotFound) || (err == nil && person.Password != old) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", id, err)
		}
		person.Password = s.Password
		if _, err := d.people.Put(ctx, id, person, rev); err != nil {
			return fmt.Errorf("give %s the demo's password: %w", id, err)
		}
	}
	if _, err := d.seeds.Put(ctx, seedID, s, rev); err != nil {
		return fmt.Errorf("note the demo's password: %w", err)
	}
	return nil
}
