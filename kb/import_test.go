package kb_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"balie/internal/fault"
	"balie/kb"
)

// lib is a folder as a company keeps it in git: comments, odd spacing, Windows line ends, a byte order mark.
var folder = fstest.MapFS{
	"nl/retour.md":      {Data: []byte(shopNL)},
	"nl/adres.md":       {Data: []byte("\ufeff---\r\n# Sanne keeps this\r\nid:   adres\r\ntitle: \"Bezorgadres\"\r\n---\r\n\r\nTekst.\r\n")},
	"over-ons.en.md":    {Data: []byte("# About us\n\nWe sell bicycles.\n")},
	"README.md":         {Data: []byte("not an article")},
	"nl/plaatje.png":    {Data: []byte{1, 2, 3}},
	".git/nl/oud.md":    {Data: []byte("# Oud\n")},
	"nl/kapot.md":       {Data: []byte("---\nid: kapot\ntitle: a: b: c\n---\n")},
	"nl/dubbel.md":      {Data: []byte("---\nid: retour\ntitle: Nog een\n---\n")},
	"zonder-taal.md":    {Data: []byte("# Zonder taal\n")},
	"nl/leeg.md":        {Data: nil},
	"nl/groot.md":       {Data: bytes.Repeat([]byte("x"), kb.MaxArticle+10)},
	"nl/diep/klacht.md": {Data: []byte("---\nlang: nl\ntitle: Klacht\n---\nVertel het ons.")},
	"nl/_synonyms.md":   {Data: []byte("---\nid: _synonyms\ntitle: Synoniemen\n---\n- kapot, defect\n")},
}

func (h *house) load(opt kb.ImportOptions) kb.ImportReport {
	h.t.Helper()
	rep, err := h.lib.ImportFS(context.Background(), folder, opt)
	if err != nil {
		h.t.Fatal(err)
	}
	return rep
}

func TestImportFolder(t *testing.T) {
	h := newHouse(t)
	calls, last := 0, 0
	dry := h.load(kb.ImportOptions{DryRun: true, Progress: func(done, total int) {
		calls++
		if last = done; done > total {
			t.Errorf("%d of %d done", done, total)
		}
	}})
	if len(dry.New) != 5 || len(dry.Errors) != 6 || calls != 11 || last != 11 {
		t.Errorf("dry run: %+v, %d calls, last %d", dry, calls, last)
	}
	if rep := h.load(kb.ImportOptions{}); len(rep.New) != 5 || len(rep.Changed) != 0 || rep.Same != 0 {
		t.Errorf("first import: %+v", rep)
	}
	rep := h.load(kb.ImportOptions{})
	if len(rep.New) != 0 || len(rep.Changed) != 0 || rep.Same != 5 {
		t.Errorf("second import: %+v", rep)
	}
	reasons := ""
	for _, e := range rep.Errors {
		reasons += e.File + ": " + e.Reason + "\n"
	}
	for _, want := range []string{"nl/kapot.md: Line 3", "nl/retour.md: The id retour in nl is also that of nl/dubbel.md", "zonder-taal.md: The article has no language",
		"nl/leeg.md: The article has no title", "nl/groot.md: The file is"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("no %q in\n%s", want, reasons)
		}
	}
}

func TestExportIsTheImport(t *testing.T) {
	h := newHouse(t)
	h.load(kb.ImportOptions{})
	dir := t.TempDir()
	n, err := h.lib.Export(context.Background(), dir)
	if err != nil || n != 5 {
		t.Fatalf("exported %d, %v", n, err)
	}
	for _, name := range []string{"nl/dubbel.md", "nl/adres.md", "over-ons.en.md", "nl/diep/klacht.md", "nl/_synonyms.md"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, folder[name].Data) {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, folder[name].Data)
		}
	}
	rep, err := h.lib.Import(context.Background(), dir, kb.ImportOptions{})
	if err != nil || rep.Same != 5 || len(rep.Errors)+len(rep.New)+len(rep.Changed) != 0 {
		t.Errorf("import of the export: %+v, %v", rep, err)
	}
}

func TestImportAsDraftLeavesThePublicText(t *testing.T) {
	h := newHouse(t)
	h.write("---\nid: klacht\nlang: nl\ntitle: Klacht\n---\nOude tekst.")
	h.load(kb.ImportOptions{Draft: true, By: "sanne", Why: "nieuwe huisstijl"})
	a, _, err := h.store.Get(context.Background(), "nl/klacht")
	if err != nil {
		t.Fatal(err)
	}
	if public, ok := a.Public(); !ok || public.Body != "Oude tekst." || a.Body != "Vertel het ons." || a.State != kb.Draft || a.By != "sanne" || a.Why != "nieuwe huisstijl" {
		t.Errorf("article = %+v", a)
	}
	if _, err := h.lib.Article(context.Background(), "nl", "adres"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a new draft is public: %v", err)
	}
}

func TestImportZip(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(t.TempDir(), "lib.zip")
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	add := func(name, text string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("lib/nl/retour.md", shopNL)
	add("../../etc/evil.md", "---\nid: evil1\nlang: nl\n---\n# X\n")
	add("/abs.md", "---\nid: evil2\nlang: nl\n---\n# X\n")
	add(`lib\nl\evil.md`, "---\nid: evil3\nlang: nl\n---\n# X\n")
	add("lib/nl/bomb.md", strings.Repeat("0", 80<<20))
	add("__MACOSX/lib/nl/._retour.md", "x")
	link := &zip.FileHeader{Name: "lib/nl/link.md"}
	link.SetMode(os.ModeSymlink | 0o777)
	w, err := z.CreateHeader(link)
	if err == nil {
		_, err = w.Write([]byte("/etc/passwd"))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, buf.String())
	rep, err := h.lib.Import(context.Background(), file, kb.ImportOptions{})
	if err != nil || len(rep.New) != 1 || rep.New[0] != "nl/retour" || len(rep.Errors) != 5 {
		t.Errorf("report = %+v, %v", rep, err)
	}
	write(t, file, "PK\x03\x04 not a zip")
	if _, err := h.lib.Import(context.Background(), file, kb.ImportOptions{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("broken archive: %v", err)
	}
}

func TestImportCSV(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(t.TempDir(), "lib.csv")
	write(t, file, "\ufeffid,Lang,title,questions,internal,body\n"+
		"retour,nl,\"Retour: hoe\",Hoe retour?|Mag het terug?,,\"# Kop\n\nTekst, met komma.\"\n"+
		"intern,nl,Intern,,ja,Alleen voor ons\n"+
		"te,weinig\n"+
		"retour,nl,Dubbel,,,x\n")
	rep, err := h.lib.Import(context.Background(), file, kb.ImportOptions{})
	if err != nil || len(rep.New) != 2 || len(rep.Errors) != 2 {
		t.Fatalf("report = %+v, %v", rep, err)
	}
	for _, e := range rep.Errors {
		if e.Line == 0 {
			t.Errorf("no line in %+v", e)
		}
	}
	a, err := h.lib.Article(context.Background(), "nl", "retour")
	if err != nil || a.Title != "Retour: hoe" || len(a.Questions) != 2 || !strings.Contains(a.Body, "Tekst, met komma.") {
		t.Errorf("article = %+v, %v", a, err)
	}
	if again, err := h.lib.Import(context.Background(), file, kb.ImportOptions{}); err != nil || again.Same != 2 {
		t.Errorf("second import: %+v, %v", again, err)
	}
	for head, says := range map[string]string{"id;lang;title\n": "commas", "id,colour\n": "colour", "": "header"} {
		write(t, file, head)
		if _, err := h.lib.Import(context.Background(), file, kb.ImportOptions{}); err == nil || !strings.Contains(fault.Text(err), says) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestImportNothing(t *testing.T) {
	h := newHouse(t)
	if _, err := h.lib.Import(context.Background(), filepath.Join(t.TempDir(), "nope"), kb.ImportOptions{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("no file: %v", err)
	}
	file := filepath.Join(t.TempDir(), "x.docx")
	write(t, file, "x")
	if _, err := h.lib.Import(context.Background(), file, kb.ImportOptions{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a Word file: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := h.lib.ImportFS(ctx, folder, kb.ImportOptions{}); err == nil {
		t.Error("an import that was stopped says nothing")
	}
}

// TestImportAndSearchAThousand is the size a library is made for: it must open at once, not rebuild.
func TestImportAndSearchAThousand(t *testing.T) {
	h := newHouse(t)
	big := fstest.MapFS{}
	for i := range 1000 {
		big[fmt.Sprintf("nl/artikel-%d.md", i)] = &fstest.MapFile{Data: []byte(fmt.Sprintf("# Onderwerp%d\n\nAlles over onderwerp%d en de levering ervan.\n", i, i))}
	}
	rep, err := h.lib.ImportFS(context.Background(), big, kb.ImportOptions{})
	if err != nil || len(rep.New) != 1000 {
		t.Fatalf("%d new, %v", len(rep.New), err)
	}
	h.sync()
	h.first("nl", "onderwerp723", "artikel-723")
	before := current(t, h.dir)
	h.close()
	h.open()
	h.first("nl", "onderwerp723", "artikel-723")
	if current(t, h.dir) != before {
		t.Error("the index was rebuilt")
	}
}
