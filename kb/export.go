package kb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
)

// Export writes the newest text of every article into dir as Markdown, where it stood when it was imported, else as
// lang/id.md, and returns how many there were. Files that are already there are replaced; others are left alone.
func (l *Library) Export(ctx context.Context, dir string) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	root, err := os.OpenRoot(dir) // nothing an article says can write outside of it
	if err != nil {
		return 0, fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	n, taken := 0, map[string]bool{}
	err = l.store.List(ctx, "", "", func(id string, _ uint64, a Article) error {
		name := a.Path
		if name == "" || !fs.ValidPath(name) || taken[name] {
			name = id + ".md"
		}
		taken[name] = true
		n++
		return writeRoot(root, name, a.Markdown())
	})
	if err != nil {
		return n, fmt.Errorf("export articles: %w", err)
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
