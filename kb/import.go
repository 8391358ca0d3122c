package kb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"balie/internal/fault"
)

// Limits on one import: what a folder or archive may hold.
const (
	maxFiles   = 50_000
	maxArchive = 512 << 20 // bytes of text, unpacked
)

// ImportOptions say how an import is done.
type ImportOptions struct {
	DryRun   bool                  // only say what would happen
	Draft    bool                  // leave the articles unpublished; else they are published
	Lang     string                // for articles that do not say their language and do not stand in a folder named after one
	By       string                // who imports, kept with each revision
	Why      string                // and why
	Words    string                // the language of the reasons in the report, nl or en; "" means en
	Progress func(done, total int) // called after each article, from the importing goroutine
}

// ImportReport is what an import did, or with DryRun would do. A picture goes by media/ and its name.
type ImportReport struct {
	New     []string       `json:"new"`     // keys
	Changed []string       `json:"changed"` // keys
	Same    int            `json:"same"`
	Errors  []ImportRefuse `json:"errors"`
}

// ImportRefuse is a file that was not imported. The other files of the import were.
type ImportRefuse struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"` // of a CSV file
	Code   string `json:"code"`           // see Reason
	Args   []any  `json:"args,omitempty"`
	Reason string `json:"reason"` // the same in words
}

// refusal puts an error into words for the report.
func refusal(file string, line int, err error, opt ImportOptions) ImportRefuse {
	out := ImportRefuse{File: file, Line: line, Code: string(fault.KindOf(err)), Reason: InWords(err, opt.Words)}
	var r *Reason
	if errors.As(err, &r) {
		out.Code, out.Args = r.Code, r.Args
	}
	return out
}

// source is one article to import: where it came from, and how to read it.
type source struct {
	name  string
	line  int
	read  func() ([]byte, error)
	known map[string]bool // of an HTML page: the names of all that come with it, which it may link to
}

// Import reads articles from a folder of Markdown files or HTML pages, a zip archive of one, a CSV file, or a single file. A
// file that cannot be imported is refused with the reason and does not stop the rest. An article that is already there
// with the same text is left alone, so an import that was cut off can simply be done again.
func (l *Library) Import(ctx context.Context, name string, opt ImportOptions) (ImportReport, error) {
	info, err := os.Stat(name)
	if err != nil {
		return ImportReport{}, because(err, fault.NotFound, "no_such_file")
	}
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case info.IsDir():
		root, err := os.OpenRoot(name) // a link out of the folder is refused by the root itself
		if err != nil {
			return ImportReport{}, fmt.Errorf("open folder: %w", err)
		}
		defer root.Close()
		return l.ImportFS(ctx, root.FS(), opt)
	case ext == ".zip":
		return l.importZip(ctx, name, opt)
	case ext == ".csv":
		return l.importCSV(ctx, name, opt)
	case ext == ".md" || ext == ".markdown" || isHTML(name):
		one := source{name: filepath.Base(name), read: func() ([]byte, error) { return readFile(os.Open(name)) }}
		return l.importAll(ctx, []source{one}, nil, opt)
	}
	return ImportReport{}, refuse(fault.Invalid, "no_such_kind")
}

// ImportFS is Import for a file system, such as one that is built into the program.
func (l *Library) ImportFS(ctx context.Context, fsys fs.FS, opt ImportOptions) (ImportReport, error) {
	var sources []source
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir // .git and its like
		}
		if d.IsDir() || !l.takes(p) {
			return nil
		}
		if len(sources) >= maxFiles {
			return refuse(fault.TooLong, "many_files", maxFiles)
		}
		sources = append(sources, source{name: p, read: func() ([]byte, error) { return readFile(fsys.Open(p)) }})
		return nil
	})
	if err != nil {
		return ImportReport{}, fmt.Errorf("list files: %w", err)
	}
	return l.importAll(ctx, sources, nil, opt)
}

// takes reports whether a file of this name is imported: an article, or a picture where there is a place for them.
func (l *Library) takes(p string) bool { return isArticle(p) || l.opt.Pictures != nil && isPicture(p) }

// isArticle reports whether a file of this name is taken.
func isArticle(p string) bool {
	ext := strings.ToLower(path.Ext(p))
	return (ext == ".md" || ext == ".markdown") && !strings.EqualFold(path.Base(p), "README.md") || isHTML(p)
}

// maxFile is how many bytes are read of a file: one more than anything may have, so that what is larger is refused by its size.
const maxFile = max(MaxArticle, MaxPicture) + 1

// readFile reads at most maxFile bytes.
func readFile(f fs.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}

// importAll imports the sources in order, after the refusals that were already found.
func (l *Library) importAll(ctx context.Context, sources []source, refused []ImportRefuse, opt ImportOptions) (ImportReport, error) {
	rep := ImportReport{New: []string{}, Changed: []string{}, Errors: append([]ImportRefuse{}, refused...)}
	seen, known := map[string]string{}, map[string]bool{}
	for _, s := range sources {
		known[s.name] = true
	}
	total := 0
	for i, s := range sources {
		if err := ctx.Err(); err != nil {
			return rep, err
		}
		s.known = known
		size, err := l.importOne(ctx, s, seen, &rep, opt)
		if err != nil {
			return rep, err
		}
		if total += size; total > maxArchive {
			return rep, refuse(fault.TooLong, "much_text", maxArchive>>20)
		}
		if opt.Progress != nil {
			opt.Progress(i+1, len(sources))
		}
	}
	if !opt.DryRun {
		l.Poke()
	}
	return rep, nil
}

// importOne imports one source. The error it returns is the store's, which ends the import; what is wrong with the source
// goes into the report.
func (l *Library) importOne(ctx context.Context, s source, seen map[string]string, rep *ImportReport, opt ImportOptions) (int, error) {
	no := func(err error) { rep.Errors = append(rep.Errors, refusal(s.name, s.line, err, opt)) }
	raw, err := s.read()
	if err != nil {
		no(unreadable(err))
		return 0, nil
	}
	if s.line == 0 && isPicture(s.name) {
		return len(raw), l.importPicture(ctx, s.name, raw, seen, rep, opt)
	}
	a, err := s.article(raw, opt)
	if err != nil {
		no(err)
		return len(raw), nil
	}
	key := Key(a.Lang, a.ID)
	if other, ok := seen[key]; ok {
		no(refuse(fault.Invalid, "same_id", a.ID, a.Lang, other))
		return len(raw), nil
	}
	seen[key] = s.where()
	return len(raw), l.importArticle(ctx, key, a, rep, opt)
}

// unreadable says of a file what kept it from being read.
func unreadable(err error) error {
	var r *Reason
	switch {
	case errors.As(err, &r):
		return err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return because(err, fault.Invalid, "cannot_open")
	}
	return because(err, fault.Invalid, "cannot_read")
}

// article reads a source as what its name says it is.
func (s source) article(raw []byte, opt ImportOptions) (a Article, err error) {
	if s.line == 0 && isHTML(s.name) {
		a, err = parseHTML(raw, s.name, opt.Lang, s.known)
	} else if a, err = Parse(raw); err == nil {
		err = a.place(s, opt)
	}
	return a, err
}

func (s source) where() string {
	if s.line > 0 {
		return fmt.Sprintf("%s line %d", s.name, s.line)
	}
	return s.name
}

// place gives an article what its file's place says: an id from the name, a language from the folder. It returns why the
// article cannot be kept, or nil.
func (a *Article) place(s source, opt ImportOptions) error {
	if s.line == 0 {
		a.Path = s.name
		if a.ID == "" {
			a.ID = idFromPath(s.name)
		}
		if a.Lang == "" {
			a.Lang = langFromPath(s.name)
		}
	}
	if a.Lang == "" {
		a.Lang = opt.Lang
	}
	switch {
	case !validID(a.ID):
		return refuse(fault.Invalid, "no_id")
	case !validLang(a.Lang):
		return refuse(fault.Invalid, "no_lang")
	case a.Title == "":
		return refuse(fault.Invalid, "no_title")
	case len(a.Path) > 400:
		return refuse(fault.Invalid, "name_long")
	}
	return nil
}

// idFromPath makes an id of a file's name: its letters, digits, dots and dashes, without the language.
func idFromPath(p string) string {
	name := path.Base(p)
	name = strings.TrimSuffix(name, path.Ext(name))
	if ext := path.Ext(name); len(ext) == 3 && validLang(ext[1:]) {
		name = strings.TrimSuffix(name, ext)
	}
	return slug(name)
}

// slug is a name as a part of an id: its words, parted by dashes.
func slug(name string) string {
	var b strings.Builder
	for _, t := range tokenize(name) {
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(t.word)
	}
	return b.String()
}

// langFromPath finds a language in a file's place: nl/retour.md or retour.nl.md.
func langFromPath(p string) string {
	name := strings.TrimSuffix(path.Base(p), path.Ext(p))
	if ext := path.Ext(name); len(ext) == 3 && validLang(ext[1:]) {
		return ext[1:]
	}
	dirs := strings.Split(path.Dir(p), "/")
	slices.Reverse(dirs)
	for _, d := range dirs {
		if len(d) == 2 && validLang(d) {
			return d
		}
	}
	return ""
}

// importArticle stores an article when its text differs from what is there.
func (l *Library) importArticle(ctx context.Context, key string, a Article, rep *ImportReport, opt ImportOptions) error {
	old, rev, err := l.store.Get(ctx, key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("read article %s: %w", key, err)
	}
	found := err == nil
	if found && bytes.Equal(old.Markdown(), a.Markdown()) && (opt.Draft || old.State == Published) {
		rep.Same++
		return nil
	}
	next := old
	next.ID, next.Lang, next.Path, next.By, next.Why = a.ID, a.Lang, a.Path, opt.By, opt.Why
	if public, ok := old.Public(); ok && opt.Draft {
		next.Live = &public
	} else {
		next.Live = nil
	}
	next.Content, next.State = a.Content, Published
	if opt.Draft {
		next.State = Draft
	}
	if found {
		rep.Changed = append(rep.Changed, key)
	} else {
		rep.New = append(rep.New, key)
	}
	if opt.DryRun {
		return nil
	}
	if _, err := l.store.Put(ctx, key, next, rev); err != nil {
		return fmt.Errorf("store article %s: %w", key, err)
	}
	return nil
}
