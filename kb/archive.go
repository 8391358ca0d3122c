package kb

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"balie/internal/fault"
)

// importZip imports an archive of Markdown files and HTML pages. Names that point out of the archive, links, and archives that unpack to
// far more than they are, are refused.
func (l *Library) importZip(ctx context.Context, name string, opt ImportOptions) (ImportReport, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return ImportReport{}, because(err, fault.Invalid, "zip_broken")
	}
	defer z.Close()
	if len(z.File) > maxFiles {
		return ImportReport{}, refuse(fault.TooLong, "many_files", maxFiles)
	}
	var sources []source
	var refused []ImportRefuse
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if err := refuseEntry(f); err != nil {
			refused = append(refused, refusal(f.Name, 0, err, opt))
			continue
		}
		if l.takes(f.Name) && !hidden(f.Name) {
			sources = append(sources, source{name: f.Name, read: func() ([]byte, error) { return readEntry(f) }})
		}
	}
	return l.importAll(ctx, sources, refused, opt)
}

// hidden are the files that other programs put into archives.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || part == "__MACOSX" {
			return true
		}
	}
	return false
}

// refuseEntry says why an entry of an archive is not even opened, or nil.
func refuseEntry(f *zip.File) error {
	switch {
	case !fs.ValidPath(f.Name) || strings.Contains(f.Name, `\`) || path.IsAbs(f.Name):
		return refuse(fault.Invalid, "zip_outside")
	case f.Mode()&fs.ModeType != 0:
		return refuse(fault.Invalid, "zip_link")
	case isArticle(f.Name) && f.UncompressedSize64 > MaxArticle:
		return refuse(fault.TooLong, "too_large", MaxArticle)
	case isPicture(f.Name) && f.UncompressedSize64 > MaxPicture:
		return refuse(fault.TooLong, "picture_large", MaxPicture>>20)
	}
	return nil
}

// readEntry unpacks one entry, whatever its header says about its size.
func readEntry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, because(err, fault.Invalid, "cannot_unpack")
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, because(err, fault.Invalid, "cannot_unpack")
	}
	return data, nil
}

// importCSV imports a table with a row an article. The header names the columns as front matter does, and body; lists are
// parted by |. A column that front matter does not know is an error, because it would be lost.
func (l *Library) importCSV(ctx context.Context, name string, opt ImportOptions) (ImportReport, error) {
	f, err := os.Open(name)
	if err != nil {
		return ImportReport{}, fmt.Errorf("open table: %w", err)
	}
	defer f.Close()
	r := csv.NewReader(io.LimitReader(f, maxArchive))
	head, err := r.Read()
	if err != nil {
		return ImportReport{}, because(err, fault.Invalid, "csv_empty")
	}
	head[0] = strings.TrimPrefix(head[0], bom)
	if len(head) == 1 && strings.Contains(head[0], ";") {
		return ImportReport{}, refuse(fault.Invalid, "csv_semicolons")
	}
	for i, h := range head {
		head[i] = strings.ToLower(strings.TrimSpace(h))
		if !csvColumns[head[i]] {
			return ImportReport{}, refuse(fault.Invalid, "csv_column", short(h, 40))
		}
	}
	sources, refused, err := readTable(r, path.Base(name), head, opt)
	if err != nil {
		return ImportReport{}, err
	}
	return l.importAll(ctx, sources, refused, opt)
}

var csvColumns = setOf("id lang title questions tags synonyms updated review_by internal body")

func readTable(r *csv.Reader, name string, head []string, opt ImportOptions) (sources []source, refused []ImportRefuse, err error) {
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return sources, refused, nil
		}
		line, _ := r.FieldPos(0)
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			refused = append(refused, refusal(name, pe.StartLine, refuse(fault.Invalid, "csv_row", pe.Err.Error()), opt))
			if !errors.Is(err, csv.ErrFieldCount) {
				return sources, refused, nil // after a broken quote no row can be told from the next
			}
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read table: %w", err)
		}
		if len(sources) >= maxFiles {
			return nil, nil, refuse(fault.TooLong, "many_files", maxFiles)
		}
		md := rowMarkdown(head, row)
		sources = append(sources, source{name: name, line: line, read: func() ([]byte, error) { return md, nil }})
	}
}

// rowMarkdown writes a row of a table as the file that it would be in a folder.
func rowMarkdown(head, row []string) []byte {
	var a Article
	for i, h := range head {
		value := strings.TrimSpace(row[i])
		switch h {
		case "id":
			a.ID = value
		case "lang":
			a.Lang = value
		case "title":
			a.Title = value
		case "questions":
			a.Questions = splitList(value)
		case "tags":
			a.Tags = splitList(value)
		case "synonyms":
			a.Synonyms = splitList(value)
		case "updated":
			a.Updated = value
		case "review_by":
			a.ReviewBy = value
		case "internal":
			a.Internal = value == "1" || strings.EqualFold(value, "true") || strings.EqualFold(value, "yes") || strings.EqualFold(value, "ja")
		case "body":
			a.Body = "\n" + value + "\n"
		}
	}
	return a.Markdown()
}

func splitList(s string) []string {
	var out []string
	for item := range strings.SplitSeq(s, "|") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
