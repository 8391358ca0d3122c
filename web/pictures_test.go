package web_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"balie/internal/store/document"
	"balie/kb"
	"balie/web"
)

func TestPicturesOfArticles(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) {
		o.Editors = &web.Editors{Pictures: document.In(o.Lists.(document.Engine), "pictures", document.Options[kb.Picture]{})}
	})
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	bring := func(who *browser, name string, data []byte) (int, frame) {
		t.Helper()
		resp, err := who.client.Post(r.url+"/api/v1/kb/pictures?name="+name, "image/png", bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var f frame
		if err := json.NewDecoder(resp.Body).Decode(&f); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, f
	}
	editor := r.signIn("edith")
	status, f := bring(editor, "De%20doos.png", b.Bytes())
	if status != http.StatusOK || !strings.HasPrefix(f.str("path"), "../media/de-doos-") {
		t.Fatalf("kept: %d %v", status, f)
	}
	if _, again := bring(editor, "De%20doos.png", b.Bytes()); again.str("name") != f.str("name") {
		t.Errorf("the same picture twice: %v and %v", f, again)
	}

	shown := r.browser().do("GET", f.str("url"), nil, nil) // a stranger
	defer shown.Body.Close()
	if got, err := io.ReadAll(shown.Body); err != nil || !bytes.Equal(got, b.Bytes()) || shown.Header.Get("Content-Type") != "image/png" ||
		!strings.Contains(shown.Header.Get("Content-Security-Policy"), "sandbox") || shown.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("shown: %d bytes %v %v", len(got), err, shown.Header)
	}
	later := r.browser().do("GET", f.str("url"), nil, http.Header{"If-None-Match": {shown.Header.Get("ETag")}})
	defer later.Body.Close()
	if later.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", later.StatusCode)
	}

	for name, c := range map[string]struct {
		who  *browser
		data []byte
		want int
	}{
		"an agent":      {r.signIn("sanne"), b.Bytes(), 403},
		"a stranger":    {r.browser(), b.Bytes(), 401},
		"a page":        {editor, []byte("<html><script>alert(1)</script>"), 400},
		"a drawing":     {editor, []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), 400},
		"nothing":       {editor, nil, 400},
		"far too large": {editor, append(bytes.Clone(b.Bytes()), make([]byte, kb.MaxPicture)...), 413},
	} {
		if got, f := bring(c.who, "x.png", c.data); got != c.want {
			t.Errorf("%s: %d %v, want %d", name, got, f, c.want)
		}
	}
	for _, name := range []string{"/help/media/niet.png", "/help/media/x.svg", "/help/media/..%2Fx.png"} {
		got := r.browser().do("GET", name, nil, nil)
		got.Body.Close()
		if got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
}
