package mail

import (
	"context"
	"html/template"
	"net/http"

	"balie/internal/action"
	"balie/internal/fault"
)

// Undoer takes back acts for who holds the link of a notice; action.Ledger is one.
type Undoer interface {
	Link(ctx context.Context, token string) (action.UndoLink, error)
	UndoByLink(ctx context.Context, token string) error
}

// UndoPage is the page behind the link of a notice, for GET and POST /undo. Opening it changes nothing, because mail programs open
// links by themselves: only the press on its button does.
func UndoPage(u Undoer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.FormValue("token")
		link, err := u.Link(r.Context(), token)
		page := undoPage{Lang: link.Lang, Token: token, Words: undoWords[link.Lang]}
		if page.Words.Title == "" {
			page.Lang, page.Words = "nl", undoWords["nl"]
		}
		page.Text = page.Words.Ask
		if err == nil && r.Method == http.MethodPost {
			page.Token, page.Text = "", page.Words.Done
			err = u.UndoByLink(r.Context(), token)
		}
		status := http.StatusOK
		if err != nil {
			page.Token, page.Text, status = "", page.Words.Gone, http.StatusGone
			if k := fault.KindOf(err); k == fault.Unavailable || k == fault.Internal {
				page.Text, status = page.Words.Later, http.StatusServiceUnavailable
			}
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer") // the token is in the address
		w.WriteHeader(status)
		undoHTML.Execute(w, page)
	})
}

type undoPage struct {
	Lang, Token, Text string
	Words             undoText
}

type undoText struct{ Title, Ask, Do, Done, Gone, Later string }

var undoWords = map[string]undoText{
	"nl": {"Wijziging ongedaan maken", "Wilt u de wijziging ongedaan maken? Dan zetten wij uw gegevens terug zoals ze waren.", "Ongedaan maken",
		"Wij zetten uw gegevens terug. Een medewerker ziet dat u dit heeft gevraagd.",
		"Deze link werkt niet meer. Neem contact met ons op als u de wijziging niet zelf heeft gedaan.", "Dit lukt nu niet. Probeer het over een paar minuten opnieuw."},
	"en": {"Undo the change", "Do you want to undo the change? We then put your details back as they were.", "Undo",
		"We are putting your details back. A member of our team sees that you asked for this.",
		"This link does not work any more. Contact us if you did not make the change yourself.", "This does not work right now. Please try again in a few minutes."},
}

var undoHTML = template.Must(template.New("undo").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>{{.Words.Title}}</title></head>
<body><main><h1>{{.Words.Title}}</h1><p role="status">{{.Text}}</p>
{{with .Token}}<form method="post" action="/undo"><input type="hidden" name="token" value="{{.}}"><button>{{$.Words.Do}}</button></form>{{end}}
</main></body></html>
`))
