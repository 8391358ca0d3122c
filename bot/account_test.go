package bot

import "testing"

// TestOrderAsProof: an order named beside a wish about the account only says who writes; one that is to go to the account's address is
// what the wish is about.
func TestOrderAsProof(t *testing.T) {
	for said, want := range map[string]string{
		"please change my default address to 1 Elm Street, Austin, TX 78701. Order #W4614740, zip 76105": "change_address",
		"update the address on my account to 1 Elm Street. My order is #W6979932":                        "change_address",
		"graag het adres in mijn profiel wijzigen, bestelnummer #P10001":                                 "change_address",
		"ander adres graag, bestelling #P10001":                                                          "change_order_address",
		"I moved, change the address of #W1":                                                             "change_order_address",
		"change the address of order #W1 to my default address":                                          "change_order_address",
		"change the address of order #W1 to the address in my account":                                   "change_order_address",
		"bestelling #P10001 moet naar het adres in mijn account":                                         "change_order_address",
	} {
		if got := inContext(&Turn{}, "change_address", said, true); got != want {
			t.Errorf("%s: %s, want %s", said, got, want)
		}
	}
	for said, want := range map[string]string{
		"please update the address on my account to 77 Oak Avenue, Denver, CO 80279. my order is #W6979932 zip 78268": "change_address",
		"change the order's address to my default address":                                                            "change_order_address",
		"change the address of #W1, my account address is right":                                                      "change_order_address",
		"change where #W1 goes": "change_order_address",
	} {
		if got := inContext(&Turn{}, "change_order_address", said, true); got != want {
			t.Errorf("%s: %s, want %s", said, got, want)
		}
	}
}
