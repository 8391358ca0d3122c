package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"balie/internal/chat"
)

// What looks like an account in wrong hands, for the colleague who may read the packet. Neither stops an act: families share an
// address, and people do move twice.
const (
	signManyChanges   = "many_changes"   // a customer's details were changed this often within 30 days
	signSharedAddress = "shared_address" // other customers' parcels were sent to this address within 30 days, too

	manyChanges  = 4
	otherSharers = 2
)

// signs counts a change of details, and returns what is odd about it.
func (j *job) signs(ctx context.Context) ([]chat.Draft, error) {
	w := j.s.write
	if j.s.proposal.UndoOf != "" || w.Kind != ChangeContact && w.Kind != ChangeCustomerAddress && w.Kind != ChangeOrderAddress {
		return nil, nil
	}
	var out []chat.Draft
	add := Counted{ID: w.Key, Kind: w.Kind, At: j.l.now().UTC(), Who: w.Customer}
	changes, err := j.l.note(ctx, "changes/"+string(w.Customer), add)
	if err != nil {
		return nil, err
	}
	if len(changes) >= manyChanges {
		out = append(out, j.sign(signManyChanges))
	}
	if w.Address == nil {
		return out, nil
	}
	sent, err := j.l.note(ctx, "address/"+placeOf(*w.Address), add)
	if err != nil {
		return nil, err
	}
	others := map[CustomerID]bool{}
	for _, c := range sent {
		others[c.Who] = true
	}
	delete(others, w.Customer)
	if len(others) >= otherSharers {
		out = append(out, j.sign(signSharedAddress))
	}
	return out, nil
}

func (j *job) sign(name string) chat.Draft {
	return chat.Draft{By: chat.System, Key: phaseKey(j.s.id, name), Body: &chat.Sign{Name: name, From: j.s.proposed.Seq}}
}

// note adds an act to a count of the last 30 days that bounds nothing, and returns what is in it. A full count stays as it is.
func (l *Ledger) note(ctx context.Context, id string, add Counted) (acts []Counted, err error) {
	err = l.count(ctx, id, func(s *Spent) bool {
		account{window: month}.fits(s, add)
		acts = slices.Clone(s.Acts)
		return true
	})
	return acts, err
}

// placeOf names an address however it is written: its letters and digits, hashed, because it stands in the name of a document.
func placeOf(a Address) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, a.Line1+a.Line2+a.Postcode+a.Country)
	sum := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(sum[:16])
}
