package flow

import (
	"cmp"
	"regexp"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
)

// countries that write the house number behind the street and need no region.
var streetFirst = map[string]bool{"NL": true, "BE": true, "DE": true, "": true}

var postcodes = map[string]*regexp.Regexp{
	"NL": regexp.MustCompile(`(?i)^[1-9]\d{3}\s?[a-z]{2}$`),
	"BE": regexp.MustCompile(`^[1-9]\d{3}$`),
	"DE": regexp.MustCompile(`^\d{5}$`),
	"US": regexp.MustCompile(`^\d{5}(-\d{4})?$`),
}

// dutchLine spells out street, number and addition.
func dutchLine(a action.Address) string {
	line := strings.TrimSpace(a.Street + " " + a.Number)
	switch {
	case a.Addition == "":
		return line
	case len(a.Addition) <= 2:
		return line + "-" + a.Addition
	}
	return line + " " + a.Addition
}

// complete fills in from the old address only what a new one of the same country need not say again: the country itself.
func complete(a, old action.Address) action.Address {
	if a.Country == "" {
		a.Country = old.Country
	}
	if a.Country == "USA" {
		a.Country = "US"
	}
	if a.Line1 == "" && a.Street != "" {
		a.Line1 = dutchLine(a)
	}
	if a.Country == "NL" && len(a.Postcode) == 6 {
		a.Postcode = a.Postcode[:4] + " " + a.Postcode[4:]
	}
	if a.Country == "NL" {
		a.Postcode = strings.ToUpper(a.Postcode)
	}
	return a
}

// addressErrors says which fields of an address are missing or wrong, by name of field with the key of the text.
func addressErrors(a action.Address) map[string]string {
	out := map[string]string{}
	need := map[string]string{"postcode": a.Postcode, "city": a.City}
	if streetFirst[a.Country] && a.Street != "" {
		need["street"], need["number"] = a.Street, a.Number
	} else {
		need["line1"] = a.Line1
	}
	if a.Country == "US" {
		need["region"] = a.Region
	}
	for name, v := range need {
		if strings.TrimSpace(v) == "" {
			out[name] = "form.required"
		}
	}
	if form := postcodes[a.Country]; form != nil && a.Postcode != "" && !form.MatchString(a.Postcode) {
		out["postcode"] = "form.bad_postcode"
	}
	if a.Number != "" && !strings.ContainsAny(a.Number, "0123456789") {
		out["number"] = "form.bad"
	}
	if len(out) == 0 && a.Check() != nil {
		out["city"] = "form.bad"
	}
	return out
}

// oldAddress is the address that will be replaced: the order's, or the customer's own.
func (r *run) oldAddress() action.Address {
	if r.order != nil && r.flow.first(TypeOrder) != nil && !r.forCustomer() {
		return r.order.Address
	}
	if r.cust != nil {
		return r.cust.Address
	}
	return action.Address{}
}

// forCustomer reports that the flow changes the customer's own address, not an order's.
func (r *run) forCustomer() bool {
	for _, s := range r.flow.Steps {
		if s.Kind == Propose && s.Write == action.ChangeCustomerAddress {
			return true
		}
	}
	return false
}

// readAddress makes an address of what was said: one of the customer's own that they point at, or a new one. In part: false.
func (r *run) readAddress(in Input) (any, bool) {
	if len(in.Facts.Addresses) > 0 {
		said := in.Facts.Addresses[0]
		if whole := withStreet(in.Facts.Addresses); len(whole) == 1 {
			said = whole[0]
		}
		a := complete(r.joined(said), r.oldAddress())
		return a, len(addressErrors(a)) == 0
	}
	if m := nextDoor.FindStringSubmatch(fold(in.Text)); m != nil && r.oldAddress().Line1 != "" {
		a := renumber(r.oldAddress(), m[1], m[2])
		a.Postcode = "" // across the street it is another
		return a, false
	}
	known, err := r.knownAddresses()
	if err != nil {
		return nil, false
	}
	folded := fold(in.Text)
	var hit []action.Address
	for _, k := range known {
		city := fold(k.address.City)
		if city != "" && strings.Contains(folded, city) || k.key == "account" && ownAddress.MatchString(folded) || k.order != "" && strings.Contains(strings.ToUpper(in.Text), strings.TrimPrefix(k.order, "#")) {
			hit = append(hit, k.address)
		}
	}
	if len(hit) != 1 {
		return nil, false
	}
	return hit[0], true
}

// nextDoor: at the neighbours' is the same street.
var nextDoor = regexp.MustCompile(`\b(?:buren|buurman|buurvrouw|overburen|neighbou?rs?|next door)\b.{0,20}\b(?:op |at )?(?:huisnummer|nummer|nr|number|no|op|at)\.? ?(\d{1,5})\s?([a-z])?\b`)

// joined adds what was said of an address before to what is said of it now: "Dorpsstraat 5", and then "6711 AB Ede".
func (r *run) joined(a action.Address) action.Address {
	sl := r.flow.first(TypeAddress)
	var before action.Address
	if sl == nil || !r.c.Slot(sl.Name, &before) || a.Line1 != "" && a.City != "" && a.Postcode != "" {
		return a
	}
	if a.Line1 == "" && a.Street == "" {
		a.Line1, a.Line2, a.Street, a.Number, a.Addition = before.Line1, before.Line2, before.Street, before.Number, before.Addition
	}
	a.City, a.Postcode, a.Region = cmp.Or(a.City, before.City), cmp.Or(a.Postcode, before.Postcode), cmp.Or(a.Region, before.Region)
	return a
}

var ownAddress = regexp.MustCompile(`\b(my (?:default|own|home|account|profile) address|default address|address (?:on|in) my (?:account|profile)|mijn (?:eigen|vaste|standaard) ?adres|adres (?:van|in|uit) mijn (?:account|profiel)|accountadres|standaardadres)\b`)

// knownAddress is an address that is the customer's already, and what to call it without showing it.
type knownAddress struct {
	key, label string
	order      string
	address    action.Address
}

// knownAddresses are the customer's other addresses: of the account and of orders, each once, without the one to be replaced.
func (r *run) knownAddresses() ([]knownAddress, error) {
	if !known(r.c) || r.cust == nil {
		return nil, nil
	}
	orders, err := r.orders()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{fold(oneLine(r.oldAddress())): true}
	var out []knownAddress
	add := func(k knownAddress) {
		line := fold(oneLine(k.address))
		if !seen[line] && len(out) < 4 && len(addressErrors(k.address)) == 0 {
			seen[line] = true
			out = append(out, k)
		}
	}
	add(knownAddress{key: "account", label: texts.Say(r.c.Lang, "address.account", "city", r.cust.Address.City), address: r.cust.Address})
	for _, o := range orders {
		add(knownAddress{key: "order" + string(o.ID), order: string(o.ID), address: o.Address,
			label: texts.Say(r.c.Lang, "address.order", "order", string(o.ID), "city", o.Address.City)})
	}
	return out, nil
}

// askAddress asks for an address: a form with what is known of it, and buttons for addresses that are the customer's already. Key is the text
// that asks; "" is the step's own, "-" none.
func (r *run) askAddress(s *Step, sl *Slot, key string, a action.Address) error {
	if a.Country == "" {
		a.Country = r.oldAddress().Country
	}
	switch {
	case key == "-": // said already
	case key != "":
		r.sayKey(key)
	case s.Ask != nil:
		r.say(s.Ask.In(r.c.Lang, r.vars()))
	}
	if a.Line1 == "" {
		others, err := r.knownAddresses()
		if err != nil {
			return err
		}
		for _, k := range others {
			r.buttonText(k.label, "slot:"+sl.Name+"="+k.key, "")
		}
	}
	r.addressForm(a, nil)
	r.speech = chat.ActAsk
	r.wait(s, "slot:"+sl.Name, 0)
	return nil
}

func (r *run) addressForm(a action.Address, wrong map[string]string) {
	field := func(name, value, auto string, required bool) chat.Field {
		f := chat.Field{Name: name, Label: texts.Say(r.c.Lang, "form."+name), Type: "text", Autocomplete: auto, Required: required, Value: value}
		if key := wrong[name]; key != "" {
			f.Error = texts.Say(r.c.Lang, key)
		}
		return f
	}
	if streetFirst[a.Country] {
		r.showForm("form.address", []chat.Field{
			field("street", streetOf(a), "address-line1", true), field("number", a.Number, "", true), field("addition", a.Addition, "", false),
			field("postcode", a.Postcode, "postal-code", true), field("city", a.City, "address-level2", true)})
		return
	}
	r.showForm("form.address", []chat.Field{
		field("line1", a.Line1, "address-line1", true), field("line2", a.Line2, "address-line2", false), field("city", a.City, "address-level2", true),
		field("region", a.Region, "address-level1", a.Country == "US"), field("postcode", a.Postcode, "postal-code", true)})
}

func streetOf(a action.Address) string {
	if a.Street != "" || a.Number != "" {
		return a.Street
	}
	return a.Line1
}

// takeAddressForm reads the address form; with mistakes it comes back as it was filled in.
func (r *run) takeAddressForm(i int, s *Step, sl *Slot, values map[string]string) (bool, error) {
	a := action.Address{Country: r.oldAddress().Country}
	for name, to := range map[string]*string{"street": &a.Street, "number": &a.Number, "addition": &a.Addition, "postcode": &a.Postcode,
		"city": &a.City, "line1": &a.Line1, "line2": &a.Line2, "region": &a.Region} {
		*to = printed(values[name])
	}
	if streetFirst[a.Country] && a.Street != "" {
		a.Line1 = ""
	}
	a = complete(a, action.Address{})
	wrong := addressErrors(a)
	if streetFirst[a.Country] && a.Number == "" && values["line1"] == "" {
		wrong["number"] = "form.required"
	}
	if len(wrong) > 0 {
		r.sayKey("form.bad")
		r.addressForm(a, wrong)
		r.speech = chat.ActReask
		r.wait(s, "slot:"+sl.Name, r.c.Flow.Tries)
		return true, nil
	}
	r.set(sl, a, false)
	return true, r.advance(i)
}
