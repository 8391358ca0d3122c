package kb

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// ExportZip writes the newest text of every article into one zip archive, under the names that Export gives them, and returns how many
// there were. What was written before an error is not an archive.
func (l *Library) ExportZip(ctx context.Context, to io.Writer) (n int, err error) {
	z := zip.NewWriter(to)
	defer func() { err = errors.Join(err, z.Close()) }()
	taken := map[string]bool{}
	err = l.store.List(ctx, "", "", func(id string, _ uint64, a Article) error {
		name := a.Path
		if name == "" || !fs.ValidPath(name) || taken[name] {
			name = id + ".md"
		}
		taken[name] = true
		n++
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		_, err = f.Write(a.Markdown())
		return err
	})
	if err != nil {
		return n, fmt.Errorf("export articles: %w", err)
	}
	return n, nil
}
