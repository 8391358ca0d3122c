package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Long work says where it is every few seconds in a log, and moves a bar on a terminal; short work leaves nothing behind.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		work := func(b *bar, total int) string {
			out.Reset()
			for i := range 12 {
				b.show(i, total)
				time.Sleep(time.Second)
			}
			b.done()
			return out.String()
		}
		short := (&env{stdio: stdio{err: &out}}).progress("verify")
		short.show(1, 0)
		short.done()
		if out.Len() > 0 {
			t.Errorf("short work said %q", out.String())
		}
		if got := work((&env{stdio: stdio{err: &out}}).progress("verify"), 0); got != "verify: 5\nverify: 10\n" {
			t.Errorf("of so many as there are: %q", got)
		}
		if got := work((&env{stdio: stdio{err: &out}}).progress("import"), 40); got != "import: 5 of 40\nimport: 10 of 40\n" {
			t.Errorf("of forty: %q", got)
		}
		drawn := work(&bar{w: &out, name: "import", terminal: true}, 12)
		if strings.Count(drawn, "\r") != 13 || !strings.Contains(drawn, "] 11/12") || !strings.HasSuffix(drawn, "\r\x1b[K") {
			t.Errorf("on a terminal: %q", drawn)
		}
	})
}
