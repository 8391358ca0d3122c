package flow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
)

// ask puts the question of a collect step, with buttons or a form where that is easier than typing.
func (r *run) ask(s *Step, sl *Slot, tries int) error {
	if sl.Type == TypeAddress {
		var a action.Address
		r.c.Slot(sl.Name, &a)
		key := ""
		if a.Line1 != "" && len(r.in.Facts.Addresses) > 0 {
			key = "address.incomplete"
		}
		if tries > 0 && key == "" && s.Again != nil {
			r.say(s.Again.In(r.c.Lang, r.vars()))
			key = "-"
		}
		err := r.askAddress(s, sl, key, a)
		r.retry(s, sl, tries)
		return err
	}
	text := s.Ask
	if tries > 0 && s.Again != nil {
		text = s.Again
	}
	if text != nil {
		r.say(text.In(r.c.Lang, r.vars()))
	} else {
		r.sayKey("order.which")
	}
	if err := r.choices(s, sl); err != nil {
		return err
	}
	if s.Optional {
		r.button("skip", "slot:"+sl.Name+"=", "")
	}
	r.speech = chat.ActAsk
	r.wait(s, "slot:"+sl.Name, tries)
	return nil
}

func (r *run) retry(s *Step, sl *Slot, tries int) {
	if tries > 0 {
		r.wait(s, "slot:"+sl.Name, tries)
	}
}

// choices adds what can be chosen from.
func (r *run) choices(s *Step, sl *Slot) error {
	switch sl.Type {
	case TypeOrder:
		orders, err := r.orders()
		if err != nil {
			return err
		}
		for _, o := range orders {
			if fits(o, s.Where) && len(r.buttons) < 5 {
				r.buttonText(orderLabel(r.c.Lang, o), "slot:"+sl.Name+"="+string(o.ID), "")
			}
		}
	case TypeChoice:
		for _, o := range sl.Options {
			r.buttonText(o.Label.In(r.c.Lang, nil), "slot:"+sl.Name+"="+o.Value, "")
		}
	case TypeMethod:
		for _, m := range r.methods(sl) {
			r.buttonText(methodLabel(r.c.Lang, m), "slot:"+sl.Name+"="+string(m.ID), "")
		}
	case TypeItems:
		r.itemForm(sl)
	case TypeSwaps:
		fields, err := r.swapFields(sl)
		if err != nil {
			return err
		}
		r.showForm("form.variant", fields)
	case TypeEmail, TypePhone:
		if s.Form {
			f := chat.Field{Name: sl.Name, Label: texts.Say(r.c.Lang, "card."+string(sl.Type)), Type: "email", Autocomplete: "email", Required: true}
			if sl.Type == TypePhone {
				f.Type, f.Autocomplete = "tel", "tel"
			}
			r.showForm("", []chat.Field{f})
		}
	}
	return nil
}

func (r *run) showForm(title string, fields []chat.Field) {
	r.form = &chat.Form{ID: "f-" + r.in.Seq.String(), Submit: texts.Say(r.c.Lang, "form.next"), Fields: fields}
	if title != "" {
		r.form.Title = texts.Say(r.c.Lang, title)
	}
}

// itemForm lists the order's items by their place, because the same article bought twice has one id.
func (r *run) itemForm(sl *Slot) {
	if r.order == nil {
		return
	}
	f := chat.Field{Name: sl.Name, Label: texts.Say(r.c.Lang, "card.items"), Type: "select", Multiple: true, Required: true}
	for i, it := range r.order.Items {
		if i == 60 {
			break
		}
		f.Options = append(f.Options, chat.Option{Value: strconv.Itoa(i), Label: it.Name + optionsIn(it.Options)})
	}
	r.showForm("form.items", []chat.Field{f})
	r.button("items.all", "slot:"+sl.Name+"=*", "")
}

func optionsIn(o map[string]string) string {
	if len(o) == 0 {
		return ""
	}
	return " (" + options(o) + ")"
}

// takeForm reads a form that was sent, or shows it again with what is wrong and everything that was filled in.
func (r *run) takeForm(i int, s *Step) (bool, error) {
	if s.Kind != Collect || !strings.HasPrefix(r.c.Flow.Wait, "slot:") {
		return false, nil
	}
	if err := r.load(); err != nil {
		return true, r.trouble(s, err)
	}
	sl := r.flow.Slot(s.Slot)
	values := r.in.Submit.Values
	switch sl.Type {
	case TypeAddress:
		return r.takeAddressForm(i, s, sl, values)
	case TypeItems:
		at := r.placesOf(values[sl.Name])
		if len(at) == 0 {
			return true, r.badForm(s, sl)
		}
		r.set(sl, idsAt(r.order.Items, at), false)
		return true, r.advance(i)
	case TypeSwaps:
		swaps, err := r.swapsOf(values)
		if err != nil {
			return true, r.trouble(s, err)
		}
		if len(swaps) == 0 {
			return true, r.badForm(s, sl)
		}
		r.set(sl, swaps, false)
		return true, r.advance(i)
	}
	return r.takeField(i, s, sl, printed(values[sl.Name]))
}

// takeField reads a form of one field.
func (r *run) takeField(i int, s *Step, sl *Slot, v string) (bool, error) {
	contact := action.Contact{Email: "a@example.com"}
	r.in.Text = v
	switch sl.Type {
	case TypeEmail:
		contact.Email, r.in.Facts.Emails = v, []string{v}
	case TypePhone:
		contact.Phone, r.in.Facts.Phones = v, []string{v}
	}
	value, ok := r.read(sl, v)
	if v == "" || !ok || contact.Check() != nil {
		return true, r.badForm(s, sl)
	}
	r.set(sl, value, false)
	return true, r.advance(i)
}

func printed(s string) string { return trimmed(strings.Map(printable, s), 200) }

// badForm shows the question again.
func (r *run) badForm(s *Step, sl *Slot) error {
	r.speech = chat.ActReask
	r.sayKey("form.bad")
	err := r.ask(s, sl, r.c.Flow.Tries)
	if r.form != nil {
		for i := range r.form.Fields {
			r.form.Fields[i].Error = texts.Say(r.c.Lang, "form.required")
		}
	}
	r.speech = chat.ActReask
	return err
}

// placesOf reads "0,2" as places in the order.
func (r *run) placesOf(s string) []int {
	if r.order == nil || len(s) > 400 {
		return nil
	}
	var at []int
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 || n >= len(r.order.Items) {
			return nil
		}
		if !slices.Contains(at, n) {
			at = append(at, n)
		}
	}
	slices.Sort(at)
	return at
}

// swapFields makes one choice for each item that is to be exchanged; nil when nothing else of any is in stock.
func (r *run) swapFields(sl *Slot) ([]chat.Field, error) {
	var ids []action.ItemID
	items := r.flow.first(TypeItems)
	if items == nil || r.order == nil || !r.c.Slot(items.Name, &ids) {
		return nil, nil
	}
	var fields []chat.Field
	for n, id := range ids {
		at := slices.IndexFunc(r.order.Items, func(it action.Item) bool { return it.ID == id })
		if at < 0 || n == 10 {
			continue
		}
		it := r.order.Items[at]
		variants, err := r.variants(it)
		if err != nil {
			return nil, err
		}
		if len(variants) == 0 {
			return nil, nil
		}
		f := chat.Field{Name: "swap" + strconv.Itoa(n), Label: texts.Say(r.c.Lang, "form.for", "item", it.Name+optionsIn(it.Options)), Type: "select", Required: true}
		for _, v := range variants {
			f.Options = append(f.Options, chat.Option{Value: string(v.ID), Label: options(v.Options) + ", " + money(r.c.Lang, r.order.Currency, v.Price)})
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// variants are the other kinds of an item that are in stock.
func (r *run) variants(it action.Item) ([]action.Variant, error) {
	p, err := r.e.orders.Product(r.ctx, it.Product)
	if err != nil {
		return nil, fmt.Errorf("read product: %w", err)
	}
	out := slices.DeleteFunc(slices.Clone(p.Variants), func(v action.Variant) bool { return !v.Available || v.ID == it.ID })
	return out[:min(len(out), 40)], nil
}

// swapsOf reads the form of variants.
func (r *run) swapsOf(values map[string]string) ([]action.Swap, error) {
	var ids []action.ItemID
	if r.order == nil || !r.c.Slot(r.flow.first(TypeItems).Name, &ids) {
		return nil, nil
	}
	var out []action.Swap
	for n, id := range ids {
		at := slices.IndexFunc(r.order.Items, func(it action.Item) bool { return it.ID == id })
		if at < 0 || n == 10 {
			return nil, nil
		}
		variants, err := r.variants(r.order.Items[at])
		if err != nil {
			return nil, err
		}
		to := action.ItemID(values["swap"+strconv.Itoa(n)])
		if !slices.ContainsFunc(variants, func(v action.Variant) bool { return v.ID == to }) {
			return nil, nil
		}
		out = append(out, action.Swap{From: id, To: to})
	}
	return out, nil
}
