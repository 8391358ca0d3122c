package chat

// ForCustomer is the one gate between the log and a customer: it returns what of an event a customer may see, and false
// where that is nothing. Notes, marks, signs, slots, who may read what: all of it stays behind here. Everything that
// goes to a customer, live, replayed, exported or mailed, passes through this function, and a test holds it to that. It copies
// what is allowed and leaves the rest, so that a new field stays inside until somebody lets it out.
func ForCustomer(e Event) (Event, bool) {
	switch b := e.Body.(type) {
	case *Message:
		n := &Message{Text: b.Text, Lang: b.Lang, Sources: b.Sources, Buttons: publicButtons(b.Buttons), Form: b.Form, Card: b.Card, Submit: b.Submit}
		if b.Pressed != nil {
			n.Pressed = &Button{ID: b.Pressed.ID, Label: b.Pressed.Label}
		}
		e.Body = n
	case *HumanRequested:
		if b.Already != "" {
			return Event{}, false
		}
		e.Body = &OwnerChanged{To: RoleQueue, Reason: ReasonCustomer}
	case *OwnerChanged:
		e.Body = &OwnerChanged{To: b.To, Name: b.Name, Reason: b.Reason}
	case *ActionMoved:
		e.Body = &ActionMoved{ID: b.ID, Name: b.Name, State: b.State, Receipt: b.Receipt, UndoUntil: b.UndoUntil, UndoOf: b.UndoOf}
	case *Rating:
		e.Body = &Rating{Resolved: b.Resolved, Score: b.Score, Effort: b.Effort, Comment: b.Comment}
	case *Closed:
		e.Body = &Closed{}
	case *Redacted:
		e.Body = &Redacted{Seqs: b.Seqs}
	default:
		return Event{}, false
	}
	if e.By.Role != RoleCustomer {
		e.Key = "" // the names that bot and agents give their drafts are no customer's business
	}
	e.By = Party{Role: e.By.Role, Name: e.By.Name}
	return e, true
}

func publicButtons(in []Button) []Button {
	if len(in) == 0 {
		return nil
	}
	out := make([]Button, len(in))
	for i, b := range in {
		out[i] = Button{ID: b.ID, Label: b.Label, Style: b.Style}
	}
	return out
}
