package kb_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"balie/internal/fault"
	"balie/kb"
)

// aPicture is a small PNG of one colour.
func aPicture(t testing.TB, c color.Color) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 8, 6))
	for i := range 48 {
		img.Set(i%8, i/8, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPicturesAreShownFromHereOnly(t *testing.T) {
	for _, c := range []struct{ md, want string }{
		{`![De doos](../media/doos.png)`, `<p><img src="/help/media/doos.png" alt="De doos"></p>`},
		{`![De doos](/help/media/doos.png "Zo")`, `<p><img src="/help/media/doos.png" alt="De doos" title="Zo"></p>`},
		{`![](img/de%20doos.jpg)`, `<p><img src="/help/media/de%20doos.jpg" alt=""></p>`},
		{`![een **pixel** van elders](https://spy.example/p.png)`, `<p>een <strong>pixel</strong> van elders</p>`},
		{`![x](//spy.example/p.png) ![y](data:image/png;base64,AAAA)`, `<p>x y</p>`},
		{`![a ![b](https://x.example/b.png) c](https://x.example/a.png)`, `<p>a b c</p>`},
		{`![plan](javascript:alert(1))`, `<p>plan</p>`},
		{`![account](/api/v1/me)`, `<p>account</p>`},
		{`![teken](teken.svg)`, `<p>teken</p>`},
		{`[![knop](knop.png)](https://winkel.example)`, `<img src="/help/media/knop.png" alt="knop">`},
	} {
		if got := kb.Render(c.md); !strings.Contains(got, c.want) {
			t.Errorf("%s\n got %s\nwant %s", c.md, got, c.want)
		}
	}
	if got := kb.Plain("Plak ![het etiket](x.png) op de doos"); got != "Plak het etiket op de doos" {
		t.Errorf("the words of a picture cannot be searched: %q", got)
	}
}

func TestPictureNames(t *testing.T) {
	for file, want := range map[string]string{
		"img/Doos 1.PNG": "Doos 1.PNG", `C:\plaatjes\doos.jpg`: "doos.jpg", "a%2F..%2F..%2Fx.png": "x.png", "été.webp": "été.webp",
		"x.svg": "", "x": "", ".png": "", "-x.png": "", "a\nb.png": "", "x.png%00": "", strings.Repeat("x", 101) + ".png": "",
	} {
		if got, ok := kb.PictureName(file); ok != (want != "") || ok && got != want {
			t.Errorf("%q is known as %q, %v; want %q", file, got, ok, want)
		}
	}
	red, blue := aPicture(t, color.RGBA{200, 0, 0, 255}), aPicture(t, color.RGBA{0, 0, 200, 255})
	one, other := kb.FreshName("../../Mijn doos (1).jpeg", red), kb.FreshName("../../Mijn doos (1).jpeg", blue)
	if one == other || !strings.HasPrefix(one, "mijn-doos-1-") || !strings.HasSuffix(one, ".png") || one != kb.FreshName("../../Mijn doos (1).jpeg", red) {
		t.Errorf("fresh names %q and %q", one, other)
	}
	if name, ok := kb.PictureName(kb.FreshName("\x00//\xff", red)); !ok || !strings.HasPrefix(name, "picture-") {
		t.Errorf("a file without a name became %q", name)
	}
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	good := aPicture(t, color.White)
	wide := bytes.Clone(good)
	wide[16], wide[17] = 0x7f, 0xff // a header that promises two thousand million points
	for _, c := range []struct {
		name string
		data []byte
		kind fault.Kind
	}{
		{"x.png", []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), fault.Invalid},
		{"x.png", []byte("<html><script>alert(1)</script>"), fault.Invalid},
		{"x.png", nil, fault.Invalid},
		{"x.jpg", good, fault.Invalid},
		{"x.png", good[:20], fault.Invalid},
		{"x.png", wide, fault.Invalid},
		{"x.png", append(bytes.Clone(good), make([]byte, kb.MaxPicture)...), fault.TooLong},
	} {
		if _, err := kb.NewPicture(c.name, c.data, "noor", time.Now()); !fault.Is(err, c.kind) {
			t.Errorf("%s of %d bytes: %v, want %v", c.name, len(c.data), err, c.kind)
		}
	}
	if p, err := kb.NewPicture("x.png", good, "noor", time.Now()); err != nil || p.Type != "image/png" {
		t.Errorf("a good picture: %v %v", p.Type, err)
	}
}

func TestPicturesTravelWithTheArticles(t *testing.T) {
	h := newHouse(t)
	red, blue := aPicture(t, color.RGBA{200, 0, 0, 255}), aPicture(t, color.RGBA{0, 0, 200, 255})
	text := []byte("---\nid: doos\nlang: nl\ntitle: De doos\n---\n![De doos](img/doos.png) en ![nog eens](../los.png)\n")
	from := fstest.MapFS{"nl/doos.md": {Data: text}, "nl/img/doos.png": {Data: red}, "los.png": {Data: blue}, "kopie/doos.png": {Data: red}}
	ctx := context.Background()
	plan, err := h.lib.ImportFS(ctx, from, kb.ImportOptions{DryRun: true})
	if err != nil || len(plan.New) != 3 || plan.Same != 1 || len(plan.Errors) != 0 {
		t.Fatalf("dry: %+v, %v", plan, err)
	}
	if _, _, err := h.media.Get(ctx, "doos.png"); !fault.Is(err, fault.NotFound) {
		t.Fatalf("a dry run kept a picture: %v", err)
	}
	if rep, err := h.lib.ImportFS(ctx, from, kb.ImportOptions{By: "noor"}); err != nil || len(rep.New) != 3 || rep.Same != 1 {
		t.Fatalf("import: %+v, %v", rep, err)
	}
	dir := t.TempDir()
	if n, err := h.lib.Export(ctx, dir); err != nil || n != 1 {
		t.Fatalf("exported %d, %v", n, err)
	}
	for name, want := range map[string][]byte{"nl/doos.md": text, "kopie/doos.png": red, "los.png": blue} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}

	from["anders/doos.png"], from["kapot.png"], from["teken.svg"] = &fstest.MapFile{Data: blue}, &fstest.MapFile{Data: red[:20]}, &fstest.MapFile{Data: []byte("<svg/>")}
	rep, err := h.lib.ImportFS(ctx, from, kb.ImportOptions{Words: "nl"})
	if err != nil || len(rep.Errors) != 3 {
		t.Fatalf("import: %+v, %v", rep, err)
	}
	for i, want := range []string{"beschadigd", "heet hetzelfde", "heet hetzelfde"} {
		if e := rep.Errors[i]; !strings.Contains(e.Reason, want) {
			t.Errorf("refused %s: %q, want %q", e.File, e.Reason, want)
		}
	}
	if p, _, err := h.media.Get(ctx, "doos.png"); err != nil || p.Type != "image/png" {
		t.Errorf("kept: %v %v", p.Type, err)
	}
}
