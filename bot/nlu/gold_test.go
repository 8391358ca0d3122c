package nlu_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"balie/bot/nlu"
)

type goldRow struct {
	Text, Lang, Intent, Date, Now string
	Tags                          []string
	Address                       map[string]string
	Slots                         map[string]any
}

// gold reads a file of the gold set, which another writer made; its sentences are in no training file by design. Only sums
// are reported, so that nobody is tempted to tune to a sentence.
func gold(t *testing.T, name string) (out []goldRow) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "gold", name+".jsonl"))
	if err != nil {
		t.Skipf("no gold set: %v", err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var r goldRow
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func TestGoldMessages(t *testing.T) {
	// floors: best intent, in scope and not refused, out of scope refused, language
	for lang, floor := range map[string][4]float64{"nl": {0.885, 0.855, 0.84, 0.99}, "en": {0.85, 0.82, 0.74, 0.99}} {
		t.Run(lang, func(t *testing.T) {
			var in, out, right, kept, sure, sureRight, refused, langs float64
			rows := gold(t, "messages."+lang)
			for _, r := range rows {
				u := builtin().Understand(r.Text, nlu.Hints{Lang: lang, Now: saturday, Country: "NL"})
				if u.Lang == r.Lang {
					langs++
				}
				if r.Intent == "oos" {
					out++
					if u.Band == nlu.Unknown {
						refused++
					}
					continue
				}
				in++
				hit := len(u.Top) > 0 && u.Top[0].Intent == r.Intent
				if hit {
					right++
				}
				if hit && u.Band != nlu.Unknown {
					kept++
				}
				if u.Band == nlu.Sure {
					sure++
					if hit {
						sureRight++
					}
				}
			}
			atLeast(t, "best intent", right/in, floor[0])
			atLeast(t, "best intent, not refused", kept/in, floor[1])
			atLeast(t, "out of scope refused", refused/out, floor[2])
			atLeast(t, "language", langs/float64(len(rows)), floor[3])
			t.Logf("sure: %.3f of in scope, right %.3f", sure/in, sureRight/max(sure, 1))
		})
	}
}

func TestGoldDates(t *testing.T) {
	rows, right := gold(t, "dates"), 0.0
	for _, r := range rows {
		now, err := time.Parse("2006-01-02", r.Now[:10])
		if err != nil {
			t.Fatal(err)
		}
		s, err := nlu.FindSlots(r.Text, nlu.Hints{Lang: r.Lang, Now: now.Add(12 * time.Hour)}, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Dates) > 0 && s.Dates[0].String() == r.Date {
			right++
		}
	}
	atLeast(t, "right", right/float64(len(rows)), 0.955)
}

func TestGoldAddresses(t *testing.T) {
	rows, right, parts := gold(t, "addresses"), 0.0, map[string]int{}
	same := func(key, a, b string) bool {
		if key == "addition" || key == "postcode" || key == "line1" || key == "line2" {
			a, b = strings.NewReplacer(" ", "", "-", "", ".", "", ",", "").Replace(a), strings.NewReplacer(" ", "", "-", "", ".", "", ",", "").Replace(b)
		}
		return strings.EqualFold(a, b)
	}
	for _, r := range rows {
		s, err := nlu.FindSlots(r.Text, nlu.Hints{Lang: r.Lang, Now: saturday}, "")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		if len(s.Addresses) > 0 {
			got = s.Addresses[0].Map()
		}
		ok := true
		for k, v := range r.Address {
			if !same(k, got[k], v) {
				parts[k]++
				ok = false
			}
		}
		if ok {
			right++
		}
	}
	t.Logf("parts read wrongly: %v", parts)
	atLeast(t, "right in every part", right/float64(len(rows)), 0.91)
}

func TestGoldAsksForPerson(t *testing.T) {
	var asks, not float64
	yes, no := gold(t, "human"), gold(t, "nothuman")
	for _, r := range yes {
		if nlu.AsksForPerson(r.Text) {
			asks++
		}
	}
	for _, r := range no {
		if nlu.AsksForPerson(r.Text) {
			not++
		}
	}
	atLeast(t, "heard", asks/float64(len(yes)), 0.955)
	atLeast(t, "rightly passed over", 1-not/float64(len(no)), 0.97)
}
