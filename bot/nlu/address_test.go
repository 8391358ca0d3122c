package nlu_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"balie/bot/nlu"
)

func TestWrittenAddresses(t *testing.T) {
	f, err := os.Open(filepath.Join(dataDir(t), "address", "opencage_format.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]bool{"nl": true, "be": true, "de": true, "us": true, "gb": true}
	n, right := 0.0, 0.0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var row struct {
			File       string
			Components map[string]string
			Formatted  []string
		}
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		c := row.Components
		if !want[row.File] || c["postcode"] == "" || c["house_number"] == "" || c["road"] == "" {
			continue
		}
		n++
		text := strings.Join(row.Formatted, ", ")
		s, err := nlu.FindSlots(text, nlu.Hints{Country: strings.ToUpper(row.File)}, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Addresses) == 1 && noSpace(s.Addresses[0].Postcode) == noSpace(c["postcode"]) && strings.Contains(s.Addresses[0].Line1, c["road"]) &&
			strings.Contains(s.Addresses[0].Line1, c["house_number"]) && strings.Contains(text, s.Addresses[0].City) && s.Addresses[0].City != "" {
			right++
			continue
		}
		t.Logf("%s: %q: %+v", row.File, text, s.Addresses)
	}
	atLeast(t, "right", right/n, 0.9)
}

func noSpace(s string) string { return strings.ReplaceAll(s, " ", "") }

func TestTauRetailAddresses(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(dataDir(t), "tau-retail", "orders.json"))
	if err != nil {
		t.Fatal(err)
	}
	var shop struct {
		Customers []struct {
			Address struct{ Line1, Line2, City, Region, Postcode, Country string }
		}
	}
	if err := json.Unmarshal(raw, &shop); err != nil {
		t.Fatal(err)
	}
	forms := []string{"My new address is %1, %2, %c, %r %p", "please ship it to %1 %2 %c %r %p", "%1\n%2\n%c, %r %p\nUSA"}
	n, right := 0.0, 0.0
	for _, c := range shop.Customers {
		a := c.Address
		for i, form := range forms {
			text := strings.NewReplacer("%1", a.Line1, "%2", a.Line2, "%c", a.City, "%r", a.Region, "%p", a.Postcode).Replace(form)
			if i == 1 {
				text = strings.ToLower(text)
			}
			s, err := nlu.FindSlots(text, nlu.Hints{Country: "US", Lang: "en"}, "")
			if err != nil {
				t.Fatal(err)
			}
			n++
			if len(s.Addresses) == 1 {
				g := s.Addresses[0]
				if strings.EqualFold(g.Line1, a.Line1) && strings.EqualFold(g.Line2, a.Line2) && strings.EqualFold(g.City, a.City) && g.Region == a.Region && g.Postcode == a.Postcode {
					right++
					continue
				}
			}
			if n-right < 15 {
				t.Logf("%q: %+v", text, s)
			}
		}
	}
	atLeast(t, "right", right/n, 0.97)
}
