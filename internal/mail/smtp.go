package mail

import (
	"context"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"balie/internal/action"
)

// SMTPOptions name the company's mail server.
type SMTPOptions struct {
	Addr     string // HOST:PORT
	User     string // "": no sign-in
	Password string
	From     string // "Name <address>" or an address
	TLS      string // starttls (also ""), tls or none
}

// SMTP is a Mailer that hands mail to a server.
type SMTP struct {
	client *gomail.Client
	from   *netmail.Address
}

// smtpTimeout bounds each step with the server.
const smtpTimeout = 15 * time.Second

// NewSMTP checks the options; it does not connect. With starttls or tls a server that offers no encryption is an error, never a
// mail in the open.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	host, p, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("read smtp address: %w", err)
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		return nil, fmt.Errorf("read smtp port: %w", err)
	}
	from, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("read sender of mail: %w", err)
	}
	opts := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(smtpTimeout)}
	switch o.TLS {
	case "tls":
		opts = append(opts, gomail.WithSSL())
	case "none":
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if o.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(o.User), gomail.WithPassword(o.Password))
	}
	c, err := gomail.NewClient(host, opts...)
	if err != nil {
		return nil, fmt.Errorf("make smtp client: %w", err)
	}
	return &SMTP{c, from}, nil
}

// Send is action.Mailer's.
func (s *SMTP) Send(ctx context.Context, m action.Mail) error {
	to, err := netmail.ParseAddress(m.To)
	if err != nil {
		return fmt.Errorf("read receiver of mail: %w", err)
	}
	msg := gomail.NewMsg()
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(to)
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's out-of-office should answer it
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if err := s.client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}
