package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
)

const (
	prefix   = "BALIE_"
	fileName = "config" // BALIE_CONFIG names the file; it is no setting, since a file cannot name itself
	maxFile  = 1 << 20
)

// Env returns the environment variable of a setting.
func (s Setting) Env() string { return prefix + strings.ToUpper(s.Name) }

// Flag returns the flag of a setting, with its dashes.
func (s Setting) Flag() string { return "--" + strings.ReplaceAll(s.Name, "_", "-") }

// fromEnviron picks the settings out of the environment. A variable that begins with BALIE_ and is none is only warned
// about, if it looks misspelt: it may belong to another program.
func fromEnviron(environ []string) (values map[string]given, warnings []string) {
	values = map[string]given{}
	for _, e := range environ {
		variable, text, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(variable, prefix) || text == "" {
			continue
		}
		name := strings.ToLower(strings.TrimPrefix(variable, prefix))
		if _, ok := lookup(name); ok || name == fileName {
			values[name] = given{text: text, origin: "environment " + variable}
		} else if near := nearest(name, 2); near != "" {
			warnings = append(warnings, fmt.Sprintf("%s is not a setting; did you mean %s%s?", variable, prefix, strings.ToUpper(near)))
		}
	}
	sort.Strings(warnings)
	return values, warnings
}

// fromFlags takes the flags that were given.
func fromFlags(flags map[string]string) (values map[string]given, mistakes []string) {
	values = map[string]given{}
	for name, text := range flags {
		s, ok := lookup(strings.ReplaceAll(name, "-", "_"))
		if !ok {
			mistakes = append(mistakes, fmt.Sprintf("--%s: is not a setting%s", name, hint(name)))
			continue
		}
		values[s.Name] = given{text: text, origin: "flag " + s.Flag()}
	}
	sort.Strings(mistakes)
	return values, mistakes
}

// fromFile reads the YAML file at path; an empty path is an empty file. A key without a value counts as not set.
func fromFile(path string) (values map[string]given, mistakes []string) {
	if path == "" {
		return nil, nil
	}
	text, err := readFile(path)
	if err != nil {
		return nil, []string{fmt.Sprintf("config file %s: %s", path, err)}
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		// Without the source around it: that may hold a secret.
		return nil, []string{fmt.Sprintf("config file %s: is not a list of NAME: VALUE in YAML: %s", path, yaml.FormatError(err, false, false))}
	}
	values = map[string]given{}
	for key, v := range tree {
		where := fmt.Sprintf("%s:%d", path, lineOf(text, key))
		s, ok := lookup(key)
		switch {
		case !ok:
			mistakes = append(mistakes, fmt.Sprintf("%s: %s is not a setting%s", where, key, hint(key)))
		case v != nil:
			flat, err := flatten(v, s.Kind)
			if err != nil {
				mistakes = append(mistakes, fmt.Sprintf("%s: %s %s", where, key, err))
			}
			values[key] = given{text: flat, origin: "file " + where}
		}
	}
	sort.Strings(mistakes)
	return values, mistakes
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no such file; make it, or leave --config out")
	case err == nil && (!info.Mode().IsRegular() || info.Size() > maxFile):
		return nil, errors.New("is not a file of at most 1 MiB")
	case err != nil:
		return nil, err
	}
	return os.ReadFile(path)
}

// lineOf returns the line on which a top-level key stands, or 1 if it is written in an unusual way.
func lineOf(text []byte, key string) int {
	for i, l := range strings.Split(string(text), "\n") {
		if name, _, found := strings.Cut(l, ":"); found && strings.Trim(name, `"' `) == key {
			return i + 1
		}
	}
	return 1
}

// flatten writes a YAML value as the environment would: lists with commas, maps of sites with semicolons.
func flatten(v any, kind Kind) (string, error) {
	switch v := v.(type) {
	case string, bool, uint64, int64, float64:
		return fmt.Sprint(v), nil
	case map[string]any:
		if kind != Sites && kind != Keys {
			break
		}
		var parts []string
		for name, inner := range v {
			text, err := list(inner)
			if err != nil {
				return "", err
			}
			parts = append(parts, name+"="+text)
		}
		slices.Sort(parts)
		return strings.Join(parts, ";"), nil
	}
	return "", fmt.Errorf("has a value of the wrong shape; write one %s", kind)
}

// list flattens the value of one site: a scalar or a list of them.
func list(v any) (string, error) {
	many, ok := v.([]any)
	if !ok {
		many = []any{v}
	}
	words := make([]string, len(many))
	for i, one := range many {
		text, ok := one.(string)
		if !ok || strings.ContainsAny(text, ";,") {
			return "", errors.New("has a value that is no text, or holds a comma or semicolon; write text in quotes")
		}
		words[i] = text
	}
	return strings.Join(words, ","), nil
}

// hint suggests the setting that was probably meant.
func hint(name string) string {
	if near := nearest(strings.ReplaceAll(strings.ToLower(name), "-", "_"), 4); near != "" {
		return "; did you mean " + near + "?"
	}
	return "; docs/config.md lists them all"
}

// nearest returns the setting that takes the fewest changes to become, at most limit; "" if none.
func nearest(name string, limit int) string {
	best := ""
	for _, s := range table {
		if d := distance(name, s.Name); d <= limit && d < len(s.Name) {
			best, limit = s.Name, d-1
		}
	}
	return best
}

// distance counts the letters to insert, remove or change to turn a into b.
func distance(a, b string) int {
	if len(a) > 64 {
		a = a[:64]
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
