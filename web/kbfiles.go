package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"balie/handoff"
	"balie/internal/fault"
	"balie/kb"
)

// maxUploads bounds the files of one upload; a folder with more comes as a zip archive.
const maxUploads = 10_000

// kbImport takes files into the library: a multipart form of Markdown files or HTML pages with their folders as names, or one zip or CSV
// file. With dry it only says what would happen. An upload that was cut off is sent again; what is there already stays as it is. Words is
// the editor's language, for the reasons of what is refused.
func (s *Server) kbImport(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	lib := s.opt.Editors.Workshop.Library
	q := r.URL.Query()
	dir, err := os.MkdirTemp("", "balie-import-")
	if err != nil {
		return nil, fmt.Errorf("make folder for import: %w", err)
	}
	defer os.RemoveAll(dir)
	from, err := s.receive(r, dir)
	if err != nil {
		return nil, err
	}
	opt := kb.ImportOptions{DryRun: q.Get("dry") != "", Draft: q.Get("draft") != "", Lang: language(q.Get("lang")), By: p.Name, Why: clip(q.Get("why"), 1000),
		Words: wordsOf(r)}
	return s.slowly(w, r, func(progress func(done, total int)) (any, error) {
		opt.Progress = progress
		rep, err := lib.Import(r.Context(), from, opt)
		return rep, inWords(r, err)
	})
}

// wordsOf is the language in which an editor reads why a file is refused.
func wordsOf(r *http.Request) string {
	return language(cmp.Or(r.URL.Query().Get("words"), r.Header.Get("Accept-Language"), "en"))
}

// inWords says a refusal of the library's in the editor's language. What is a mistake of ours stays as it is.
func inWords(r *http.Request, err error) error {
	if err == nil || fault.KindOf(err) == fault.Internal {
		return err
	}
	return fault.Wrap(fault.KindOf(err), kb.InWords(err, wordsOf(r)), err)
}

// receive writes the files of an upload under dir and returns what to import: dir itself, or the one archive or table.
func (s *Server) receive(r *http.Request, dir string) (string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return "", fault.New(fault.Invalid, "Send the files as a multipart form.")
	}
	form, err := r.MultipartReader()
	if err != nil {
		return "", fault.Wrap(fault.Invalid, "The form cannot be read.", err)
	}
	root, err := os.OpenRoot(dir) // no name in the form can write outside of it
	if err != nil {
		return "", fmt.Errorf("open folder for import: %w", err)
	}
	defer root.Close()
	single := ""
	for n := 0; ; n++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", uploadFault(err)
		}
		if n >= maxUploads {
			return "", fault.Newf(fault.TooLong, "There are more than %d files. Send them as a zip archive.", maxUploads)
		}
		name, err := keepPart(root, part)
		if err != nil {
			return "", err
		}
		if ext := strings.ToLower(path.Ext(name)); ext == ".zip" || ext == ".csv" {
			single = name
		}
	}
	if single != "" {
		return filepath.Join(dir, filepath.FromSlash(single)), nil
	}
	return dir, nil
}

func uploadFault(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.New(fault.TooLong, "The upload is larger than 100 MB. Send a part at a time.")
	}
	return fault.Wrap(fault.Invalid, "The upload broke off. Send it again; what is there already is kept.", err)
}

// keepPart writes one file of the form. Its name may have folders: form names do, file names lose them on the way.
func keepPart(root *os.Root, part *multipart.Part) (string, error) {
	name := part.FormName()
	if path.Ext(name) == "" { // an ordinary form: the field is called "file", and the file has a name of its own
		name = part.FileName()
	}
	name = path.Clean("/" + strings.ReplaceAll(name, `\`, "/"))[1:]
	if name == "" || len(name) > 400 {
		return "", fault.New(fault.Invalid, "Each file of the form is named by its place in the folder.")
	}
	if d := path.Dir(name); d != "." {
		if err := root.MkdirAll(d, 0o700); err != nil {
			return "", fault.Wrap(fault.Invalid, "The name "+clip(name, 100)+" cannot be used.", err)
		}
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, "The name "+clip(name, 100)+" cannot be used.", err)
	}
	_, err = io.Copy(f, part)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", uploadFault(err)
	}
	return name, nil
}

// kbExport sends all articles as one zip archive.
func (s *Server) kbExport(w http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="articles.zip"`)
	if _, err := s.opt.Editors.Workshop.Library.ExportZip(r.Context(), w); err != nil {
		s.slog.Error("export breaks off", "err", err)
		panic(http.ErrAbortHandler) // the client sees the cut
	}
	return streamed, nil
}
