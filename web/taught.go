package web

import (
	"net/http"

	"balie/handoff"
	"balie/kb"
)

// Intent is a wish of customers that the ear can be taught, with what it is called; a label that is not there is for the page to say.
type Intent struct {
	ID    string            `json:"id"`
	Label map[string]string `json:"label,omitempty"`
}

// gapMiss is a question of a gap, with the intent that it was made an example of.
type gapMiss struct {
	kb.Miss
	Example string `json:"example_id"`
	Taught  string `json:"taught,omitempty"`
}

// withTaught says of a gap's questions which are examples by now.
func (s *Server) withTaught(r *http.Request, misses []kb.Miss) ([]gapMiss, error) {
	known := map[string]string{}
	if l := s.opt.Editors.Lessons; l != nil {
		all, err := l.Examples(r.Context())
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			known[t.ID] = t.Intent
		}
	}
	out := make([]gapMiss, len(misses))
	for i, m := range misses {
		id := kb.TaughtID(m.Lang, m.Text)
		out[i] = gapMiss{m, id, known[id]}
	}
	return out, nil
}

func (s *Server) kbIntents(http.ResponseWriter, *http.Request, handoff.Person) (any, error) {
	return map[string]any{"intents": s.opt.Editors.Intents}, nil
}

func (s *Server) kbExamples(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	all, err := s.opt.Editors.Lessons.Examples(r.Context())
	if all == nil {
		all = []kb.Taught{}
	}
	return map[string]any{"examples": all}, err
}

// kbTeach makes a sentence an example of an intent. The ear learns it within seconds.
func (s *Server) kbTeach(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		Lang   string `json:"lang"`
		Text   string `json:"text"`
		Intent string `json:"intent"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	return s.opt.Editors.Lessons.Teach(r.Context(), language(in.Lang), clip(in.Text, maxMessage), in.Intent, p.Name)
}

func (s *Server) kbForget(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	return nil, s.opt.Editors.Lessons.Forget(r.Context(), clip(r.PathValue("example"), 100))
}
