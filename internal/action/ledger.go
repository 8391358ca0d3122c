package action

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Log is what the ledger asks of the mail room.
type Log interface {
	Commit(ctx context.Context, a relay.Append) (relay.Appended, error)
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
	Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error)
}

// Docs is a collection of documents with revisions, as internal/store/document serves it. Get of what is not there is
// fault.NotFound; Put with revision 0 creates, and is fault.Conflict when the revision is not the one stored.
type Docs[T any] interface {
	Get(ctx context.Context, id string) (v T, rev uint64, err error)
	Put(ctx context.Context, id string, v T, rev uint64) (newRev uint64, err error)
}

// Shelves are the documents that the ledger keeps besides the log.
type Shelves struct {
	Limits Docs[Limits]   // id "limits"; kept with its history, so that every act can name the version it was judged by
	Spent  Docs[Spent]    // what was counted against the limits, by customer and by person
	Links  Docs[UndoLink] // what the links in notices stand for
	Codes  Docs[Code]     // one-time codes, hashed
}

// Settings are the ledger's times, and where it tells the operator. Zero values mean the defaults.
type Settings struct {
	Log     *slog.Logger   // nil: the default one
	Zone    *time.Location // in which customers read times; nil: the server's
	Expires time.Duration  // how long a card may be confirmed; default 10 minutes
	Grace   time.Duration  // how much later an unconfirmed proposal ends: a press in time may still be on its way through the bot; default 15 s
	Timeout time.Duration  // how long one call of the order system may take; default 15 s
	Quiet   time.Duration  // how long a write that may be on its way is left alone before it may be sent again; default 5 s
	GiveUp  time.Duration  // how long an order system that cannot be reached is tried, as long as nothing was sent; default 2 minutes
	Person  time.Duration  // after how long an act of which nobody knows the outcome goes to a person; default 10 minutes
}

func (s Settings) withDefaults() Settings {
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{
		{&s.Expires, 10 * time.Minute}, {&s.Grace, 15 * time.Second}, {&s.Timeout, 15 * time.Second},
		{&s.Quiet, 5 * time.Second}, {&s.GiveUp, 2 * time.Minute}, {&s.Person, 10 * time.Minute},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	return s
}

// Ledger proposes acts and, through its Worker, carries out those that were confirmed. Everything it knows of an act is in
// the conversation's log; see DESIGN.md.
type Ledger struct {
	log     Log
	system  Guard
	shelves Shelves
	set     Settings
	now     func() time.Time
	slog    *slog.Logger

	mail      Mailer     // nil: nobody is written to
	publicURL string     // of links in mail
	counting  sync.Mutex // one count at a time on a node; revisions settle it between nodes
	unsent    sync.Map   // acts that are executing, and of which this process knows that nothing was sent yet
}

// New makes a ledger over a log and an order system; now may be nil for the real clock. It does no work.
func New(log Log, system System, shelves Shelves, s Settings, now func() time.Time) *Ledger {
	if now == nil {
		now = time.Now
	}
	if s.Zone == nil {
		s.Zone = time.Local
	}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	return &Ledger{log: log, system: Guard{system}, shelves: shelves, set: s.withDefaults(), now: now, slog: s.Log}
}

// Mail lets the ledger write to customers: one-time codes, and notices of changes to the address that was on record before. Links
// lead to publicURL; without one a notice has none. Without a Mailer no codes can be sent and nobody is notified.
func (l *Ledger) Mail(m Mailer, publicURL string) {
	l.mail, l.publicURL = m, strings.TrimRight(publicURL, "/")
}

// Propose makes the first phase of an act on behalf of the conversation's customer: the event to append together with the card
// that shows it. Name is what people see it called; params is a Write, or anything that encodes to one, without key and customer:
// the ledger mints the one and takes the other from the conversation. needs is the identity level the flow asks for; the house's
// own floor for this kind of act counts as well.
//
// Nothing is done or counted yet. A refusal (see ReasonOf) says why the act would not be carried out: not well formed, somebody
// else's, or the order system's own reason where it can tell beforehand. fault.Unauthorized without a Reason means that we must
// be surer who it is, fault.Forbidden without one that a limit of authority stands in the way: a person decides. An order
// system that cannot be reached is fault.Unavailable. It takes no longer than a call of the order system may take.
func (l *Ledger) Propose(c chat.Conversation, name string, params any, needs chat.Level) (chat.ActionMoved, error) {
	ctx, cancel := context.WithTimeout(context.Background(), l.set.Timeout)
	defer cancel()
	return l.propose(ctx, c, chat.Bot, name, params, needs)
}

func (l *Ledger) propose(ctx context.Context, c chat.Conversation, by chat.Party, name string, params any, needs chat.Level) (chat.ActionMoved, error) {
	w, err := readWrite(params)
	if err != nil {
		return chat.ActionMoved{}, err
	}
	me := CustomerID(c.Customer.ID)
	if w.Customer != "" && w.Customer != me {
		return chat.ActionMoved{}, Refuse(fault.Forbidden, ForeignCustomer, "This is not yours to change.")
	}
	w.Key, w.Customer = newID(), me
	if me == "" {
		return chat.ActionMoved{}, errLevel()
	}
	lim, _, err := l.limits(ctx)
	if err != nil {
		return chat.ActionMoved{}, err
	}
	needs = stricter(needs, lim.needs(w.Kind))
	if !c.Customer.Level.AtLeast(needs) {
		return chat.ActionMoved{}, errLevel()
	}
	p, err := l.bind(name, w, needs)
	if err != nil {
		return chat.ActionMoved{}, err
	}
	amount, err := l.foresee(ctx, w)
	if err != nil {
		return chat.ActionMoved{}, err
	}
	return p, l.mayCount(ctx, lim, by, w, amount)
}

// bind makes a proposal of a complete write.
func (l *Ledger) bind(name string, w Write, needs chat.Level) (chat.ActionMoved, error) {
	if err := w.Check(); err != nil {
		return chat.ActionMoved{}, err
	}
	if name == "" {
		name = string(w.Kind)
	}
	if !ValidID(name) {
		return chat.ActionMoved{}, Refuse(fault.Invalid, BadRequest, "This is not something that can be done here.")
	}
	b, err := json.Marshal(w)
	if err != nil {
		return chat.ActionMoved{}, fmt.Errorf("encode write: %w", err)
	}
	return chat.ActionMoved{ID: w.Key, Name: name, State: chat.ActionProposed, Params: b, Hash: w.Fingerprint(), Needs: needs,
		Expires: l.now().UTC().Add(l.set.Expires).Truncate(time.Microsecond)}, nil
}

// errLevel is fault.Unauthorized without a Reason of the order system: being surer of the customer helps.
func errLevel() error {
	return fault.Wrap(fault.Unauthorized, "We are not sure enough that it is you.", errTooUnsure)
}

var errTooUnsure = errors.New("identity level too low")

// maxParams bounds a write at rest.
const maxParams = 256 << 10

// readWrite takes a write out of whatever the caller has it in. Fields that a write does not have are refused: what is not
// understood is not done.
func readWrite(params any) (Write, error) {
	if w, ok := params.(Write); ok {
		return w, nil
	}
	bad := func(err error) error {
		return fault.Wrap(fault.Invalid, "This is not something that can be done with an order.", errors.Join(BadRequest, err))
	}
	b, err := json.Marshal(params)
	if err != nil {
		return Write{}, bad(err)
	}
	if len(b) > maxParams {
		return Write{}, bad(fmt.Errorf("write of %d bytes", len(b)))
	}
	var w Write
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return Write{}, bad(err)
	}
	return w, nil
}

// foresee asks the order system what w would come to, where it can tell: the amount that counts against the limits.
func (l *Ledger) foresee(ctx context.Context, w Write) (Money, error) {
	r, err := l.system.Preview(ctx, w)
	if err != nil {
		return 0, err
	}
	if r.Key == "" { // it cannot tell: the worst that the order allows
		return l.worst(ctx, w)
	}
	return max(r.Amount, -r.Amount), nil
}

// worst is what w can come to at most, by the order's own prices.
func (l *Ledger) worst(ctx context.Context, w Write) (Money, error) {
	switch w.Kind {
	case ChangeCustomerAddress, ChangeContact, ChangeOrderAddress, CancelReturn, CancelExchange:
		return 0, nil
	}
	o, err := l.system.Order(ctx, w.Order)
	if err != nil {
		return 0, err
	}
	var all, named Money
	for _, it := range o.Items {
		all += it.Price
		if slices.Contains(w.Items, it.ID) {
			named += it.Price
		}
	}
	if len(w.Items) > 0 {
		return named, nil
	}
	return all, nil
}

// ids are 80 bits of chance in letters and digits that cannot be mistaken for one another.
var ids = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

func newID() string {
	var b [10]byte
	rand.Read(b[:])
	return "a-" + ids.EncodeToString(b[:])
}

// minted tells whether id has the form that the ledger gives: nothing else is ever acted on.
func minted(id string) bool {
	rest, ok := strings.CutPrefix(id, "a-")
	return ok && len(rest) == 16 && strings.Trim(rest, "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// receipt is the number by which a customer can refer to an act. It follows from the id, so a repeated answer gives the
// same one.
func receipt(id string) string {
	sum := sha256.Sum256([]byte("receipt " + id))
	s := strings.ToUpper(ids.EncodeToString(sum[:5]))
	return "R-" + s[:4] + "-" + s[4:]
}
