package web_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"balie/handoff"
	"balie/internal/action"
	"balie/internal/store/document"
	"balie/web"
)

// TestDescriptionCoversEveryRoute compares openapi.json with the routes, both ways, and follows every reference in it.
func TestDescriptionCoversEveryRoute(t *testing.T) {
	t.Parallel()
	nothing := http.NotFoundHandler()
	r := newRig(t, func(o *web.Options) {
		o.Metrics = nothing
		o.Editors = &web.Editors{}
		e := o.Lists.(document.Engine)
		o.Canned = document.In(e, "canned", document.Options[handoff.Canned]{History: true})
		o.Limits = document.In(e, "limits", document.Options[action.Limits]{History: true})
		o.Demo = map[string]http.Handler{"GET /api/v1/demo/token": nothing, "GET /api/v1/demo/orders/{id}": nothing,
			"GET /api/v1/demo/customers/{id}": nothing, "GET /api/v1/demo/mail": nothing}
	})
	resp := r.browser().do("GET", "/api/v1/openapi.json", nil, nil)
	defer resp.Body.Close()
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]map[string]any
		Components map[string]map[string]any
	}
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("description: %q %v", doc.OpenAPI, err)
	}
	var described, served []string
	ids := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] || op["summary"] == "" || op["responses"] == nil {
				t.Errorf("%s %s: no summary, no answers, or the id %q twice", method, path, id)
			}
			ids[id] = true
			for _, name := range strings.Split(path, "{")[1:] {
				name, _, _ = strings.Cut(name, "}")
				raw, err := json.Marshal(op["parameters"])
				if err != nil || !strings.Contains(string(raw), `"name":"`+name+`"`) {
					t.Errorf("%s %s: parameter %s is not described", method, path, name)
				}
			}
		}
	}
	for _, route := range r.server.Routes() {
		if route == "/api/" { // answers what is not there
			continue
		}
		served = append(served, strings.NewReplacer("{$}", "", "...}", "}").Replace(route))
	}
	for _, route := range served {
		if !slices.Contains(described, route) {
			t.Errorf("%s is served and not described", route)
		}
	}
	for _, route := range described {
		if !slices.Contains(served, route) {
			t.Errorf("%s is described and not served", route)
		}
	}
	raw, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(raw), `"$ref": "#/components/`)[1:] {
		ref, _, _ := strings.Cut(part, `"`)
		kind, name, _ := strings.Cut(ref, "/")
		if doc.Components[kind][name] == nil {
			t.Errorf("nothing is called %s", ref)
		}
	}
}
