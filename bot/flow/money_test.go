package flow

import "testing"

// TestMoneyIsInTheOrdersCurrency: a dollar order is not shown in euros.
func TestMoneyIsInTheOrdersCurrency(t *testing.T) {
	for _, c := range []struct{ lang, currency, want string }{
		{"en", "USD", "$12.05"}, {"nl", "USD", "$ 12,05"}, {"nl", "EUR", "€ 12,05"}, {"en", "", "€12.05"}, {"en", "SEK", "SEK\u00a012.05"},
	} {
		if got := money(c.lang, c.currency, 1205); got != c.want {
			t.Errorf("money(%s, %s) is %q, want %q", c.lang, c.currency, got, c.want)
		}
	}
	if got := money("en", "USD", -1205); got != "-$12.05" {
		t.Errorf("a negative amount is %q", got)
	}
}
