package main

import (
	"context"
	"fmt"
	"strings"

	"balie/internal/chat"
	"balie/internal/store/verify"
)

// verifyCmd compares everything kept beside the logs with the logs.
type verifyCmd struct{}

// Help is the long help.
func (verifyCmd) Help() string {
	return "Folds every conversation again from its events and compares it with its row and its places in the lists; then the documents with their indexes. Each difference is one line, and the exit code is 1." +
		example("balie verify", "balie verify --data /var/lib/balie --json")
}

// verified is what verify found.
type verified struct {
	Conversations int          `json:"conversations"`
	Events        int          `json:"events"`
	Differences   []difference `json:"differences"`
	More          int          `json:"more,omitempty"` // differences that are not listed
}

type difference struct {
	Conversation string `json:"conversation,omitempty"`
	Problem      string `json:"problem"`
}

func (verifyCmd) run(ctx context.Context, e *env) error {
	v, err := ask[verified](ctx, e, "verify", struct{}{}, false)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	var b strings.Builder
	for _, x := range v.Differences {
		fmt.Fprintf(&b, "%s: %s\n", x.Conversation, x.Problem)
	}
	if v.More > 0 {
		fmt.Fprintf(&b, "and %d more\n", v.More)
	}
	fmt.Fprintf(&b, "%d conversations, %d events, %d differences\n", v.Conversations, v.Events, len(v.Differences)+v.More)
	if err := e.print(v, b.String()); err != nil {
		return err
	}
	if len(v.Differences) > 0 {
		return errTold
	}
	return nil
}

// maxDifferences bounds what is listed: who has more has one cause, not many.
const maxDifferences = 1000

func verifyData(ctx context.Context, d *data, _ struct{}, p progress) (out verified, err error) {
	out.Differences = []difference{}
	tell := func(conv, problem string) {
		if len(out.Differences) >= maxDifferences {
			out.More++
			return
		}
		out.Differences = append(out.Differences, difference{conv, problem})
	}
	if whole, ok := d.engine.(interface { // an engine that also looks over what only it knows of
		Verify(ctx context.Context, each func(conv, problem string), progress func(done int)) (conversations, events int, err error)
	}); ok {
		out.Conversations, out.Events, err = whole.Verify(ctx, tell, func(done int) { p(done, 0) })
		return out, err
	}
	out.Conversations, out.Events, err = verify.Log(ctx, d.engine, func(conv chat.ConversationID, problem string) { tell(string(conv), problem) }, func(done int) { p(done, 0) })
	return out, err
}
