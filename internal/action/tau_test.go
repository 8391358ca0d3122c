package action_test

import (
	"os"
	"reflect"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/action/actiontest"
	"balie/internal/chat"
	"balie/internal/connector/demo"
	"balie/internal/connector/tautest"
	"balie/internal/fault"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

// writesOf are a task's acts, with whose they are.
func writesOf(task tautest.Task, owners map[action.OrderID]action.CustomerID) (out []action.Write) {
	for _, a := range task.Acts {
		if w, ok := a.Write(owners[a.Args.Order]); ok {
			out = append(out, w)
		}
	}
	return out
}

// TestRetailTasksThroughTheLedger takes the gold writes of every public task from proposal to receipt, each by its customer's press, and
// wants the database that the same writes leave when they are given to the shop directly (which demo's tests hold against an
// independent one). What the shop refuses is refused before there is a card, with the shop's own reason.
func TestRetailTasksThroughTheLedger(t *testing.T) {
	path, tasks := tautest.Read(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	owners := newRigOn(t, file).house().Orders
	exact, done, refused := 0, 0, 0
	for _, task := range tasks {
		r, direct := newRigOn(t, file), directShop(t, file)
		convs := map[action.CustomerID]chat.ConversationID{}
		var all []chat.ConversationID
		same := true
		for _, w := range writesOf(task, owners) {
			if convs[w.Customer] == "" {
				convs[w.Customer] = r.begin(string(w.Customer), chat.LevelSignedIn)
				all = append(all, convs[w.Customer])
			}
			conv := convs[w.Customer]
			d := w
			d.Key = "direct-" + w.Fingerprint()
			_, want := direct.Do(r.ctx, d)
			if _, err := r.ledger.Propose(r.conv(conv), "", w, chat.LevelOrder); want != nil || err != nil {
				refused++
				if action.ReasonOf(err) != action.ReasonOf(want) || err == nil {
					t.Errorf("task %s: proposed %v, the shop says %v", task.ID, err, want)
				}
				continue
			}
			id := r.agree(conv, w)
			r.run()
			done++
			if a := r.state(conv, id); a.State != chat.ActionDone {
				t.Errorf("task %s: %s is %s (%s)", task.ID, w.Kind, a.State, a.Reason)
				same = false
			}
			same = same && sameFor(r, direct, w)
		}
		h := actiontest.House{Logs: map[chat.ConversationID][]chat.Event{}, Done: r.journal.Executed(), Orders: owners, Limits: action.DefaultLimits(), Now: r.now()}
		for _, conv := range all { // no Customers: people move to where others live
			h.Logs[conv] = r.events(conv)
		}
		for _, wrong := range actiontest.Check(h) {
			t.Errorf("task %s: %s", task.ID, wrong)
		}
		if same {
			exact++
		}
		r.engine.Close()
	}
	t.Logf("%d tasks: %d writes done, %d refused, the right database after %d", len(tasks), done, refused, exact)
	if len(tasks) != 74 || exact != 74 || done != 119 || refused != 1 {
		t.Error("want 74 tasks with the right database, 119 writes done and 1 refused")
	}
}

func directShop(t *testing.T, file []byte) *demo.Shop {
	t.Helper()
	e, err := bolt.Open(t.TempDir(), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	return demo.New(demo.Bytes(file), document.In(e, "demo", document.Options[demo.Record]{}), func() time.Time { return at })
}

// sameFor tells whether a customer and all their orders are equal in both shops.
func sameFor(r *rig, direct *demo.Shop, w action.Write) bool {
	r.Helper()
	a, err1 := r.shop.Customer(r.ctx, w.Customer)
	b, err2 := direct.Customer(r.ctx, w.Customer)
	ao, err3 := r.shop.CustomerOrders(r.ctx, w.Customer)
	bo, err4 := direct.CustomerOrders(r.ctx, w.Customer)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			r.Fatal(fault.Text(err))
		}
	}
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(ao, bo) {
		r.Errorf("%s for %s: the shops differ", w.Kind, w.Customer)
		return false
	}
	return true
}
