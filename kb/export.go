package kb

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// Export writes the newest text of every article into dir as Markdown, where it stood when it was imported, else as
// lang/id.md, with the pictures beside them, and returns how many articles there were. Files that are already there are
// replaced; others are left alone.
func (l *Library) Export(ctx context.Context, dir string) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	root, err := os.OpenRoot(dir) // nothing an article says can write outside of it
	if err != nil {
		return 0, fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	return l.export(ctx, func(name string, data []byte) error { return writeRoot(root, name, data) })
}

// ExportZip writes what Export would into one zip archive, and returns how many articles there were. What was written before an
// error is not an archive.
func (l *Library) ExportZip(ctx context.Context, to io.Writer) (n int, err error) {
	z := zip.NewWriter(to)
	defer func() { err = errors.Join(err, z.Close()) }()
	return l.export(ctx, func(name string, data []byte) error {
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	})
}

// mediaFolder is where pictures stand that were not imported from anywhere.
const mediaFolder = "media/"

// export gives every article and every picture to write, each under a name of its own, and returns how many articles there were.
func (l *Library) export(ctx context.Context, write func(name string, data []byte) error) (n int, err error) {
	taken := map[string]bool{}
	place := func(from, otherwise string) string {
		if from == "" || !fs.ValidPath(from) || taken[from] {
			from = otherwise
		}
		taken[from] = true
		return from
	}
	err = l.store.List(ctx, "", "", func(id string, _ uint64, a Article) error {
		n++
		return write(place(a.Path, id+".md"), a.Markdown())
	})
	if err != nil {
		return n, fmt.Errorf("export articles: %w", err)
	}
	if l.opt.Pictures == nil {
		return n, nil
	}
	err = l.opt.Pictures.List(ctx, "", "", func(id string, _ uint64, p Picture) error {
		return write(place(p.Path, mediaFolder+id), p.Data)
	})
	if err != nil {
		return n, fmt.Errorf("export pictures: %w", err)
	}
	return n, nil
}

func writeRoot(root *os.Root, name string, data []byte) error {
	if d := path.Dir(name); d != "." {
		if err := root.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
