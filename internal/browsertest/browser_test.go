package browsertest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"balie/internal/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

func TestATabDoesWhatAPersonDoes(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<p id="said"></p><form><input name="t"><button>Say</button></form><script>
document.forms[0].onsubmit = e => { e.preventDefault(); setTimeout(() => said.textContent = 'You said ' + t(), 50) }
const t = () => document.forms[0].t.value
console.error('one complaint')</script>`))
	}))
	defer srv.Close()
	tab := browsertest.Open(t)
	tab.Size(390, 844)
	tab.Go(srv.URL)
	tab.Page().Type("input", "hello")
	tab.Page().Click("button", "Say")
	tab.Page().WaitText("#said", "You said hello")
	if got := tab.Page().Text("#said"); got != "You said hello" {
		t.Errorf("read %q", got)
	}
	if w := browsertest.Eval[int](tab, "innerWidth"); w > 990 {
		t.Errorf("window is %d wide", w)
	}
	if c := tab.Console(); len(c) != 1 {
		t.Errorf("console: %q", c)
	}
}
