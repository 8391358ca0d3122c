package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"balie/internal/action"
	"balie/internal/fault"
)

// Do is action.Writer's. The package comment says why a write happens at most once.
func (s *Shop) Do(ctx context.Context, w action.Write) (action.Result, error) {
	if err := w.Check(); err != nil {
		return action.Result{}, err
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return action.Result{}, err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	for range attempts {
		r, err := s.try(ctx, cat, w)
		if !fault.Is(err, fault.Conflict) {
			return r, err
		}
	}
	return action.Result{}, unavailable(errors.New("put account: always somebody else first"))
}

// try is one attempt; fault.Conflict means another node was first and nothing was done. The account is read before the
// key is looked up, and put only if it is still that revision: so a key that was not found then has not happened since.
func (s *Shop) try(ctx context.Context, cat *catalogue, w action.Write) (action.Result, error) {
	if err := ctx.Err(); err != nil {
		return action.Result{}, unavailable(err)
	}
	a, rev, err := s.account(ctx, cat, w.Customer)
	if err != nil {
		return action.Result{}, err
	}
	if r, done, err := s.earlier(ctx, a, w); done || err != nil {
		return r, err
	}
	r, err := s.apply(ctx, cat, &a, w)
	if err != nil {
		return action.Result{}, err
	}
	if err := s.prepare(ctx, a, w); err != nil {
		return action.Result{}, err
	}
	a.Last = WriteRecord{Customer: w.Customer, Fingerprint: w.Fingerprint(), Result: &r}
	_, err = s.docs.Put(ctx, accountID(w.Customer), Record{Account: &a}, rev)
	if err != nil && !fault.Is(err, fault.Conflict) { // the commit may have reached the disk
		return action.Result{}, action.UnknownOutcome(fmt.Errorf("put account %s: %w", w.Customer, err))
	}
	return r, err
}

// apply changes a copy of the account in memory by the shop's rules and gives the result its reference.
func (s *Shop) apply(ctx context.Context, cat *catalogue, a *Account, w action.Write) (action.Result, error) {
	if w.Kind == action.ChangeContact {
		if other, err := s.CustomerByEmail(ctx, w.Contact.Email); err == nil && other.ID != w.Customer {
			return action.Result{}, action.Refuse(fault.Forbidden, action.EmailTaken, "This e-mail address is in use already.")
		} else if err != nil && !fault.Is(err, fault.NotFound) {
			return action.Result{}, err
		}
	}
	r, err := (&act{cat: cat, account: a, write: w, now: s.now().UTC().Truncate(time.Second)}).do()
	if err != nil {
		return action.Result{}, err
	}
	a.Count++
	r.Reference = fmt.Sprintf("%s-%d", w.Fingerprint()[:8], a.Count)
	return r, nil
}

// earlier answers a key that was used before: with its result if it asked for the same, else with fault.IDConflict.
func (s *Shop) earlier(ctx context.Context, a Account, w action.Write) (action.Result, bool, error) {
	rec, _, err := s.record(ctx, w.Key)
	if err != nil {
		return action.Result{}, false, err
	}
	if rec.Result == nil && a.Last.Result != nil && a.Last.Result.Key == w.Key {
		rec = a.Last
	}
	if rec.Fingerprint != "" && rec.Fingerprint != w.Fingerprint() {
		return action.Result{}, false, action.Refuse(fault.IDConflict, action.KeyReused, "This was sent before with another content.")
	}
	if rec.Result == nil {
		return action.Result{}, false, nil
	}
	return *rec.Result, true, nil
}

// prepare puts what must be on disk before the account: the former write's outcome in its own place, the pointer from
// this key to the customer, and from a new e-mail address to the customer. All may be repeated.
func (s *Shop) prepare(ctx context.Context, a Account, w action.Write) error {
	if last := a.Last; last.Result != nil {
		rec, rev, err := s.record(ctx, last.Result.Key)
		if err != nil {
			return err
		}
		if rec.Result == nil {
			if err := s.put(ctx, writeID(last.Result.Key), Record{Write: &last}, rev); err != nil {
				return err
			}
		}
	}
	if rec, rev, err := s.record(ctx, w.Key); err != nil {
		return err
	} else if rec.Customer == "" {
		p := WriteRecord{Customer: w.Customer, Fingerprint: w.Fingerprint()}
		if err := s.put(ctx, writeID(w.Key), Record{Write: &p}, rev); err != nil {
			return err
		}
	}
	if w.Kind != action.ChangeContact {
		return nil
	}
	id := "email/" + emailKey(w.Contact.Email)
	r, rev, err := get(ctx, s.docs, id)
	if err != nil || r.Email == w.Customer {
		return err
	}
	return s.put(ctx, id, Record{Email: w.Customer}, rev)
}

// Outcome is action.Writer's.
func (s *Shop) Outcome(ctx context.Context, key string) (action.Result, bool, error) {
	if !action.ValidID(key) {
		return action.Result{}, false, nil
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return action.Result{}, false, err
	}
	for range 2 { // twice: the outcome may move from the account to its own place between the two looks
		rec, _, err := s.record(ctx, key)
		if err != nil || rec.Customer == "" {
			return action.Result{}, false, err
		}
		if rec.Result != nil {
			return *rec.Result, true, nil
		}
		a, _, err := s.account(ctx, cat, rec.Customer)
		if err != nil {
			return action.Result{}, false, err
		}
		if a.Last.Result != nil && a.Last.Result.Key == key {
			return *a.Last.Result, true, nil
		}
	}
	return action.Result{}, false, nil
}

// Preview is action.Previewer's: the result that Do would have, without reference, and nothing is kept.
func (s *Shop) Preview(ctx context.Context, w action.Write) (action.Result, error) {
	if err := w.Check(); err != nil {
		return action.Result{}, err
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return action.Result{}, err
	}
	a, _, err := s.account(ctx, cat, w.Customer)
	if err != nil {
		return action.Result{}, err
	}
	r, err := s.apply(ctx, cat, &a, w)
	r.Reference = ""
	return r, err
}

func (s *Shop) record(ctx context.Context, key string) (WriteRecord, uint64, error) {
	r, rev, err := get(ctx, s.docs, writeID(key))
	if err != nil || r.Write == nil {
		return WriteRecord{}, rev, err
	}
	return *r.Write, rev, nil
}

// put is Docs.Put for what may be put again: any failure but fault.Conflict means not now.
func (s *Shop) put(ctx context.Context, id string, r Record, rev uint64) error {
	_, err := s.docs.Put(ctx, id, r, rev)
	if err != nil && !fault.Is(err, fault.Conflict) {
		return unavailable(fmt.Errorf("put %s: %w", id, err))
	}
	return err
}

func accountID(id action.CustomerID) string { return "account/" + string(id) }
func writeID(key string) string             { return "write/" + key }
