package web

import (
	"bytes"
	"mime/multipart"
	"os"
	"path/filepath"
	"testing"
)

// A field called "file", as an ordinary form sends it, has its file's own name; a field named by its place keeps that; none leads outside.
func TestUploadsHaveNames(t *testing.T) {
	for _, tt := range []struct{ field, file, want string }{
		{"file", "help.zip", "help.zip"},
		{"nl/retour.md", "x", "nl/retour.md"},
		{"file", `..\..\retour.md`, "retour.md"},
		{"../../../retour.md", "x", "retour.md"},
		{"/etc/retour.md", "x", "etc/retour.md"},
	} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		if _, err := form.CreateFormFile(tt.field, tt.file); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		part, err := multipart.NewReader(&body, form.Boundary()).NextPart()
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := keepPart(root, part)
		if err != nil || got != tt.want {
			t.Errorf("field %q, file %q: %q, %v; want %q", tt.field, tt.file, got, err, tt.want)
		}
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(tt.want))); err != nil {
			t.Errorf("field %q, file %q: %v", tt.field, tt.file, err)
		}
		if err := root.Close(); err != nil {
			t.Error(err)
		}
	}
}
