package action_test

import (
	"testing"

	"balie/internal/action"
	"balie/internal/fault"
)

// An address goes to printers, carriers and pages of others: markup is none.
func TestAddressesHoldNoMarkup(t *testing.T) {
	good := action.Address{Line1: "Dr. Schaepmanstraat 3-bis", City: "'s-Gravenhage & omstreken", Postcode: "2512 AB", Country: "NL"}
	if err := good.Check(); err != nil {
		t.Errorf("%v: %v", good, err)
	}
	for name, put := range map[string]func(*action.Address){
		"street":   func(a *action.Address) { a.Line1 = "<script>alert(1)</script> 1" },
		"floor":    func(a *action.Address) { a.Line2 = "<img src=x onerror=alert(1)>" },
		"city":     func(a *action.Address) { a.City = "Assen<br" },
		"addition": func(a *action.Address) { a.Addition = ">" },
		"line":     func(a *action.Address) { a.City = "Assen\r\nBcc: x@boef.example" },
	} {
		bad := good
		put(&bad)
		if err := bad.Check(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v passes: %v", name, bad, err)
		}
	}
}
