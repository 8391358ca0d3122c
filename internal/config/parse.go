package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parse puts v into its field of c. Its errors say what to write instead, and never repeat a secret.
func (s Setting) parse(c *Config, v string) error {
	err := s.fill(s.field(c), v)
	if err == nil && s.check != nil && (v != "" || s.Default != "") {
		err = s.check(v)
	}
	if err != nil && !s.Secret {
		return fmt.Errorf("%q %w", v, err)
	}
	return err
}

// fill parses v by the type of the field.
func (s Setting) fill(field any, v string) (err error) {
	switch f := field.(type) {
	case *string:
		if *f = v; s.Kind == Web && v != "" {
			*f, err = strings.TrimRight(v, "/"), webURL(v)
		}
	case *Secret:
		*f = Secret(v)
	case *int:
		if *f, err = strconv.Atoi(v); err != nil {
			return errors.New("is not a whole number; write digits only")
		}
	case *bool:
		*f, err = onOff(v)
	case *time.Duration:
		if *f, err = time.ParseDuration(v); err != nil {
			return errors.New("is not a duration; write a number with a unit, such as 500ms, 30s, 5m or 2h")
		}
	case *slog.Level:
		if err := oneOf("debug", "info", "warn", "error")(v); err != nil {
			return err
		}
		return f.UnmarshalText([]byte(v))
	case *map[string][]string:
		*f, err = sites(v)
	case *map[string]Secret:
		*f, err = keys(v)
	default:
		panic("config: a field of an unknown type for " + s.Name)
	}
	return err
}

func onOff(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "on", "true", "yes", "1":
		return true, nil
	case "off", "false", "no", "0":
		return false, nil
	}
	return false, errors.New("is neither on nor off; write on or off")
}

var siteName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// perSite splits name=value;name=value.
func perSite(v string) (map[string]string, error) {
	out := map[string]string{}
	for part := range strings.SplitSeq(v, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, found := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); !found || !siteName.MatchString(name) {
			return nil, errors.New("is not a list of sites; write name=value;name=value, names in small letters, digits and dashes")
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("names the site %s twice; write it once", name)
		}
		out[name] = strings.TrimSpace(value)
	}
	return out, nil
}

// sites parses origins per site, in the form in which browsers send them.
func sites(v string) (map[string][]string, error) {
	parts, err := perSite(v)
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for name, list := range parts {
		out[name] = []string{}
		for origin := range strings.SplitSeq(list, ",") {
			if origin = strings.TrimRight(strings.TrimSpace(origin), "/"); origin == "" {
				continue
			}
			u, err := url.Parse(origin)
			if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Path+u.RawQuery+u.Fragment != "" {
				return nil, fmt.Errorf("has %q for %s, which is no origin; write https://winkel.example, without a path", origin, name)
			}
			out[name] = append(out[name], strings.ToLower(origin))
		}
	}
	return out, nil
}

func keys(v string) (map[string]Secret, error) {
	parts, err := perSite(v)
	if err != nil {
		return nil, err
	}
	out := map[string]Secret{}
	for name, key := range parts {
		if key == "" {
			return nil, fmt.Errorf("has no key for %s; write one, or leave the site out", name)
		}
		out[name] = Secret(key)
	}
	return out, nil
}

func hostPort(v string) error {
	_, port, err := net.SplitHostPort(v)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		return errors.New("is not HOST:PORT; write for example 127.0.0.1:8080, or :8080 for every address")
	}
	return nil
}

func webURL(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("is not a web address; write it whole, for example https://balie.winkel.example")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("has a query or fragment; leave out what follows the path")
	}
	return nil
}

// orderSystem accepts a path or a web address; anything else with a scheme is a slip of the pen.
func orderSystem(v string) error {
	if strings.Contains(v, "://") {
		return webURL(v)
	}
	return nil
}

func postgresURL(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("is not a PostgreSQL address; write postgres://user:password@host/database")
	}
	return nil
}

func mailbox(v string) error {
	if _, err := mail.ParseAddress(v); err != nil {
		return errors.New("is not a mail address; write for example Winkel <service@winkel.example>")
	}
	return nil
}

func filled(v string) error {
	if strings.TrimSpace(v) == "" {
		return errors.New("is empty; write a value, or leave the setting out")
	}
	return nil
}

func oneOf(words ...string) func(string) error {
	return func(v string) error {
		if slices.Contains(words, v) {
			return nil
		}
		return fmt.Errorf("is not known; write one of %s", strings.Join(words, ", "))
	}
}

func from(low, high int) func(string) error {
	return func(v string) error {
		if n, err := strconv.Atoi(v); err != nil || n < low || n > high {
			return fmt.Errorf("is out of range; write a number from %d to %d", low, high)
		}
		return nil
	}
}

func between(low, high string) func(string) error {
	least, err1 := time.ParseDuration(low)
	most, err2 := time.ParseDuration(high)
	if err1 != nil || err2 != nil {
		panic("config: a bound that is no duration")
	}
	return func(v string) error {
		if d, err := time.ParseDuration(v); err != nil || d < least || d > most {
			return fmt.Errorf("is out of range; write a duration from %s to %s", low, high)
		}
		return nil
	}
}
