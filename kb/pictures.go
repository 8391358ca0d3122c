package kb

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/gif"  // how large a picture is
	_ "image/jpeg" // in each of the kinds
	_ "image/png"  // that can be measured
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"balie/internal/fault"
)

// PicturePath is where a page asks for the pictures of articles; behind it stands a picture's name.
const PicturePath = "/help/media/"

// Limits of one picture: its bytes, and the longest side that a browser on an old phone still opens.
const (
	MaxPicture = 2 << 20
	maxSide    = 8000
)

// Picture is a picture that articles show. It is known by its file name, wherever in a folder an article says that it stands.
type Picture struct {
	Type string    `json:"type"` // of the content, as image/png
	Data []byte    `json:"data"`
	Path string    `json:"path,omitempty"` // where it stood when it was imported
	By   string    `json:"by,omitempty"`
	At   time.Time `json:"at"`
}

// Pictures is where pictures are kept, by name.
type Pictures interface {
	Get(ctx context.Context, id string) (Picture, uint64, error)
	Put(ctx context.Context, id string, p Picture, rev uint64) (uint64, error)
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, p Picture) error) error
}

// pictureTypes are the kinds of pictures by the ending of their names. SVG is none of them: it may carry a program.
var pictureTypes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}

// PictureName returns the name by which a picture is known: the last part of its path or address, false when that is none.
func PictureName(file string) (string, bool) {
	if u, err := url.PathUnescape(file); err == nil {
		file = u
	}
	name := norm.NFC.String(path.Base(strings.ReplaceAll(file, `\`, "/")))
	_, known := pictureTypes[strings.ToLower(path.Ext(name))]
	return name, known && isPictureName(name)
}

// isPictureName holds for up to a hundred letters, digits, spaces and . _ ( ) -, a letter or digit first: a name stands in addresses and
// in folders.
func isPictureName(name string) bool {
	n := 0
	for i, r := range name {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if n++; n > 100 || !letter && (i == 0 || !strings.ContainsRune(" ._()-", r)) {
			return false
		}
	}
	return n > 0
}

// FreshName makes a name for a picture that somebody brings: that of their file, and a part of its content's sum, so that another
// picture with the same name is another picture, and the same one again is the same.
func FreshName(file string, data []byte) string {
	file = path.Base(strings.ReplaceAll(file, `\`, "/"))
	stem := strings.ToLower(strings.TrimSuffix(file, path.Ext(file)))
	stem = strings.Trim(strings.Join(strings.FieldsFunc(stem, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) || r > unicode.MaxLatin1 }), "-"), "-")
	if len(stem) > 60 {
		stem = strings.ToValidUTF8(stem[:60], "")
	}
	sum := sha256.Sum256(data)
	return cmp.Or(stem, "picture") + "-" + hex.EncodeToString(sum[:5]) + endingOf(http.DetectContentType(data))
}

func endingOf(kind string) string {
	for _, ext := range []string{".png", ".jpg", ".gif", ".webp"} {
		if pictureTypes[ext] == kind {
			return ext
		}
	}
	return ""
}

// NewPicture takes a picture in. What it is is read from its bytes, not from its name; what is no picture, is too large or says that it
// is wider than any screen is refused.
func NewPicture(name string, data []byte, by string, now time.Time) (Picture, error) {
	if len(data) > MaxPicture {
		return Picture{}, refuse(fault.TooLong, "picture_large", MaxPicture>>20)
	}
	kind := http.DetectContentType(data)
	if endingOf(kind) == "" || pictureTypes[strings.ToLower(path.Ext(name))] != kind {
		return Picture{}, refuse(fault.Invalid, "picture_kind")
	}
	if kind != "image/webp" {
		c, _, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			return Picture{}, because(err, fault.Invalid, "picture_broken")
		}
		if c.Width > maxSide || c.Height > maxSide {
			return Picture{}, refuse(fault.TooLong, "picture_wide", maxSide)
		}
	}
	return Picture{Type: kind, Data: data, By: by, At: now.UTC()}, nil
}

// KeepPicture keeps a picture under its name, in place of one with other bytes. It reports whether there was none of that name, and
// whether anything changed; with dry it only looks.
func KeepPicture(ctx context.Context, in Pictures, name string, p Picture, dry bool) (fresh, changed bool, err error) {
	old, rev, err := in.Get(ctx, name)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, false, fmt.Errorf("read picture %s: %w", name, err)
	}
	if fresh = err != nil; !fresh && bytes.Equal(old.Data, p.Data) {
		return false, false, nil
	}
	if dry {
		return fresh, true, nil
	}
	if _, err := in.Put(ctx, name, p, rev); err != nil {
		return false, false, fmt.Errorf("keep picture %s: %w", name, err)
	}
	return fresh, true, nil
}

// isPicture reports whether a file of this name is a picture.
func isPicture(p string) bool {
	_, ok := PictureName(p)
	return ok
}

// importPicture stores a picture when it differs from what is there. It is known by its name alone, so two of one name in one import
// must be the same.
func (l *Library) importPicture(ctx context.Context, file string, data []byte, seen map[string]string, rep *ImportReport, opt ImportOptions) error {
	name, _ := PictureName(file)
	key := mediaFolder + name
	sum := sha256.Sum256(data)
	p, err := NewPicture(name, data, opt.By, time.Now())
	if other, ok := seen[key]; err == nil && ok {
		if seen[key+"\x00sum"] == string(sum[:]) {
			rep.Same++
			return nil
		}
		err = refuse(fault.Invalid, "same_picture", file, other)
	}
	if err != nil {
		rep.Errors = append(rep.Errors, refusal(file, 0, err, opt))
		return nil
	}
	seen[key], seen[key+"\x00sum"] = file, string(sum[:])
	if p.Path = file; !fs.ValidPath(file) || len(file) > 400 {
		p.Path = ""
	}
	fresh, changed, err := KeepPicture(ctx, l.opt.Pictures, name, p, opt.DryRun)
	switch {
	case err != nil:
		return err
	case fresh:
		rep.New = append(rep.New, key)
	case changed:
		rep.Changed = append(rep.Changed, key)
	default:
		rep.Same++
	}
	return nil
}

// pictureAddress is where a page finds what an article calls dest; "" for a picture that does not stand here. An article says it as
// it stands in its folder, ../media/a.png, or in full, /help/media/a.png.
func pictureAddress(dest string) string {
	u, err := url.Parse(dest)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" {
		return ""
	}
	name, ok := PictureName(u.Path)
	if !ok {
		return ""
	}
	return PicturePath + url.PathEscape(name)
}
