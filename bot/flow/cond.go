package flow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Cond is a condition of a step: clauses joined by "and". A clause is NAME (true when it is set and not "no"), NAME is A|B,
// NAME is set, NAME < 3 (also <=, >, >=), or any of these behind "not". Names are those of facts, or slot.NAME.
type Cond struct {
	text    string
	clauses []clause
}

type clause struct {
	not    bool
	name   string
	op     string // "", is, <, <=, >, >=
	values []string
	n      int
}

// facts are the names a condition may ask for besides slots; see run.fact.
var facts = []string{"order.status", "order.items", "order.shipped", "order.days", "order.returnable", "customer.orders", "customer.level"}

// maxClauses bounds a condition.
const maxClauses = 8

func parseCond(s string) (*Cond, error) {
	c := &Cond{text: s}
	parts := strings.Split(s, " and ")
	if len(parts) > maxClauses {
		return nil, fmt.Errorf("a condition has at most %d parts", maxClauses)
	}
	for _, p := range parts {
		cl, err := parseClause(strings.TrimSpace(p))
		if err != nil {
			return nil, err
		}
		c.clauses = append(c.clauses, cl)
	}
	return c, nil
}

func parseClause(s string) (clause, error) {
	var c clause
	if rest, ok := strings.CutPrefix(s, "not "); ok {
		c.not, s = true, strings.TrimSpace(rest)
	}
	name, rest, found := strings.Cut(s, " ")
	c.name = name
	if name == "" {
		return c, fmt.Errorf("an empty condition: write for example \"order.status is pending\"")
	}
	if !found {
		return c, nil
	}
	op, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
	value = strings.TrimSpace(value)
	c.op = op
	switch op {
	case "is":
		for v := range strings.SplitSeq(value, "|") {
			c.values = append(c.values, strings.TrimSpace(v))
		}
		if value == "" {
			return c, fmt.Errorf("%q lacks a value after \"is\"", s)
		}
	case "<", "<=", ">", ">=":
		n, err := strconv.Atoi(value)
		if err != nil {
			return c, fmt.Errorf("%q needs a whole number after %s", s, op)
		}
		c.n = n
	default:
		return c, fmt.Errorf("%q: after a name comes \"is\", <, <=, > or >=", s)
	}
	return c, nil
}

// names lists what the condition asks for.
func (c *Cond) names() []string {
	var out []string
	for _, cl := range c.clauses {
		out = append(out, cl.name)
	}
	return out
}

// holds evaluates the condition; get returns "" for what is not set.
func (c *Cond) holds(get func(string) (string, error)) (bool, error) {
	for _, cl := range c.clauses {
		v, err := get(cl.name)
		if err != nil {
			return false, err
		}
		if cl.holds(v) == cl.not {
			return false, nil
		}
	}
	return true, nil
}

func (cl clause) holds(v string) bool {
	switch cl.op {
	case "":
		return v != "" && v != "no"
	case "is":
		return slices.Contains(cl.values, v) || (v != "" && slices.Contains(cl.values, "set"))
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return false
	}
	switch cl.op {
	case "<":
		return n < cl.n
	case "<=":
		return n <= cl.n
	case ">":
		return n > cl.n
	}
	return n >= cl.n
}
