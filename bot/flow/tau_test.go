package flow_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"balie/bot/bottest"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/connector/demo"
)

// The public retail tasks, as conversations without a language model. A scripted customer says each wish of the task in turn, in the words of
// the instructions, proves who they are by order number and zip code, and presses Send only on a card that shows what they want;
// on another card they say no. Afterwards the order system is compared with one on which only the gold writes were done.

type tauTask struct {
	ID      string      `json:"id"`
	Actions []tauAction `json:"actions"`
}

type tauAction struct {
	Name string  `json:"name"`
	Args tauArgs `json:"args"`
}

type tauArgs struct {
	Order    action.OrderID    `json:"order_id"`
	Customer action.CustomerID `json:"user_id"`
	Items    []action.ItemID   `json:"item_ids"`
	Method   action.MethodID   `json:"payment_method_id"`
	Reason   string            `json:"reason"`
	Address1 string            `json:"address1"`
	Address2 string            `json:"address2"`
	City     string            `json:"city"`
	State    string            `json:"state"`
	Country  string            `json:"country"`
	Zip      string            `json:"zip"`
}

func (a tauAction) address() string {
	parts := []string{a.Args.Address1, a.Args.Address2, a.Args.City, a.Args.State + " " + a.Args.Zip}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func tauData(t *testing.T) (orders []byte, tasks []tauTask) {
	t.Helper()
	dir := filepath.Join(cmp.Or(os.Getenv("BALIE_EVAL_DATA"), "../../../shared/data"), "tau-retail")
	f, err := os.Open(filepath.Join(dir, "tasks.jsonl"))
	if err != nil {
		t.Skipf("skipped: the public retail data is not here (%v); set BALIE_EVAL_DATA", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var task tauTask
		if err := json.Unmarshal(lines.Bytes(), &task); err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	orders, err = os.ReadFile(filepath.Join(dir, "orders.json"))
	if err != nil {
		t.Fatal(err)
	}
	return orders, tasks
}

// kinds of wishes that this test phrases, several ways each; %s are the order, and what is wanted.
var phrasings = map[string][]string{
	"modify_pending_order_address": {
		"I want to change the shipping address of order %s to %s",
		"hi, order %s needs to go to a different address. please send it to %s",
		"Could you modify the delivery address for my order %s? It should be %s instead",
		"wrong address on order %s!! must be %s",
	},
	"modify_user_address": {
		"I want to change my default address to %[2]s",
		"please update the address in my account, I moved to %[2]s",
		"Can you change my user address? The new one is %[2]s",
		"i moved. my new address is %[2]s",
	},
	"return_delivered_order_items": {
		"I want to return the %[2]s from order %[1]s",
		"Hello, I received order %s and would like to return the %s",
		"i need to send back the %[2]s (order %[1]s)",
		"order %s: please return the %s, I don't want it anymore",
	},
	"cancel_pending_order": {
		"please cancel order %s, %s",
		"I want to cancel my order %s because %s",
		"cancel %s please. reason: %s",
		"Can you cancel the order %s? %s",
	},
}

var reasonWords = map[string]string{"no longer needed": "I no longer need it", "ordered by mistake": "it was ordered by mistake"}

// customer plays one task.
type customer struct {
	t     *testing.T
	k     *bottest.Talk
	shop  *demo.Shop
	way   int
	zip   string
	order action.OrderID // whose zip they know, to prove who they are
	trace []string
}

func (c *customer) say(text string) {
	c.trace = append(c.trace, "> "+text)
	c.k.Say(text)
	c.heard()
}

func (c *customer) press(label string) bool {
	err := c.k.Press(label)
	c.trace = append(c.trace, "> ["+label+"]")
	c.heard()
	return err == nil
}

func (c *customer) submit(values map[string]string) {
	c.trace = append(c.trace, fmt.Sprintf("> %v", values))
	if err := c.k.Submit(values); err != nil {
		c.t.Error(err)
	}
	c.heard()
}

func (c *customer) heard() {
	for _, e := range c.k.New() {
		switch b := e.Body.(type) {
		case *chat.Message:
			if e.By.Role == chat.RoleBot {
				c.trace = append(c.trace, fmt.Sprintf("< %s %v", strings.ReplaceAll(b.Text, "\n", " "), b.Card))
			}
		case *chat.OwnerChanged:
			c.trace = append(c.trace, fmt.Sprintf("= %s %s", b.To, b.Reason))
		case *chat.ActionMoved:
			c.trace = append(c.trace, fmt.Sprintf("= %s %s %s", b.Name, b.State, b.Reason))
		}
	}
}

// want says one wish and answers what the bot asks, until the act is done, refused, or a person has it.
func (c *customer) want(a tauAction) {
	c.say(c.phrase(a))
	for range 8 {
		conv := c.k.Conversation()
		m := c.k.Last()
		if conv.Owner.Role != chat.RoleBot || conv.Flow == nil || m == nil {
			return
		}
		step, wait, _ := strings.Cut(conv.Flow.Wait, ":")
		switch {
		case m.Card != nil:
			if !c.agrees(a, m.Card) {
				c.say("never mind")
				return
			}
			c.press("Send")
			return
		case step == "identify":
			if _, told := conv.Slots["order"]; told {
				c.say(c.zip)
			} else {
				c.say(fmt.Sprintf("%s, %s", c.order, c.zip))
			}
		case wait == "new_address" && conv.Form != nil && conv.Flow.Tries > 0:
			c.submit(map[string]string{"line1": a.Args.Address1, "line2": a.Args.Address2, "city": a.Args.City, "region": a.Args.State, "postcode": a.Args.Zip})
		case wait == "instead":
			c.press("Yes, return it")
		case wait == "new_address":
			c.say(a.address())
		case wait == "items":
			c.say(c.items(a, true))
		case wait == "method":
			c.say(c.method(a))
		case wait == "order":
			c.say(string(a.Args.Order))
		case wait == "reason":
			c.say(reasonWords[a.Args.Reason])
		default:
			return
		}
	}
}

func (c *customer) phrase(a tauAction) string {
	what := a.address()
	switch a.Name {
	case "return_delivered_order_items":
		what = c.items(a, false)
	case "cancel_pending_order":
		what = reasonWords[a.Args.Reason]
	}
	forms := phrasings[a.Name]
	return fmt.Sprintf(forms[c.way%len(forms)], strings.TrimPrefix(string(a.Args.Order), []string{"", "#"}[c.way%2]), what)
}

// items names the articles as a customer would: by name, and with what tells them apart when asked again.
func (c *customer) items(a tauAction, detailed bool) string {
	o, err := c.shop.Order(c.t.Context(), a.Args.Order)
	if err != nil {
		c.t.Fatal(err)
	}
	var names []string
	for _, id := range a.Args.Items {
		for _, it := range o.Items {
			if it.ID == id {
				name := strings.ToLower(it.Name)
				if detailed {
					name = strings.Join(slices.Collect(maps.Values(it.Options)), " ") + " " + name
				}
				names = append(names, name)
				break
			}
		}
	}
	if len(names) == len(o.Items) && len(names) > 1 {
		return "whole order"
	}
	return strings.Join(names, " and the ")
}

func (c *customer) method(a tauAction) string {
	switch {
	case strings.HasPrefix(string(a.Args.Method), "gift"):
		return "to my gift card"
	case strings.HasPrefix(string(a.Args.Method), "paypal"):
		return "paypal please"
	}
	return "my credit card"
}

// agrees looks at the card as the customer does: the order, the address or the articles, and where the money goes.
func (c *customer) agrees(a tauAction, card *chat.Card) bool {
	rows := map[string]string{}
	for _, r := range card.Rows {
		rows[r.Label] = r.After
	}
	squash := func(s string) string {
		return strings.ToLower(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }), " "))
	}
	switch a.Name {
	case "modify_pending_order_address":
		return rows["Order"] == string(a.Args.Order) && squash(rows["Delivery address"]) == squash(a.address())
	case "modify_user_address":
		return squash(rows["Address"]) == squash(a.address())
	case "cancel_pending_order":
		return rows["Order"] == string(a.Args.Order)
	}
	o, err := c.shop.Order(c.t.Context(), a.Args.Order)
	if err != nil {
		c.t.Fatal(err)
	}
	var sum action.Money
	for _, id := range a.Args.Items {
		i := slices.IndexFunc(o.Items, func(it action.Item) bool { return it.ID == id })
		sum += o.Items[i].Price
	}
	kind := strings.Split(strings.ReplaceAll(strings.ToLower(rows["Money back to"]), " ", "_"), "_ending")[0]
	return rows["Order"] == string(a.Args.Order) && rows["Amount"] == "$"+sum.String() && strings.HasPrefix(string(a.Args.Method), kind)
}

// TestTauConversations holds the conversations to their aims: address changes at least nine in ten, returns seven in ten, and never a write that
// is not gold.
func TestTauConversations(t *testing.T) {
	orders, tasks := tauData(t)
	first := bottest.Open(t, bottest.Options{Orders: orders, NoLibrary: true, Country: "US"})
	score := map[string][2]int{}
	wrong := 0
	for i, task := range tasks {
		var wishes []tauAction
		for _, a := range task.Actions {
			if phrasings[a.Name] != nil {
				wishes = append(wishes, a)
			}
		}
		if len(wishes) == 0 {
			continue
		}
		h := first.Again(t)
		who, known := owner(t, h, task)
		profile, err := h.Shop.Customer(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		c := &customer{t: t, k: h.Begin("en"), shop: h.Shop, way: i, order: known.ID, zip: profile.Address.Postcode}
		for _, a := range wishes {
			before := state(t, h, who)
			c.want(a)
			c.heard()
			s := score[a.Name]
			s[1]++
			ok := holds(t, h, who, a)
			if ok {
				s[0]++
			} else {
				t.Logf("task %s, %s: not done\n%s", task.ID, a.Name, strings.Join(c.trace, "\n"))
				if after := state(t, h, who); before != after {
					wrong++
					t.Errorf("task %s: a wrong write\nbefore %s\nafter  %s", task.ID, before, after)
				}
			}
			score[a.Name] = s
			c.trace = nil
		}
	}
	rate := func(names ...string) float64 {
		done, all := 0, 0
		for _, n := range names {
			done, all = done+score[n][0], all+score[n][1]
		}
		return float64(done) / float64(max(all, 1))
	}
	t.Logf("%v; wrong writes %d", score, wrong)
	if r := rate("modify_pending_order_address", "modify_user_address"); r < 0.9 {
		t.Errorf("address changes done: %.2f, want at least .90", r)
	}
	if r := rate("return_delivered_order_items"); r < 0.7 {
		t.Errorf("returns done: %.2f, want at least .70", r)
	}
}

// owner finds the customer of a task and an order of theirs.
func owner(t *testing.T, h *bottest.House, task tauTask) (action.CustomerID, action.Order) {
	t.Helper()
	var who action.CustomerID
	for _, a := range task.Actions {
		if a.Args.Customer != "" {
			who = a.Args.Customer
		}
		if a.Args.Order != "" {
			o, err := h.Shop.Order(t.Context(), a.Args.Order)
			if err == nil {
				return o.Customer, o
			}
		}
	}
	all, err := h.Shop.CustomerOrders(t.Context(), who)
	if err != nil || len(all) == 0 {
		t.Fatalf("task %s: no order of %q: %v", task.ID, who, err)
	}
	return who, all[0]
}

func state(t *testing.T, h *bottest.House, who action.CustomerID) string {
	t.Helper()
	c, err := h.Shop.Customer(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	all, err := h.Shop.CustomerOrders(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal([]any{c, all})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// holds tells whether the order system is as the gold write leaves it.
func holds(t *testing.T, h *bottest.House, who action.CustomerID, a tauAction) bool {
	t.Helper()
	same := func(x action.Address) bool {
		return x.Line1 == a.Args.Address1 && x.Line2 == a.Args.Address2 && x.City == a.Args.City && x.Region == a.Args.State && x.Postcode == a.Args.Zip
	}
	if a.Name == "modify_user_address" {
		c, err := h.Shop.Customer(t.Context(), who)
		return err == nil && same(c.Address)
	}
	o, err := h.Shop.Order(t.Context(), a.Args.Order)
	if err != nil {
		return false
	}
	switch a.Name {
	case "modify_pending_order_address":
		return same(o.Address)
	case "cancel_pending_order":
		return o.Status == action.Cancelled && o.CancelReason == a.Args.Reason
	}
	return o.Status == action.ReturnRequested && o.ReturnMethod == a.Args.Method && slices.Equal(o.ReturnItems, slices.Sorted(slices.Values(a.Args.Items)))
}
