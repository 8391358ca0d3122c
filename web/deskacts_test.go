package web_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	demoshop "balie/cmd/balie/demo"

	"balie/bot/flow"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/connector/demo"
	"balie/internal/relay"
	"balie/internal/store/document"
	"balie/web"
)

// counter is a house where agents act on the demo shop, each up to five euros alone.
type counter struct {
	*rig
	shop *demo.Shop
}

func openCounter(t *testing.T) *counter {
	t.Helper()
	k := &counter{}
	var ledger *action.Ledger
	k.rig = newRig(t, func(o *web.Options) {
		e := o.Lists.(engine)
		k.shop = demo.New(demo.Bytes(demoshop.Orders), document.In(e, "orders", document.Options[demo.Record]{}), time.Now)
		limits := document.In(e, "limits", document.Options[action.Limits]{History: true})
		lim := action.DefaultLimits()
		lim.Roles[chat.RoleAgent] = map[action.WriteKind]action.Limit{"*": {PerAct: 500}}
		if _, err := limits.Put(t.Context(), "limits", lim, 0); err != nil {
			t.Fatal(err)
		}
		ledger = action.New(o.Log.(*relay.Relay), k.shop, action.Shelves{Limits: limits,
			Spent: document.In(e, "spent", document.Options[action.Spent]{}),
			Links: document.In(e, "undo_links", document.Options[action.UndoLink]{}),
			Codes: document.In(e, "codes", document.Options[action.Code]{})}, action.Settings{}, nil)
		set := flow.NewSet(flow.Builtin()...)
		o.Ledger, o.Acts = ledger, flow.New(func() *flow.Set { return set }, k.shop, nil, nil, flow.Options{})
	})
	ctx, end := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { k.relay.Run(ctx, ledger.Worker(), relay.Settings{}) })
	t.Cleanup(func() {
		end()
		wg.Wait()
	})
	return k
}

// helping is a customer who is known, and the agent who has them.
func (k *counter) helping(agent *browser, customer string) (*wire, string) {
	k.Helper()
	agent.must("PUT", "/api/v1/desk/presence", frame{"state": "available"})
	w := k.waiting("")
	if customer != "" {
		k.know(w.conv, customer)
	}
	return w, agent.must("POST", conv(w.conv, "/claim"), nil).str("lease")
}

func (k *counter) know(id chat.ConversationID, customer string) {
	k.Helper()
	_, err := k.relay.Commit(k.Context(), relay.Append{Conv: id, At: chat.Any, Drafts: []chat.Draft{{By: chat.System,
		Body: &chat.Identified{Level: chat.LevelOrder, ID: customer, Name: "Jan de Vries", How: "order + postcode"}}}})
	if err != nil {
		k.Fatal(err)
	}
}

const jan = "jan_de_vries_1001"

var prinsengracht = frame{"line1": "Prinsengracht 1", "line2": "", "city": "Amsterdam", "region": "", "postcode": "1015 DK", "country": "NL"}

func (k *counter) order(id action.OrderID) action.Order {
	k.Helper()
	o, err := k.shop.Order(k.Context(), id)
	if err != nil {
		k.Fatal(err)
	}
	return o
}

// act looks at an act and confirms what the card says.
func (b *browser) act(id chat.ConversationID, body frame) frame {
	b.Helper()
	delete(body, "confirm")
	seen := b.must("POST", conv(id, "/actions"), body)
	body["confirm"] = seen.str("confirm")
	return b.must("POST", conv(id, "/actions"), body)
}

func (k *counter) state(id chat.ConversationID, act string) string {
	k.Helper()
	c := k.rig.state(id)
	if a := c.Action(act); a != nil {
		return string(a.State) + " " + a.Reason
	}
	return ""
}

func TestAnAgentActsForTheCustomer(t *testing.T) {
	t.Parallel()
	k := openCounter(t)
	sanne := k.signIn("sanne")
	w, lease := k.helping(sanne, jan)
	acts := sanne.must("GET", "/api/v1/desk/actions", nil)["acts"].([]any)
	form := sanne.must("GET", conv(w.conv, "/actions?lang=nl"), nil)
	if len(acts) < 5 || len(form["acts"].([]any)) != len(acts) {
		t.Fatalf("acts: %v", acts)
	}
	choices := frame(form["choices"].(map[string]any))
	if orders := choices["orders"].([]any); len(orders) != 5 || frame(choices["address"].(map[string]any)).str("postcode") != "1015 CX" {
		t.Errorf("choices: %v", choices)
	}
	body := frame{"name": "change_order_address", "params": frame{"order": "#P10001", "address": prinsengracht}, "lang": "nl", "lease": lease}
	seen := sanne.must("POST", conv(w.conv, "/actions"), body)
	rows, _ := seen["card"].(map[string]any)["rows"].([]any)
	if len(rows) != 2 || !strings.Contains(frame(rows[1].(map[string]any)).str("before"), "Keizersgracht 12") || !strings.Contains(frame(rows[1].(map[string]any)).str("after"), "Prinsengracht 1") {
		t.Fatalf("card: %v", seen)
	}
	if before := k.order("#P10001").Address.Line1; before != "Keizersgracht 12-B" || len(k.rig.state(w.conv).Actions) != 0 {
		t.Fatalf("looking did something: %s", before)
	}
	body["confirm"] = seen.str("confirm")
	if status, f := sanne.call("POST", conv(w.conv, "/actions"), body); status != 422 || f.str("reason") != "why_missing" {
		t.Errorf("without a reason: %d %v", status, f)
	}
	body["why"] = "klant is verhuisd"
	done := sanne.must("POST", conv(w.conv, "/actions"), body)
	card := w.find("card", func(f frame) bool { return f.str("message", "card", "action") == done.str("action") })
	if card.str("message", "text") != "Dit regel ik voor u." || card.str("from", "name") != "Sanne" || card.str("message", "why") != "" {
		t.Errorf("the customer sees %v", card)
	}
	if status, f := sanne.call("POST", conv(w.conv, "/actions"), body); status != 409 || f.str("reason") != "already_sent" {
		t.Errorf("the same confirmation again: %d %v", status, f)
	}
	eventually(t, "done", func() bool { return k.state(w.conv, done.str("action")) == "done " })
	if now := k.order("#P10001").Address.Line1; now != "Prinsengracht 1" {
		t.Errorf("the shop has %s", now)
	}
	for _, e := range k.events(w.conv) {
		if n, ok := e.Body.(*chat.Note); ok && (n.Text != "klant is verhuisd" || e.By.ID != "sanne") {
			t.Errorf("note: %v %v", e.By, n)
		}
	}
	sanne.must("POST", conv(w.conv, "/actions"), frame{"undo": done.str("action"), "lease": lease})
	eventually(t, "undone", func() bool { return k.state(w.conv, done.str("action")) == "undone " })
	if now := k.order("#P10001").Address.Line1; now != "Keizersgracht 12-B" {
		t.Errorf("after undoing the shop has %s", now)
	}
}

func TestOneConfirmationIsOneAct(t *testing.T) {
	t.Parallel()
	k := openCounter(t)
	sanne := k.signIn("sanne")
	w, _ := k.helping(sanne, jan)
	body := frame{"name": "change_customer_address", "params": frame{"address": prinsengracht}, "why": "verhuisd"}
	body["confirm"] = sanne.must("POST", conv(w.conv, "/actions"), body).str("confirm")
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 8 {
		wg.Go(func() {
			resp := sanne.do("POST", conv(w.conv, "/actions"), body, nil)
			resp.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			statuses[resp.StatusCode]++
		})
	}
	wg.Wait()
	if statuses[200] != 1 || statuses[409] != 7 || len(k.rig.state(w.conv).Actions) != 1 {
		t.Errorf("eight at once: %v, acts %v", statuses, k.rig.state(w.conv).Actions)
	}
}

func TestActsThatAreRefused(t *testing.T) {
	t.Parallel()
	k := openCounter(t)
	sanne, joris := k.signIn("sanne"), k.signIn("joris")
	joris.must("PUT", "/api/v1/desk/presence", frame{"state": "available"})
	w, lease := k.helping(sanne, jan)
	stranger, _ := k.helping(sanne, "")
	address := frame{"order": "#P10001", "address": prinsengracht}
	for name, c := range map[string]struct {
		who    *browser
		conv   chat.ConversationID
		body   frame
		status int
		reason string
	}{
		"not yours":                {joris, w.conv, frame{"name": "change_order_address", "params": address}, 409, ""},
		"lease of another claim":   {sanne, w.conv, frame{"name": "change_order_address", "params": address, "lease": lease + "x"}, 409, ""},
		"another customer's order": {sanne, w.conv, frame{"name": "change_order_address", "params": frame{"order": "#P10010", "address": prinsengracht}}, 422, "unknown_order"},
		"no such order":            {sanne, w.conv, frame{"name": "change_order_address", "params": frame{"order": "#P99999", "address": prinsengracht}}, 422, "unknown_order"},
		"too late":                 {sanne, w.conv, frame{"name": "cancel_order", "params": frame{"order": "#P10003", "reason": "no longer needed"}}, 422, "not_pending"},
		"an unknown customer":      {sanne, stranger.conv, frame{"name": "change_order_address", "params": address}, 422, "unknown_customer"},
		"not sure enough":          {sanne, w.conv, frame{"name": "change_contact", "params": frame{"email": "new@demo.test"}}, 422, "level_too_low"},
		"no address":               {sanne, w.conv, frame{"name": "change_order_address", "params": frame{"order": "#P10001"}}, 422, "bad_request"},
		"half an address":          {sanne, w.conv, frame{"name": "change_order_address", "params": frame{"order": "#P10001", "address": frame{"line1": "x"}}}, 422, "bad_address"},
		"an address of letters":    {sanne, w.conv, frame{"name": "change_order_address", "params": frame{"order": "#P10001", "address": "thuis"}}, 422, "bad_request"},
		"fields of another act":    {sanne, w.conv, frame{"name": "change_order_address", "params": frame{"order": "#P10001", "address": prinsengracht, "items": []string{"1"}}}, 422, "bad_request"},
		"a reason of one's own":    {sanne, w.conv, frame{"name": "cancel_order", "params": frame{"order": "#P10001", "reason": "zomaar"}}, 422, "bad_request"},
		"no such act":              {sanne, w.conv, frame{"name": "give_money", "params": frame{}}, 422, "bad_request"},
		"the card of another":      {sanne, w.conv, frame{"name": "change_order_address", "params": address, "why": "x", "confirm": "abc-DEF"}, 409, "changed_since"},
		"nothing":                  {sanne, w.conv, frame{}, 400, ""},
		"undo of nothing":          {sanne, w.conv, frame{"undo": "a-0"}, 404, ""},
		"approve of nothing":       {k.signIn("sam"), w.conv, frame{"approve": "a-0"}, 404, ""},
		"a long reason":            {sanne, w.conv, frame{"name": "change_order_address", "params": address, "why": strings.Repeat("x", 600)}, 413, ""},
	} {
		if status, f := c.who.call("POST", conv(c.conv, "/actions"), c.body); status != c.status || f.str("reason") != c.reason || f.str("detail") == "" {
			t.Errorf("%s: %d %v", name, status, f)
		}
	}
	if n := len(k.rig.state(w.conv).Actions) + len(k.rig.state(stranger.conv).Actions); n != 0 {
		t.Errorf("%d acts came of it", n)
	}
	if resp := k.browser().do("GET", "/api/v1/desk/requests", nil, nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("requests, to nobody: %d", resp.StatusCode)
	}
}

func TestASecondPersonDecides(t *testing.T) {
	t.Parallel()
	k := openCounter(t)
	sanne, joris, sam := k.signIn("sanne"), k.signIn("joris"), k.signIn("sam")
	w, _ := k.helping(sanne, jan)
	o := k.order("#P10001")
	cancel := frame{"name": "cancel_order", "params": frame{"order": string(o.ID), "reason": "no longer needed"}, "why": "klant belde", "lang": "nl"}
	if seen := sanne.must("POST", conv(w.conv, "/actions"), cancel); seen["second"] != true {
		t.Fatalf("above the limit: %v", seen)
	}
	asked := sanne.act(w.conv, cancel)
	id := asked.str("action")
	if asked["asked"] != true || k.state(w.conv, id) != "proposed over_limit" {
		t.Fatalf("asked: %v, %s", asked, k.state(w.conv, id))
	}
	list := func(b *browser) []any { return b.must("GET", "/api/v1/desk/requests?lang=nl", nil)["requests"].([]any) }
	if all := list(sam); len(all) != 1 {
		t.Fatalf("requests: %v", all)
	}
	q := frame(list(sam)[0].(map[string]any))
	if q.str("id") != id || q.str("by", "id") != "sanne" || q.str("why") != "klant belde" || q["may"] != true || q.str("card", "title") == "" || len(q["card"].(map[string]any)["rows"].([]any)) < 3 {
		t.Errorf("request: %v", q)
	}
	if own := list(sanne); len(own) != 1 || own[0].(map[string]any)["may"] != false {
		t.Errorf("one's own request: %v", own)
	}
	if other := list(joris); len(other) != 0 {
		t.Errorf("a colleague sees %v", other)
	}
	for name, c := range map[string]struct {
		who    *browser
		body   frame
		status int
		reason string
	}{
		"a colleague of the same rank": {joris, frame{"approve": id}, 403, "rank_too_low"},
		"who asked":                    {sanne, frame{"approve": id}, 403, "rank_too_low"},
		"a colleague says no":          {joris, frame{"decline": id, "why": "nee"}, 403, "rank_too_low"},
		"no without why":               {sam, frame{"decline": id}, 422, "why_missing"},
	} {
		if status, f := c.who.call("POST", conv(w.conv, "/actions"), c.body); status != c.status || f.str("reason") != c.reason {
			t.Errorf("%s: %d %v", name, status, f)
		}
	}
	if k.order(o.ID).Status != action.Pending {
		t.Fatal("it was done without a second person")
	}
	sam.must("POST", conv(w.conv, "/actions"), frame{"approve": id})
	if card := w.find("card", func(f frame) bool { return f.str("message", "card", "action") == id }); card.str("from", "role") != "system" || card.str("message", "text") != "Dit regelen wij voor u." {
		t.Errorf("the customer sees %v", card)
	}
	eventually(t, "cancelled", func() bool { return k.state(w.conv, id) == "done " })
	if status, f := sam.call("POST", conv(w.conv, "/actions"), frame{"approve": id}); status != 410 || f.str("reason") != "expired" {
		t.Errorf("approved twice: %d %v", status, f)
	}
	if k.order(o.ID).Status != action.Cancelled || len(list(sam)) != 0 {
		t.Errorf("the shop has %s, waiting %v", k.order(o.ID).Status, list(sam))
	}
}

// Nobody is two people: not with another browser, and not with a higher rank.
func TestWhoAskedDoesNotApprove(t *testing.T) {
	t.Parallel()
	k := openCounter(t)
	sam := k.signIn("sam")
	w, _ := k.helping(sam, jan)
	o := k.order("#P10002")
	body := frame{"name": "return_items", "params": frame{"order": string(o.ID), "items": []action.ItemID{o.Items[0].ID}, "method": string(o.Payments[0].Method)}, "why": "past niet"}
	id := sam.act(w.conv, body).str("action")
	for _, b := range []*browser{sam, k.signIn("sam")} {
		if status, f := b.call("POST", conv(w.conv, "/actions"), frame{"approve": id}); status != 403 || f.str("reason") != "own_request" {
			t.Errorf("approved by who asked: %d %v", status, f)
		}
	}
	k.signIn("ada").must("POST", conv(w.conv, "/actions"), frame{"decline": id, "why": "buiten de termijn"})
	if got := k.state(w.conv, id); got != "failed declined" {
		t.Errorf("declined: %s", got)
	}
	again := sam.act(w.conv, body).str("action")
	sam.must("POST", conv(w.conv, "/actions"), frame{"decline": again, "why": "toch niet"}) // taken back by who asked
	if got := k.state(w.conv, again); got != "failed declined" || k.order(o.ID).Status != action.Delivered {
		t.Errorf("taken back: %s, %s", got, k.order(o.ID).Status)
	}
}
