package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	demoshop "balie/cmd/balie/demo"
	"balie/internal/action"
	"balie/internal/config"
	"balie/internal/connector/demo"
	"balie/internal/connector/httpapi"
	"balie/internal/fault"
	"balie/internal/mail"
	"balie/kb"
	"balie/web"
)

// renderMarkdown is how a bot's Markdown becomes what a browser shows.
func renderMarkdown(md string) string { return kb.Render(md) }

// openOrders picks the order system: a company's own by its address, else the embedded one over a file or the demo's orders. A file that
// cannot be read is told now, not to the first customer. What is changed in the embedded one is kept in changes.
func openOrders(ctx context.Context, cfg config.Config, changes demo.Docs[demo.Record]) (action.System, error) {
	if isWeb(cfg.Orders) {
		own, err := httpapi.New(httpapi.Options{URL: cfg.Orders, Token: string(cfg.OrdersKey)})
		if err != nil {
			return nil, fmt.Errorf("orders: %w", err)
		}
		return own, nil
	}
	source := demo.Bytes(demoshop.Orders)
	if cfg.Orders != "" {
		source = demo.File(cfg.Orders)
	}
	shop := demo.New(source, changes, time.Now)
	if err := shop.Load(ctx); err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	return shop, nil
}

func isWeb(s string) bool { return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") }

// demoSite is the site of the demo shop, and of whoever names none.
const demoSite = "demo"

// openSites makes the sites that may show the chat. The site demo is there in demo mode, and when no other is named.
func openSites(ctx context.Context, cfg config.Config, d *data) ([]web.Site, error) {
	var sites []web.Site
	for name, origins := range cfg.Sites {
		s := web.Site{Name: name, Title: name, Origins: origins}
		if err := setKey(&s, string(cfg.SiteKeys[name])); err != nil {
			return nil, err
		}
		if name == demoSite && s.Secret == "" {
			s.Secret = string(cfg.SiteSecret)
		}
		sites = append(sites, s)
	}
	if _, named := cfg.Sites[demoSite]; named || (!cfg.Demo && len(sites) > 0) {
		return sites, nil
	}
	s := web.Site{Name: demoSite, Title: "Pimpernel", Secret: string(cfg.SiteSecret)}
	if s.Secret == "" && cfg.Demo {
		made, err := d.secret(ctx, "site/"+demoSite)
		if err != nil {
			return nil, err
		}
		s.Secret = base64.RawURLEncoding.EncodeToString(made)
	}
	return append(sites, s), nil
}

// setKey gives a site what its customers' tokens are checked with: a shared secret, or the public key in a .pem file.
func setKey(s *web.Site, key string) error {
	if !strings.HasSuffix(key, ".pem") {
		s.Secret = key
		return nil
	}
	raw, err := os.ReadFile(key)
	if err != nil {
		return fmt.Errorf("site_keys of %s: %w", s.Name, err)
	}
	s.Key, err = publicKey(raw)
	if err != nil {
		return fmt.Errorf("site_keys of %s: %s: %w", s.Name, key, err)
	}
	return nil
}

func publicKey(raw []byte) (crypto.PublicKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fault.New(fault.Invalid, "is not a PEM file; write the public key with openssl … -pubout")
	}
	if block.Type == "CERTIFICATE" {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		return c.PublicKey, nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	return key, nil
}

// openMail picks who carries mail: a mail server, or the demo's outbox. Without either the ledger writes to nobody, and acts that need a
// code go to a person.
func (h *house) openMail() error {
	switch {
	case h.cfg.SMTP.Addr != "":
		smtp, err := mail.NewSMTP(mail.SMTPOptions{Addr: h.cfg.SMTP.Addr, User: h.cfg.SMTP.User, Password: string(h.cfg.SMTP.Password),
			From: h.cfg.SMTP.From, TLS: h.cfg.SMTP.TLS})
		if err != nil {
			return fmt.Errorf("smtp: %w", err)
		}
		h.ledger.Mail(smtp, h.cfg.PublicURL)
	case h.cfg.Demo:
		h.outbox = mail.NewOutbox(h.data.mail, nil)
		h.ledger.Mail(h.outbox, ownURL(h.cfg))
	}
	return nil
}

// behindProxy reports whether a proxy of the operator's stands in front: customers use another address than the one we listen on, and
// nobody but this machine reaches that one.
func behindProxy(cfg config.Config) bool {
	host, _, err := net.SplitHostPort(cfg.Addr)
	ip := net.ParseIP(host)
	return cfg.PublicURL != "" && err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// ownURL is where people find this server, as far as it knows.
func ownURL(cfg config.Config) string {
	if cfg.PublicURL != "" {
		return cfg.PublicURL
	}
	host, port, err := net.SplitHostPort(cfg.Addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return "http://" + net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + cfg.Addr
}
