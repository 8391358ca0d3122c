package action

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math/big"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
)

// Code is a one-time code at rest, bound to a conversation (its document's id) and a customer. The code itself is not in it.
type Code struct {
	Customer CustomerID  `json:"customer"` // "" for an address that nobody has: no code will ever fit
	Salt     []byte      `json:"salt"`
	Hash     []byte      `json:"hash"`
	Expires  time.Time   `json:"expires"`
	Tries    int         `json:"tries"` // with this code
	Sent     []time.Time `json:"sent"`  // in this conversation; in a document of a customer's own, to that customer
}

// What a code may cost.
const (
	codeLife   = 10 * time.Minute
	codeTries  = 3
	codeSends  = 3 // in one conversation
	codesDaily = 9 // to one customer, whoever asks
	codeRounds = 20_000
)

// SendCode mails a one-time code to the address of record of the conversation's customer, as it was before this conversation
// changed anything; where the customer is not known yet, to that of whoever has the given e-mail address. It returns the address
// with most letters hidden. An e-mail address that nobody has gets the same answer and no mail. A fourth code in one conversation is
// fault.RateLimited, as is a tenth in a day for one customer; mail that cannot be sent is fault.Unavailable. To who is not known yet, these
// last two look like an address that nobody has.
func (l *Ledger) SendCode(ctx context.Context, c chat.Conversation, email string) (to string, err error) {
	if l.mail == nil {
		return "", fault.New(fault.Unavailable, "We can't send e-mail at the moment.")
	}
	if k, _, err := l.shelves.Codes.Get(ctx, string(c.ID)); err == nil && len(k.Sent) >= codeSends {
		return "", errTooMany()
	}
	who, to, err := l.addressee(ctx, c, email)
	if err != nil {
		return "", err
	}
	if who != "" {
		err := l.countSend(ctx, "customer/"+string(who), codesDaily, 24*time.Hour)
		if fault.Is(err, fault.RateLimited) && c.Customer.ID == "" {
			who, to = "", email // like an address that nobody has
		} else if err != nil {
			return "", err
		}
	}
	code, err := l.newCode(ctx, c.ID, who)
	if err != nil {
		return "", err
	}
	if who != "" {
		err = l.sendTo(ctx, c, to, code)
	}
	if c.Customer.ID == "" {
		to = email // as it was typed, not as it is on record
	}
	return hide(to), err
}

// addressee is who gets the code, and where; "" for nobody.
func (l *Ledger) addressee(ctx context.Context, c chat.Conversation, email string) (CustomerID, string, error) {
	ctx, cancel := context.WithTimeout(ctx, l.set.Timeout)
	defer cancel()
	if c.Customer.ID == "" {
		if err := (Contact{Email: email}).Check(); err != nil {
			return "", "", err
		}
		who, err := l.system.CustomerByEmail(ctx, email)
		if fault.Is(err, fault.NotFound) {
			return "", email, nil
		}
		return who.ID, who.Email, err
	}
	who, err := l.system.Customer(ctx, CustomerID(c.Customer.ID))
	if err != nil {
		return "", "", err
	}
	first, err := l.emailBefore(ctx, c)
	if first != "" {
		who.Email = first
	}
	return who.ID, who.Email, err
}

// emailBefore is the e-mail address that the first change of contact in this conversation replaced; "" if there was none.
func (l *Ledger) emailBefore(ctx context.Context, c chat.Conversation) (string, error) {
	var want []string
	for _, a := range c.Actions {
		want = append(want, a.ID)
	}
	if len(want) == 0 {
		return "", nil
	}
	_, stories, err := l.read(ctx, c.ID, want...)
	if err != nil {
		return "", err
	}
	for _, id := range want {
		if s := stories[id]; s.image.Kind == ChangeContact && s.image.Notify != "" && string(s.write.Customer) == c.Customer.ID {
			return s.image.Notify, nil
		}
	}
	return "", nil
}

// newCode makes a code, keeps its hash in the place of an earlier one, and counts it.
func (l *Ledger) newCode(ctx context.Context, conv chat.ConversationID, who CustomerID) (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	code := fmt.Sprintf("%06d", n)
	salt := make([]byte, 16)
	rand.Read(salt)
	hash, err := hashCode(conv, who, salt, code)
	if err != nil {
		return "", err
	}
	err = l.changeCode(ctx, string(conv), func(c *Code) error {
		if len(c.Sent) >= codeSends {
			return errTooMany()
		}
		*c = Code{Customer: who, Salt: salt, Hash: hash, Expires: l.now().UTC().Add(codeLife), Sent: append(c.Sent, l.now().UTC())}
		return nil
	})
	return code, err
}

func (l *Ledger) countSend(ctx context.Context, id string, limit int, window time.Duration) error {
	return l.changeCode(ctx, id, func(c *Code) error {
		var recent []time.Time
		for _, t := range c.Sent {
			if l.now().Sub(t) < window {
				recent = append(recent, t)
			}
		}
		if len(recent) >= limit {
			return errTooMany()
		}
		c.Sent = append(recent, l.now().UTC())
		return nil
	})
}

func errTooMany() error {
	return fault.New(fault.RateLimited, "We have sent enough codes. Please talk to a person.")
}

// changeCode changes a code's document by a conditional put; an error of change leaves it as it is.
func (l *Ledger) changeCode(ctx context.Context, id string, change func(*Code) error) error {
	for range 100 {
		c, rev, err := l.shelves.Codes.Get(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("read code: %w", err)
		}
		if err := change(&c); err != nil {
			return err
		}
		if _, err = l.shelves.Codes.Put(ctx, id, c, rev); err == nil {
			return nil
		} else if !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("write code: %w", err)
		}
	}
	return fault.New(fault.Unavailable, "Too much is going on at once. Please try again.")
}

// CheckCode tells whether the customer gave the code that was last sent in this conversation, and returns the identity it proves,
// to be appended. A wrong one is fault.Invalid; after three wrong ones, ten minutes, or its use a code is fault.Gone, and
// only a new one helps. A try counts before it is compared, so many at once are not more than three.
func (l *Ledger) CheckCode(ctx context.Context, c chat.Conversation, given string) (chat.Identified, error) {
	var kept Code
	err := l.changeCode(ctx, string(c.ID), func(k *Code) error {
		if len(k.Hash) == 0 || k.Tries >= codeTries || l.now().After(k.Expires) {
			return fault.New(fault.Gone, "This code can't be used any more. Ask for a new one.")
		}
		k.Tries++
		kept = *k
		return nil
	})
	if err != nil {
		return chat.Identified{}, err
	}
	given = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, given[:min(len(given), MaxText)])
	hash, err := hashCode(c.ID, kept.Customer, kept.Salt, given)
	if err != nil {
		return chat.Identified{}, err
	}
	right := subtle.ConstantTimeCompare(hash, kept.Hash) == 1
	if !right || kept.Customer == "" || c.Customer.ID != "" && c.Customer.ID != string(kept.Customer) {
		return chat.Identified{}, fault.New(fault.Invalid, "This is not the code that we sent.")
	}
	return l.proven(ctx, c, kept)
}

// proven uses the code up and says who it was sent to.
func (l *Ledger) proven(ctx context.Context, c chat.Conversation, k Code) (chat.Identified, error) {
	call, cancel := context.WithTimeout(ctx, l.set.Timeout)
	defer cancel()
	who, err := l.system.Customer(call, k.Customer)
	if err != nil {
		return chat.Identified{}, err
	}
	err = l.changeCode(ctx, string(c.ID), func(now *Code) error {
		if subtle.ConstantTimeCompare(now.Hash, k.Hash) != 1 {
			return fault.New(fault.Gone, "This code can't be used any more. Ask for a new one.")
		}
		now.Hash = nil
		return nil
	})
	if err != nil {
		return chat.Identified{}, err
	}
	name := strings.TrimSpace(who.FirstName + " " + who.LastName)
	return chat.Identified{Level: chat.LevelCode, ID: string(who.ID), Name: name, Email: who.Email, How: "code"}, nil
}

// hashCode binds a code to its conversation and customer. It is slow, because six digits are few.
func hashCode(conv chat.ConversationID, who CustomerID, salt []byte, code string) ([]byte, error) {
	b, err := pbkdf2.Key(sha256.New, string(conv)+"\x00"+string(who)+"\x00"+code, salt, codeRounds, 32)
	if err != nil {
		return nil, fmt.Errorf("hash code: %w", err)
	}
	return b, nil
}

// hide shows enough of an address for its owner to know it.
func hide(email string) string {
	name, host, ok := strings.Cut(email, "@")
	if !ok || name == "" {
		return "…"
	}
	return string([]rune(name)[:1]) + "…@" + host
}

func codeMail(lang, to, code string) Mail {
	if lang == "en" {
		return Mail{To: to, Subject: "Your code: " + code,
			Text: "Hello,\n\nYour code for the chat is " + code + ". It works for 10 minutes. Give it only in the chat that you started yourself, never by phone.\n"}
	}
	return Mail{To: to, Subject: "Uw code: " + code,
		Text: "Goedendag,\n\nUw code voor de chat is " + code + ". De code werkt 10 minuten. Geef de code alleen in de chat die u zelf bent begonnen, nooit via de telefoon.\n"}
}
