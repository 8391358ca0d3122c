package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/mail"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"balie/handoff"
	"balie/internal/fault"
	"balie/web"
)

// userAddCmd lets somebody sign in.
type userAddCmd struct {
	Email     string   `arg:"" help:"The address they sign in with."`
	Name      string   `help:"Their name, as customers see it. Without it, the part of the address before the @."`
	Role      []string `help:"agent, editor, supervisor or admin; may be given more than once." default:"agent" enum:"agent,editor,supervisor,admin"`
	Languages []string `help:"Languages they speak." default:"nl"`
	Team      string   `help:"Their team."`
	Stdin     bool     `name:"password-stdin" help:"Read the password from standard input. Without it one is asked for, or made up when there is no terminal."`
	Hash      string   `kong:"-"`
}

// Help is the long help.
func (userAddCmd) Help() string {
	return "The password is asked for on the terminal. Without a terminal one is made up and shown once." +
		example("balie user add sanne@winkel.example --name Sanne", "balie user add f@winkel.example --role editor --role agent --password-stdin < file")
}

func (c *userAddCmd) run(ctx context.Context, e *env) error {
	if a, err := mail.ParseAddress(c.Email); err != nil || a.Address != c.Email {
		return misuse("%q is not an e-mail address", c.Email)
	}
	password, made, err := e.newPassword(c.Stdin)
	if err != nil {
		return err
	}
	if c.Hash, err = web.HashPassword(password); err != nil {
		return misuse("%s", err)
	}
	u, err := ask[user](ctx, e, "user.add", c, true)
	if err != nil {
		return fmt.Errorf("add %s: %w", c.Email, err)
	}
	if made {
		u.Password = password
	}
	return e.print(u, fmt.Sprintf("%s can sign in as %s\n", u.Email, strings.Join(u.Roles, ", "))+told(u))
}

// user is a person as commands show them. Password is there only when the command made it up.
type user struct {
	ID       string   `json:"id"`
	Email    string   `json:"email"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
	Langs    []string `json:"languages"`
	Team     string   `json:"team,omitempty"`
	Disabled bool     `json:"disabled"`
	Password string   `json:"password,omitempty"`
}

func userOf(p handoff.Person) user {
	return user{ID: p.ID, Email: p.Email, Name: p.Name, Roles: p.Roles, Langs: p.Langs, Team: p.Team, Disabled: p.Disabled}
}

func told(u user) string {
	if u.Password == "" {
		return ""
	}
	return box("The password, made up just now and not shown again:", u.Password)
}

// maxPassword bounds what is read for a password.
const maxPassword = 1000

// newPassword gets a password from standard input, from somebody at the terminal, or makes one up and says so.
func (e *env) newPassword(stdin bool) (password string, made bool, err error) {
	if stdin {
		line, err := bufio.NewReader(io.LimitReader(e.in, maxPassword)).ReadString('\n')
		if err != nil && err != io.EOF {
			return "", false, fmt.Errorf("read password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), false, nil
	}
	f, ok := e.in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || !onTerminal(e.err) {
		return rand.Text()[:16], true, nil
	}
	var typed [2]string
	for i, what := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(e.err, what)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(e.err)
		if err != nil {
			return "", false, fmt.Errorf("read password: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", false, misuse("the two are not the same; nothing was changed")
	}
	return typed[0], false, nil
}

func addUser(ctx context.Context, d *data, c userAddCmd, _ progress) (user, error) {
	email := strings.ToLower(c.Email)
	if p, _, err := d.byEmail(ctx, email); err == nil {
		return user{}, fault.Newf(fault.Conflict, "%s is there already. For a new password: balie user password %s.", p.Email, p.Email)
	} else if !fault.Is(err, fault.NotFound) {
		return user{}, err
	}
	name, _, _ := strings.Cut(email, "@")
	if c.Name == "" {
		c.Name = name
	}
	p := handoff.Person{ID: strings.ToLower(rand.Text()[:16]), Email: email, Name: c.Name, Roles: slices.Compact(c.Role), Langs: c.Languages, Team: c.Team, Password: c.Hash}
	if _, err := d.people.Put(ctx, p.ID, p, 0); err != nil {
		return user{}, err
	}
	return userOf(p), nil
}

// byEmail finds a person by their address, whatever its case.
func (d *data) byEmail(ctx context.Context, email string) (found handoff.Person, rev uint64, err error) {
	email = strings.ToLower(email)
	err = d.people.List(ctx, "email", email, func(_ string, r uint64, p handoff.Person) error {
		if strings.EqualFold(p.Email, email) {
			found, rev = p, r
		}
		return nil
	})
	if err == nil && rev == 0 {
		err = fault.Newf(fault.NotFound, "There is nobody with the address %s. balie user list shows who there is.", email)
	}
	return found, rev, err
}

// userListCmd shows who can sign in.
type userListCmd struct{}

// Help is the long help.
func (userListCmd) Help() string {
	return "Shows everybody who was ever added, by address." + example("balie user list", "balie user list --json")
}

func (userListCmd) run(ctx context.Context, e *env) error {
	all, err := ask[[]user](ctx, e, "user.list", struct{}{}, false)
	if err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ADDRESS\tNAME\tROLES\tLANGUAGES\tTEAM\t")
	for _, u := range all {
		state := ""
		if u.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", u.Email, u.Name, strings.Join(u.Roles, ","), strings.Join(u.Langs, ","), u.Team, state)
	}
	t.Flush()
	return e.print(all, b.String())
}

func listUsers(ctx context.Context, d *data, _ struct{}, _ progress) ([]user, error) {
	all := []user{}
	err := d.people.List(ctx, "email", "", func(_ string, _ uint64, p handoff.Person) error {
		all = append(all, userOf(p))
		return nil
	})
	return all, err
}

// userDisableCmd keeps somebody out.
type userDisableCmd struct {
	Email  string `arg:"" help:"Their address."`
	Enable bool   `help:"Let them in again."`
}

// Help is the long help.
func (userDisableCmd) Help() string {
	return "They are signed out at once and cannot sign in. What they did and said stays under their name." +
		example("balie user disable sanne@winkel.example", "balie user disable sanne@winkel.example --enable")
}

func (c *userDisableCmd) run(ctx context.Context, e *env) error {
	u, err := ask[user](ctx, e, "user.disable", c, false)
	if err != nil {
		return fmt.Errorf("disable %s: %w", c.Email, err)
	}
	word := "can no longer sign in"
	if !u.Disabled {
		word = "can sign in again"
	}
	return e.print(u, fmt.Sprintf("%s %s\n", u.Email, word))
}

func disableUser(ctx context.Context, d *data, c userDisableCmd, _ progress) (user, error) {
	return d.changeUser(ctx, c.Email, func(p *handoff.Person) { p.Disabled = !c.Enable })
}

// changeUser changes one person; somebody else's change in between makes it look again.
func (d *data) changeUser(ctx context.Context, email string, change func(*handoff.Person)) (user, error) {
	for {
		p, rev, err := d.byEmail(ctx, email)
		if err != nil {
			return user{}, err
		}
		change(&p)
		if _, err = d.people.Put(ctx, p.ID, p, rev); !fault.Is(err, fault.Conflict) {
			return userOf(p), err
		}
	}
}

// userPasswordCmd gives somebody a new password.
type userPasswordCmd struct {
	Email string `arg:"" help:"Their address."`
	Stdin bool   `name:"password-stdin" help:"Read the password from standard input. Without it one is asked for, or made up when there is no terminal."`
	Hash  string `kong:"-"`
}

// Help is the long help.
func (userPasswordCmd) Help() string {
	return "They are signed out everywhere." + example("balie user password sanne@winkel.example")
}

func (c *userPasswordCmd) run(ctx context.Context, e *env) error {
	password, made, err := e.newPassword(c.Stdin)
	if err != nil {
		return err
	}
	if c.Hash, err = web.HashPassword(password); err != nil {
		return misuse("%s", err)
	}
	u, err := ask[user](ctx, e, "user.password", c, false)
	if err != nil {
		return fmt.Errorf("new password for %s: %w", c.Email, err)
	}
	if made {
		u.Password = password
	}
	return e.print(u, fmt.Sprintf("%s has a new password\n", u.Email)+told(u))
}

func setPassword(ctx context.Context, d *data, c userPasswordCmd, _ progress) (user, error) {
	u, err := d.changeUser(ctx, c.Email, func(p *handoff.Person) { p.Password = c.Hash })
	if err != nil {
		return u, err
	}
	type login struct {
		id  string
		rev uint64
	}
	var theirs []login
	err = d.logins.List(ctx, "", "", func(id string, rev uint64, l web.Login) error {
		if l.Person == u.ID {
			theirs = append(theirs, login{id, rev})
		}
		return nil
	})
	for _, l := range theirs {
		if err == nil {
			err = d.logins.Delete(ctx, l.id, l.rev)
		}
	}
	return u, err
}
