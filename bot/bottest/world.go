package bottest

import (
	"fmt"
	"strings"
	"time"

	"balie/internal/action"
	connector "balie/internal/connector/demo"
)

// Do changes the world: "wait 26h", "orders up|down|fail|lose" (down: nothing answers; fail: a write is refused a connection; lose: a write
// happens and its answer is lost), "mail" (show what was mailed last, codes left out), "code" and "code wrong" (type the one last mailed, or
// another), "sign in CUSTOMER", "order #P10001" and "customer ID" (show how the order system has it now).
func (k *Talk) Do(command string) ([]string, error) {
	verb, rest, _ := strings.Cut(command, " ")
	switch verb {
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return nil, fmt.Errorf("wait: %w", err)
		}
		k.h.Pass(d)
		return nil, nil
	case "orders":
		return nil, k.h.setTrouble(rest)
	case "mail":
		all := k.h.Mail()
		if len(all) == 0 {
			return []string{"mail: none"}, nil
		}
		m := all[len(all)-1]
		return []string{"mail to " + m.To + ": " + sixDigits.ReplaceAllString(m.Subject, "000000")}, nil
	case "code":
		code := k.h.Code()
		if rest == "wrong" {
			code = strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
		}
		k.Say(code)
		return nil, nil
	case "sign":
		k.SignIn(strings.TrimPrefix(rest, "in "))
		k.New()
		return nil, nil
	case "order":
		o, err := k.h.Shop.Order(k.h.t.Context(), action.OrderID(rest))
		if err != nil {
			return nil, err
		}
		line := fmt.Sprintf("order %s: %s, to %s, %s %s", o.ID, o.Status, o.Address.Line1, o.Address.Postcode, o.Address.City)
		if len(o.ReturnItems) > 0 {
			line += fmt.Sprintf(", returns %v", o.ReturnItems)
		}
		return []string{line}, nil
	case "customer":
		c, err := k.h.Shop.Customer(k.h.t.Context(), action.CustomerID(rest))
		if err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("customer %s: %s, %s %s, %s", c.ID, c.Address.Line1, c.Address.Postcode, c.Address.City, c.Email)}, nil
	}
	return nil, fmt.Errorf("%q is nothing that can be done to the world", command)
}

func (h *House) setTrouble(what string) error {
	kinds := map[string]func(op string) connector.Trouble{
		"up":   nil,
		"down": func(string) connector.Trouble { return connector.Fail },
		"fail": func(op string) connector.Trouble {
			if op == "Do" {
				return connector.Fail
			}
			return connector.None
		},
		"lose": func(op string) connector.Trouble {
			if op == "Do" {
				return connector.LoseAnswer
			}
			return connector.None
		},
	}
	f, ok := kinds[what]
	if !ok {
		return fmt.Errorf("orders cannot be %q", what)
	}
	h.Trouble = f
	return nil
}
