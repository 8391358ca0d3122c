package flow

import (
	"strings"
	"testing"
)

const sound = `flow: sound
title: {nl: iets, en: something}
wish: {nl: Iets, en: Something}
needs: order
slots:
  order: {type: order}
  postcode: {type: postcode}
  new_address: {type: address}
steps:
  - id: who
    identify: order
  - id: address
    collect: new_address
    ask: {nl: Waar?, en: Where?}
  - id: card
    propose: change_order_address
    with: {order: order, address: new_address}
    change: address
    card: {nl: Kaart, en: Card}
  - id: outcome
    result:
      done: {say: {nl: Klaar, en: Done}, next: bye}
  - id: bye
    end: true
`

// Each mistake is named with its line and what to do about it.
func TestCheckNamesMistakes(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"unknown slot", "collect: new_address", "collect: adres", `12: slot "adres" is not known: add it`},
		{"missing translation", "ask: {nl: Waar?, en: Where?}", "ask: {nl: Waar?}", `ask has no text in "en": translate it`},
		{"no question", "    ask: {nl: Waar?, en: Where?}\n", "", "asks nothing: add ask"},
		{"unknown step", "change: address", "change: adres", `goes to "adres", which does not exist`},
		{"no way to change", "    change: address\n", "", "cannot be changed: add change"},
		{"unknown act", "propose: change_order_address", "propose: give_money", `"give_money" is no act`},
		{"field missing", "with: {order: order, address: new_address}", "with: {order: order}", "lacks address"},
		{"unknown field", "address: new_address}\n    change", "address: new_address, colour: order}\n    change", `has no field "colour"`},
		{"no level", "needs: order\n", "", "does not say who may do it"},
		{"action without confirmation", "  - id: card\n    propose: change_order_address\n    with: {order: order, address: new_address}\n    change: address\n    card: {nl: Kaart, en: Card}\n", "", "action without confirmation"},
		{"no result", "  - id: outcome\n    result:\n      done: {say: {nl: Klaar, en: Done}, next: bye}\n", "", "is not followed by result"},
		{"no text for done", "done: {say", "failed: {say", "result has no text for done"},
		{"unknown variable", "{nl: Klaar, en: Done}", "{nl: \"Klaar {wat}\", en: Done}", "{wat} is unknown"},
		{"unreachable step", "    end: true\n", "    end: true\n  - id: lost\n    end: true\n", "step lost is never reached"},
		{"no way out", "identify: order\n", "identify: order\n    next: circle\n  - id: circle\n    say: {nl: Hallo, en: Hello}\n    next: circle\n", "no way out"},
		{"loop without asking", "identify: order\n", "identify: order\n  - id: a\n    if: order.shipped\n    else: address\n  - id: b\n    say: {nl: Hallo, en: Hello}\n    next: a\n", "comes back to itself without asking"},
		{"runs off the end", "    end: true\n", "    say: {nl: Klaar, en: Done}\n", "runs off the end"},
		{"unknown fact", "identify: order\n", "identify: order\n  - if: order.colour is red\n    else: address\n", `asks for "order.colour"`},
		{"two of one id", "- id: card", "- id: who", `two steps "who"`},
		{"unknown link", "    end: true\n", "    link: nowhere\n", "which is no flow"},
		{"unknown reason", "    end: true\n", "    escalate: boredom\n", "is no reason"},
		{"identity without a slot", "  postcode: {type: postcode}\n", "", "needs a slot of type postcode"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(sound, c.from, c.to, 1)
			if text == sound {
				t.Fatal("the mistake is not in the text")
			}
			f, err := Parse("sound.yaml", []byte(text))
			if err == nil {
				err = Check(f, NewSet(f))
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "sound.yaml:") {
				t.Errorf("got %v\nwant something with %q", err, c.want)
			}
		})
	}
	f, err := Parse("sound.yaml", []byte(sound))
	if err == nil {
		err = Check(f, NewSet(f))
	}
	if err != nil {
		t.Errorf("the sound one: %v", err)
	}
}

func TestParseNamesMistakes(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":   {strings.Replace(sound, "    collect:", "    colect:", 1), "sound.yaml:13: "},
		"two kinds":     {strings.Replace(sound, "    collect:", "    end: true\n    collect:", 1), "does 2 things"},
		"foreign key":   {strings.Replace(sound, "    identify: order\n", "    identify: order\n    priority: 3\n", 1), `"priority" does not belong to identify`},
		"bad level":     {strings.Replace(sound, "identify: order", "identify: blood", 1), `"blood" is no identity level`},
		"bad type":      {strings.Replace(sound, "type: address", "type: colour", 1), `"colour" is no type`},
		"bad condition": {strings.Replace(sound, "identify: order\n", "identify: order\n  - if: order.items are 3\n    else: card\n", 1), `after a name comes`},
		"bad name":      {strings.Replace(sound, "flow: sound", "flow: So Und", 1), "the flow needs a name"},
		"broken":        {"flow: [", "sound.yaml"},
		"tabs":          {"flow: x\n\tsteps:", "sound.yaml"},
		"alias":         {"flow: &a x\ntitle: *a\n", "anchors and aliases"},
		"empty":         {"", "exactly one YAML document"},
		"too large":     {strings.Repeat("#", maxFile+1), "larger than"},
		"no steps":      {"flow: x\n", "1 to 80 steps"},
	} {
		if _, err := Parse("sound.yaml", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want something with %q", name, err, c.want)
		}
	}
}

func TestConditions(t *testing.T) {
	facts := map[string]string{"order.status": "pending", "order.items": "3", "slot.what": "email", "slot.none": "", "order.shipped": "no"}
	get := func(name string) (string, error) { return facts[name], nil }
	for text, want := range map[string]bool{
		"order.status is pending": true, "order.status is delivered|pending": true, "not order.status is pending": false, "order.items > 2": true,
		"order.items <= 2": false, "order.items >= 3 and slot.what is email": true, "order.shipped": false, "slot.what is set": true, "slot.none is set": false,
		"slot.none": false, "not slot.none": true, "order.status < 3": false,
	} {
		c, err := parseCond(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, _ := c.holds(get); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// Whatever is given as a flow is a flow or an error.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sound))
	f.Add([]byte("flow: x\nsteps:\n  - if: a < b\n"))
	f.Add([]byte("{[&*:-\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		flow, err := Parse("f.yaml", raw)
		if err == nil {
			_ = Check(flow, NewSet(flow))
		}
	})
}
