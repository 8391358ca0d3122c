package web

import (
	"bytes"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"time"

	"balie/handoff"
	"balie/internal/fault"
	"balie/kb"
)

// kbPicture keeps a picture that an editor brings: the bytes are the body, name is what their file was called. It says how an article
// shows it.
func (s *Server) kbPicture(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	data, err := io.ReadAll(r.Body) // the server bounds it
	if err != nil {
		return nil, pictureFault(err)
	}
	name := kb.FreshName(clip(r.URL.Query().Get("name"), 200), data)
	picture, err := kb.NewPicture(name, data, p.Name, s.now())
	if err != nil {
		return nil, inWords(r, err)
	}
	if _, _, err := kb.KeepPicture(r.Context(), s.opt.Editors.Pictures, name, picture, false); err != nil {
		return nil, err
	}
	return map[string]string{"name": name, "url": kb.PicturePath + url.PathEscape(name), "path": "../media/" + url.PathEscape(name)}, nil
}

func pictureFault(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.Newf(fault.TooLong, "The picture is larger than %d MB. Make it smaller first.", kb.MaxPicture>>20)
	}
	return fault.Wrap(fault.Invalid, "The upload broke off. Send it again.", err)
}

// showPicture shows a picture of an article, to anybody who knows its name. Should a browser ever take it for a page, nothing in it runs.
func (s *Server) showPicture(w http.ResponseWriter, r *http.Request) {
	name, ok := kb.PictureName(r.PathValue("name"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	p, _, err := s.opt.Editors.Pictures.Get(r.Context(), name)
	if err != nil {
		if !fault.Is(err, fault.NotFound) {
			s.refuse(w, r, err)
			return
		}
		http.NotFound(w, r)
		return
	}
	sum := fnv.New128a()
	_, _ = sum.Write(p.Data) // a hash takes everything
	h := w.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", `"`+hex.EncodeToString(sum.Sum(nil))+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.Data))
}
