package scripted

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"net/http"
	"strings"
	"time"
)

// quiet keeps deliberate failures out of the test output.
var quiet = log.New(io.Discard, "", 0)

// Reply answers one request. The constructors below are the usual ones; a test may write its own with the methods of
// Stream. A Reply that returns ends the response cleanly.
type Reply func(*Stream)

// Stream is the response under way. Writing to a client that left does nothing.
type Stream struct {
	Request Request
	w       http.ResponseWriter
	ctx     context.Context
	begun   bool
}

// Sleep waits for d, or until the client leaves; it reports whether the client is still there.
func (s *Stream) Sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// Raw sends bytes as they are, at once, after the headers of an event stream.
func (s *Stream) Raw(bytes string) bool {
	if !s.begun {
		s.w.Header().Set("Content-Type", "text/event-stream")
		s.w.WriteHeader(http.StatusOK)
		s.begun = true
	}
	if _, err := io.WriteString(s.w, bytes); err != nil {
		return false
	}
	return http.NewResponseController(s.w).Flush() == nil && s.ctx.Err() == nil
}

// Token sends one piece of text, as a model does.
func (s *Stream) Token(text string) bool {
	return s.chunk(map[string]any{"content": text}, "")
}

// Finish sends the last chunk, with the reason, and the end mark. An empty reason sends only the mark.
func (s *Stream) Finish(reason string) {
	if reason != "" {
		s.chunk(map[string]any{}, reason)
	}
	s.Raw("data: [DONE]\n\n")
}

// Cut breaks the connection in the middle of the response.
func (s *Stream) Cut() { panic(http.ErrAbortHandler) }

func (s *Stream) chunk(delta map[string]any, reason string) bool {
	choice := map[string]any{"index": 0, "delta": delta, "finish_reason": nil}
	if reason != "" {
		choice["finish_reason"] = reason
	}
	return s.Raw("data: " + text(map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": s.Request.Model,
		"choices": []any{choice},
	}) + "\n\n")
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a script that is no JSON is a mistake in the test
	}
	return string(b)
}

// Text streams an answer word by word and finishes.
func Text(answer string) Reply { return Slow(answer, 0, 0) }

// Slow streams an answer word by word: the first after first, the others gap apart.
func Slow(answer string, first, gap time.Duration) Reply {
	return func(s *Stream) {
		s.chunk(map[string]any{"role": "assistant", "content": ""}, "")
		for i, word := range strings.SplitAfter(answer, " ") {
			d := gap
			if i == 0 {
				d = first
			}
			if d > 0 && !s.Sleep(d) || !s.Token(word) {
				return
			}
		}
		s.Finish("stop")
	}
}

// Unmarked streams an answer and the end mark, but names no reason to stop, as some servers do.
func Unmarked(answer string) Reply {
	return func(s *Stream) {
		s.Token(answer)
		s.Finish("")
	}
}

// Silent says what it has to say and then nothing more for d; after that it finishes.
func Silent(answer string, d time.Duration) Reply {
	return func(s *Stream) {
		if s.Token(answer) && s.Sleep(d) {
			s.Finish("stop")
		}
	}
}

// Mute accepts the request and answers nothing at all, not even headers, for d.
func Mute(d time.Duration) Reply {
	return func(s *Stream) {
		if s.Sleep(d) {
			s.Finish("stop")
		}
	}
}

// Alive sends comments to keep the connection open, gap apart, and never a word.
func Alive(gap time.Duration) Reply {
	return func(s *Stream) {
		for s.Raw(": keep-alive\n\n") && s.Sleep(gap) {
		}
	}
}

// Status fails with an HTTP status and the protocol's error object. A retryAfter above zero is sent along, in seconds.
func Status(code int, retryAfter time.Duration) Reply {
	return func(s *Stream) {
		if retryAfter > 0 {
			s.w.Header().Set("Retry-After", fmt.Sprint(int(retryAfter/time.Second)))
		}
		s.w.Header().Set("Content-Type", "application/json")
		s.w.WriteHeader(code)
		_, _ = io.WriteString(s.w, `{"error":{"message":"scripted failure for key sk-secret","type":"server_error","code":null}}`)
	}
}

// Page answers 200 with a web page, as a proxy or a captive portal does.
func Page() Reply {
	return func(s *Stream) {
		s.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(s.w, "<!doctype html><title>Sign in</title>")
	}
}

// Redirect sends the client elsewhere.
func Redirect(to string) Reply {
	return func(s *Stream) {
		s.w.Header().Set("Location", to)
		s.w.WriteHeader(http.StatusTemporaryRedirect)
	}
}

// Garbage sends an event whose data is no JSON, with bytes that are no text.
func Garbage() Reply {
	return func(s *Stream) { s.Raw("data: {\"choices\":[{\xff\xfe\x00}}}\n\ndata: \x80\n\n") }
}

// Reported starts an answer and then reports an error inside the stream.
func Reported(begin string) Reply {
	return func(s *Stream) {
		s.Token(begin)
		s.Raw(`data: {"error":{"message":"overloaded, key sk-secret","type":"server_error"}}` + "\n\n")
	}
}

// Endless repeats a word for ever, gap apart, until the client leaves.
func Endless(word string, gap time.Duration) Reply {
	return func(s *Stream) {
		for s.Token(word) && (gap == 0 || s.Sleep(gap)) {
		}
	}
}

// Broken starts an answer and breaks the connection.
func Broken(begin string) Reply {
	return func(s *Stream) {
		s.Token(begin)
		s.Cut()
	}
}

// Ended starts an answer and ends the response in good order, but without finishing.
func Ended(begin string) Reply {
	return func(s *Stream) { s.Token(begin) }
}

// Stopped streams an answer that stops for a reason: "length", "content_filter", …
func Stopped(answer, reason string) Reply {
	return func(s *Stream) {
		s.Token(answer)
		s.Finish(reason)
	}
}

// Huge sends one event of n bytes without a line end.
func Huge(n int) Reply {
	return func(s *Stream) {
		block := strings.Repeat("a", 1<<14)
		s.Raw("data: ")
		for sent := 0; sent < n && s.Raw(block); sent += len(block) {
		}
	}
}

// Tool asks for a tool to be called.
func Tool(name, arguments string) Reply {
	return func(s *Stream) {
		s.chunk(map[string]any{"tool_calls": []any{map[string]any{
			"index": 0, "id": "call_1", "type": "function",
			"function": map[string]any{"name": name, "arguments": arguments},
		}}}, "")
		s.Finish("tool_calls")
	}
}

// Vectors answers embeddings: each text a vector of n numbers made from its words, so that texts which share words are
// alike and the same text is always the same.
func Vectors(n int) Reply {
	return func(s *Stream) {
		vectors := make([][]float32, len(s.Request.Input))
		for i, t := range s.Request.Input {
			vectors[i] = make([]float32, n)
			vectors[i][0] = 1
			for _, word := range strings.Fields(strings.ToLower(t)) {
				h := fnv.New32a()
				_, _ = io.WriteString(h, word) // a hash never fails
				vectors[i][h.Sum32()%uint32(n)]++
			}
		}
		Given(vectors...)(s)
	}
}

// Given answers embeddings with these vectors, last first: order is what the index says.
func Given(vectors ...[]float32) Reply {
	return func(s *Stream) {
		data := []any{}
		for i := len(vectors) - 1; i >= 0; i-- {
			data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": vectors[i]})
		}
		s.JSON(map[string]any{"object": "list", "model": s.Request.Model, "data": data})
	}
}

// JSON answers with one whole object.
func (s *Stream) JSON(v any) {
	s.w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(s.w, text(v)) // a client that left is no news
}
