package bottest

import (
	"context"
	"regexp"
	"slices"

	"balie/internal/action"
)

// Send keeps what would be mailed.
func (h *House) Send(_ context.Context, m action.Mail) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mail = append(h.mail, m)
	return nil
}

// Mail is everything that was mailed, oldest first.
func (h *House) Mail() []action.Mail {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.mail)
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// Code is the one-time code that was last mailed; "" if none was.
func (h *House) Code() string {
	for _, m := range slices.Backward(h.Mail()) {
		if code := sixDigits.FindString(m.Subject); code != "" {
			return code
		}
	}
	return ""
}
