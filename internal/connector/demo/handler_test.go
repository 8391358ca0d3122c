package demo_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"balie/internal/connector/connectortest"
	"balie/internal/connector/demo"
)

func ask(t *testing.T, h http.Handler, method, path, auth, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", auth)
	r.Header.Set("Idempotency-Key", "k1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Customers of the contract speak HTTP, not Go: these are the calls and answers as they travel.
func TestTheContractAsItTravels(t *testing.T) {
	shop := demo.New(demo.Bytes([]byte(connectortest.Fixture)), docs(t, t.TempDir()), clock)
	h := demo.Handler(shop, "t")
	for _, c := range []struct {
		method, path, body string
		status             int
		has                string
	}{
		{"GET", "/customers?email=ann%40example.com", "", 200, `"id":"ann_1"`},
		{"GET", "/customers/ann_1/orders", "", 200, `{"orders":[{"id":"#W7"`},
		{"GET", "/writes/k1", "", 404, `"code":"not_found"`},
		{"POST", "/orders/%23W1/return", `{"items":["s-red"],"refund_to":"card_1"}`, 403, `"reason":"not_delivered"`},
		{"POST", "/orders/%23W2/return", `{"items":["s-red"],"refund_to":"card_1"}`, 200, `"status":"return requested","amount_cents":-2500`},
		{"POST", "/orders/%23W2/return", `{"items":["s-red"],"refund_to":"card_1"}`, 200, `"status":"return requested","amount_cents":-2500`},
		{"POST", "/orders/%23W2/return", `{"items":["m-blue"],"refund_to":"card_1"}`, 409, `"code":"id_conflict"`},
		{"GET", "/writes/k1", "", 200, `"order":"#W2"`},
		{"POST", "/orders/%23W7/cancel", `{"reason":`, 422, `"reason":"bad_request"`},
		{"POST", "/orders/%23W7/cancel", ``, 422, `"reason":"bad_request"`},
		{"POST", "/orders/%23W7/exchange", `{"items":[{"from":1}]}`, 422, `"reason":"bad_request"`},
		{"POST", "/orders/%23W7/cancel", `{"reason":"` + strings.Repeat("x", 70_000) + `"}`, 413, `"code":"too_long"`},
		{"DELETE", "/orders/%23W7", ``, 405, ``},
	} {
		w := ask(t, h, c.method, c.path, "Bearer t", c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s %s: %d %s; want %d with %s", c.method, c.path, w.Code, w.Body, c.status, c.has)
		}
	}
}

// The OpenAPI document and the handler name the same calls, both ways.
func TestTheContractIsWrittenDown(t *testing.T) {
	b, err := os.ReadFile("../../../docs/order-system.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	path := ""
	_, paths, ok := strings.Cut(string(b), "\npaths:\n")
	if !ok {
		t.Fatal("no paths in the document")
	}
	isPath, isMethod := regexp.MustCompile(`^  (/.*):$`), regexp.MustCompile(`^    (get|put|post|delete|patch):$`)
	for line := range strings.Lines(paths) {
		line = strings.TrimRight(line, "\n")
		if line != "" && !strings.HasPrefix(line, " ") {
			break
		}
		if m := isPath.FindStringSubmatch(line); m != nil {
			path = m[1]
		} else if m := isMethod.FindStringSubmatch(line); m != nil {
			written = append(written, strings.ToUpper(m[1])+" "+path)
		}
	}
	served := demo.Routes()
	slices.Sort(written)
	slices.Sort(served)
	if !slices.Equal(written, served) {
		t.Errorf("written:\n%s\nserved:\n%s", strings.Join(written, "\n"), strings.Join(served, "\n"))
	}
}
