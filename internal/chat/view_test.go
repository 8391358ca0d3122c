package chat_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
)

// allowed is what of each kind a customer may see. A kind that is not named never reaches one. A new field is not allowed until it is
// written down here, and a field that is written down must really come through.
var allowed = map[chat.Kind][]string{
	"message": {"text", "lang", "sources[].article", "sources[].title", "sources[].section", "sources[].url", "sources[].updated", "sources[].lang",
		"buttons[].id", "buttons[].label", "buttons[].style", "pressed.id", "pressed.label", "submit.form", "submit.values{}",
		"form.id", "form.title", "form.submit", "form.fields[].name", "form.fields[].label", "form.fields[].type", "form.fields[].autocomplete",
		"form.fields[].value", "form.fields[].error", "form.fields[].hint", "form.fields[].options[].value", "form.fields[].options[].label",
		"card.action", "card.title", "card.rows[].label", "card.rows[].before", "card.rows[].after"},
	"owner":    {"to", "name", "reason"},
	"action":   {"id", "name", "state", "receipt", "undo_of"},
	"rating":   {"comment"},
	"closed":   {},
	"redacted": {},
}

// fill puts a marker that names its own place into every string under v.
func fill(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("<" + path + ">")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				fill(v.Field(i), strings.TrimPrefix(path+"."+name, "."))
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`"<` + path + `>"`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path+"[]")
	case reflect.Map:
		e := reflect.New(v.Type().Elem()).Elem()
		fill(e, path+"{}")
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), e)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(7)
	default:
		panic(fmt.Sprintf("%s is a %v: teach this test about it", path, v.Type()))
	}
}

// TestOnlyWhatIsAllowedReachesCustomers fills every field of every kind and looks at what comes through the gate.
func TestOnlyWhatIsAllowedReachesCustomers(t *testing.T) {
	for _, kind := range chat.Kinds() {
		body, err := chat.DecodeBody(kind, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		fill(reflect.ValueOf(body).Elem(), "")
		before := text(t, body)
		e := chat.Event{Conv: "c", Seq: 1, Key: "<key>", By: chat.Party{Role: chat.RoleAgent, ID: "<by.id>", Name: "Sanne"}, Body: body}
		seen, ok := chat.ForCustomer(e)
		fields, may := allowed[kind]
		if ok != may { // (human_requested is filled as one that changes nothing; see below for the other)
			t.Errorf("%s reaches customers: %v, want %v", kind, ok, may)
		}
		if after := text(t, body); after != before {
			t.Errorf("%s: the gate changed the event in the log:\n%s\n%s", kind, before, after)
		}
		if !ok {
			if seen.Body != nil || seen.Seq != 0 {
				t.Errorf("%s is refused, and yet given: %+v", kind, seen)
			}
			continue
		}
		if seen.Key != "" || seen.By.ID != "" || seen.By.Name != "Sanne" {
			t.Errorf("%s: by %+v, key %q", kind, seen.By, seen.Key)
		}
		out := text(t, seen.Body)
		got := markers(out)
		slices.Sort(fields)
		if !slices.Equal(got, fields) {
			t.Errorf("%s shows customers\n%v, allowed is\n%v", kind, got, fields)
		}
		for _, secret := range []string{"missed", "policy", `"re"`, "params", "priority", `"do"`} {
			if strings.Contains(out, secret) {
				t.Errorf("%s shows %s: %s", kind, secret, out)
			}
		}
	}
	for kind := range allowed {
		if !slices.Contains(chat.Kinds(), kind) {
			t.Errorf("%s is allowed, but is no kind", kind)
		}
	}
	if asked, ok := chat.ForCustomer(chat.Event{By: chat.Customer, Body: &chat.HumanRequested{}}); !ok || text(t, asked.Body) != `{"to":"queue","reason":"customer_request"}` {
		t.Errorf("a first press on the person button shows %s", text(t, asked.Body))
	}
	if _, ok := chat.ForCustomer(chat.Event{Body: &chat.Unknown{Name: "new", Raw: json.RawMessage(`{"text":"x"}`)}}); ok {
		t.Error("an unknown kind reaches customers")
	}
	if own, _ := chat.ForCustomer(chat.Event{By: chat.Customer, Key: "c1", Body: &chat.Message{}}); own.Key != "c1" {
		t.Error("a customer does not get the key of an own message back")
	}
}

// markers returns the places whose marker is in JSON, each once, sorted. The map keys' place counts for its values.
func markers(s string) (out []string) {
	s = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(s)
	for {
		_, rest, ok := strings.Cut(s, "<")
		if !ok {
			break
		}
		m, after, _ := strings.Cut(rest, ">")
		out, s = append(out, m), after
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// FuzzEvent reads anything as an event at rest. What it accepts comes back the same when written and read again, and can be folded, shown
// and blanked.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"n":1,"at":1795262400000000,"by":{"role":"customer"},"k":"c1","t":"message","b":{"text":"hallo"}}`))
	f.Add([]byte(`{"n":1,"at":0,"by":{"role":"bot"},"t":"flow","b":{"flow":"return","state":"started"}}`))
	f.Add([]byte(`{"n":1,"t":"slot","b":{"name":"x","value":null}}`))
	f.Add([]byte(`{"n":1,"t":"from_the_future"}`))
	f.Add([]byte(`{"n":1,"t":"action","b":{"id":"a","expires":"2026-11-21T12:00:00+01:00","params":{"a":[1]}}}`))
	f.Add([]byte(`{"n":18446744073709551615,"at":-9223372036854775808,"t":"message","b":null}`))
	f.Add([]byte("{\"t\":\"message\",\"b\":{\"text\":\"\xff\\ud800\"}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e chat.Event
		if e.UnmarshalJSON(data) != nil {
			return
		}
		first, err := e.MarshalJSON()
		if err != nil {
			t.Fatalf("accepted %q, but cannot write it: %v", data, err)
		}
		var back chat.Event
		if err := back.UnmarshalJSON(first); err != nil {
			t.Fatalf("wrote %q and cannot read it: %v", first, err)
		}
		if second := text(t, back); second != string(first) {
			t.Fatalf("wrote %s, then %s", first, second)
		}
		e.Seq = 1
		c := chat.Fold(chat.Conversation{}, e)
		if c.Head != 1 || c.Lists() == nil {
			t.Fatalf("folds to %+v", c)
		}
		blank := chat.Blank(e)
		chat.ForCustomer(blank)
		c.Clone()
	})
}

func TestIdentifiers(t *testing.T) {
	var last chat.ConversationID
	at := scenario(t, "testdata/bot_answer.jsonl")[0].At
	for i := range 100 {
		id := chat.NewConversationID(at.Add(1000 * 1000 * 2 * time.Duration(i)))
		if !id.Valid() || id <= last || len(id.Reference()) != 9 {
			t.Errorf("%q after %q, read out as %s", id, last, id.Reference())
		}
		last = id
	}
	for _, bad := range []chat.ConversationID{"", "x", last + "0", last[:25] + "A", last[:25] + "i", last[:25] + "\x00", "../../../../../../etc/passw"} {
		if bad.Valid() {
			t.Errorf("%q is taken for an id", bad)
		}
	}
}
