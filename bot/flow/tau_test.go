package flow_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"balie/bot/bottest"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/connector/demo"
	"balie/internal/connector/tautest"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

// The public retail tasks, as conversations without a language model. A scripted customer says what the task says, proves who they are by order
// number and zip code, answers what is asked, and presses Send only on a card that shows what they want; on another card they say no.
// Afterwards the order system is compared with one on which only the gold writes were done.

// addressOf is how a customer writes the address of an act.
func addressOf(a tautest.Act) string {
	parts := []string{a.Args.Address1, a.Args.Address2, a.Args.City, a.Args.State + " " + a.Args.Zip}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// writeOf is the act as the ledger sends it. The country is written as the shop's records have it.
func writeOf(a tautest.Act, who action.CustomerID) action.Write {
	w, _ := a.Write(who)
	w.Customer = who
	if w.Address != nil {
		w.Address.Country = strings.Replace(w.Address.Country, "USA", "US", 1)
	}
	return w
}

// same makes two writes comparable: the order of items says nothing.
func same(w action.Write) string {
	w.Items, w.Swaps = slices.Clone(w.Items), slices.Clone(w.Swaps)
	slices.Sort(w.Items)
	slices.SortFunc(w.Swaps, func(a, b action.Swap) int { return cmp.Compare(a.From+a.To, b.From+b.To) })
	if w.Kind == action.ReturnItems {
		w.Reason = ""
	}
	return w.Fingerprint()
}

// tally counts wishes and whole tasks that came out right.
type tally struct {
	done, all map[string]int
	wrong     int
	handed    int
}

func (s *tally) add(what string, ok bool) {
	s.all[what]++
	if ok {
		s.done[what]++
	}
}

func (s *tally) rate(names ...string) float64 {
	done, all := 0, 0
	for _, n := range names {
		done, all = done+s.done[n], all+s.all[n]
	}
	return float64(done) / float64(max(all, 1))
}

func (s *tally) table() string {
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(s.all)) {
		fmt.Fprintf(&b, "%-32s %3d of %3d  %.2f\n", n, s.done[n], s.all[n], s.rate(n))
	}
	fmt.Fprintf(&b, "%-32s %3d\n%-32s %3d\n", "handed over", s.handed, "wrong writes", s.wrong)
	return b.String()
}

// TestTauConversations holds the conversations to floors a little below what was measured, said in two ways: each wish by itself in one of several phrasings, and everything at
// once, as the task tells why the customer calls. A write that is not gold is never allowed.
func TestTauConversations(t *testing.T) {
	path, tasks := tautest.Read(t)
	orders, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := bottest.Open(t, bottest.Options{Orders: orders, NoLibrary: true, Country: "US"})
	for name, aims := range map[string]map[string]float64{
		"one by one":  {"address": 0.95, "cancel": 0.9, "return": 0.95, "exchange": 0.9, "modify": 0.9, "tasks": 0.95},
		"all at once": {"address": 0.95, "cancel": 0.9, "return": 0.95, "exchange": 0.8, "modify": 0.9, "tasks": 0.9},
	} {
		t.Run(name, func(t *testing.T) {
			s := &tally{done: map[string]int{}, all: map[string]int{}}
			for i, task := range tasks {
				h := first.Again(t)
				playTask(t, h, task, i, name == "all at once", s, orders)
				h.Close()
			}
			t.Logf("%s:\n%s", name, s.table())
			groups := map[string][]string{"address": {"modify_pending_order_address", "modify_user_address"}, "cancel": {"cancel_pending_order"},
				"return": {"return_delivered_order_items"}, "exchange": {"exchange_delivered_order_items"},
				"modify": {"modify_pending_order_items"}, "tasks": {"tasks"}}
			for group, aim := range aims {
				if r := s.rate(groups[group]...); r < aim {
					t.Errorf("%s done: %.2f, want at least %.2f", group, r, aim)
				}
			}
			if s.wrong > 0 {
				t.Errorf("%d wrong writes", s.wrong)
			}
		})
	}
}

// playTask plays one task to its end, and compares.
func playTask(t *testing.T, h *bottest.House, task tautest.Task, way int, opening bool, s *tally, orders []byte) {
	t.Helper()
	var wishes []*wish
	for _, a := range task.Acts {
		if a.Kind() != "" {
			wishes = append(wishes, &wish{Act: a})
		}
	}
	c := &customer{t: t, k: h.Begin("en"), shop: h.Shop, way: way, wishes: wishes}
	gold := map[string]int{}
	var who action.CustomerID
	direct := tauShop(t, orders)
	if len(wishes) > 0 {
		who, c.order = owner(t, h, task)
		c.zip = c.profile(who).Address.Postcode
	}
	for _, w := range wishes {
		write := writeOf(w.Act, who)
		gold[same(write)]++
		write.Key = "gold-" + write.Fingerprint()
		direct.Do(t.Context(), write) // what the shop refuses is refused on both sides
	}
	if opening {
		c.say(firstPerson(task.Instructions.Reason))
	}
	c.run()
	ok := true
	if who != "" {
		ok = reflect.DeepEqual(everything(t, h.Shop, who), everything(t, direct, who))
	}
	conv := c.k.Conversation()
	for _, e := range c.k.Events() {
		b, is := e.Body.(*chat.ActionMoved)
		if !is || b.State != chat.ActionProposed || conv.Action(b.ID).State != chat.ActionDone {
			continue
		}
		var w action.Write
		if err := json.Unmarshal(b.Params, &w); err != nil {
			t.Fatal(err)
		}
		if gold[same(w)]--; gold[same(w)] < 0 {
			s.wrong++
			t.Errorf("task %s: a wrong write %s\n%s", task.ID, b.Params, strings.Join(c.trace, "\n"))
		}
	}
	for _, w := range wishes {
		s.add(w.Name, w.done)
	}
	s.add("tasks", ok)
	if conv.Owner.Role != chat.RoleBot {
		s.handed++
	}
	if !ok {
		t.Logf("task %s is not done:\n%s", task.ID, strings.Join(c.trace, "\n"))
	}
}

func tauShop(t *testing.T, file []byte) *demo.Shop {
	t.Helper()
	e, err := bolt.Open(t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	now := bottest.Start
	return demo.New(demo.Bytes(file), document.In(e, "demo", document.Options[demo.Record]{}), func() time.Time { return now })
}

// owner finds the customer of a task and an order of theirs.
func owner(t *testing.T, h *bottest.House, task tautest.Task) (action.CustomerID, action.OrderID) {
	t.Helper()
	var who action.CustomerID
	for _, a := range task.Acts {
		if a.Args.Customer != "" {
			who = a.Args.Customer
		}
		if a.Args.Order != "" {
			o, err := h.Shop.Order(t.Context(), a.Args.Order)
			if err == nil {
				return o.Customer, o.ID
			}
		}
	}
	all, err := h.Shop.CustomerOrders(t.Context(), who)
	if err != nil || len(all) == 0 {
		t.Fatalf("task %s: no order of %q: %v", task.ID, who, err)
	}
	return who, all[0].ID
}

// everything is what the order system has of a customer.
func everything(t *testing.T, shop *demo.Shop, who action.CustomerID) []any {
	t.Helper()
	c, err := shop.Customer(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	all, err := shop.CustomerOrders(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return []any{c, all}
}
