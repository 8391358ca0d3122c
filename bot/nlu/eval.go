package nlu

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Row is one sentence of an evaluation set.
type Row struct {
	Text   string `json:"text"`
	Intent string `json:"intent"`
}

// Report is what EvalIntents measured; shares are between 0 and 1.
type Report struct {
	NIn              int     `json:"n_in"`               // test sentences with an intent
	NOut             int     `json:"n_out"`              // test sentences out of scope
	AccuracyInForced float64 `json:"accuracy_in_forced"` // in scope, when the best intent is always taken
	AccuracyIn       float64 `json:"accuracy_in"`        // in scope, with the threshold: refused counts as wrong
	RecallOut        float64 `json:"recall_out"`         // out of scope, refused by the threshold
	AUROC            float64 `json:"auroc"`              // how well energy orders in scope above out of scope
	MCC              float64 `json:"mcc"`                // Matthews correlation over all labels, out of scope being one
	TrainS           float64 `json:"train_s"`
	BestMCC          float64 `json:"mcc_best"` // the same at the threshold that suits test best: for comparing with papers that report it, no promise
	P50us            float64 `json:"p50_us"`
	P99us            float64 `json:"p99_us"`
	Threshold        float64 `json:"threshold"`
}

// evalQuantile is the share of rightly understood sentences that an evaluation gives up for its threshold. It is smaller
// than the product's own 5 %, because published figures are compared at little loss in scope.
const evalQuantile = 0.02

// EvalIntents trains on train and measures on test. Sentences whose intent is oos are out of scope; in train they are the
// background. The threshold comes from valid's in-scope sentences, or, when valid has none, from cross-validation on train:
// never from test. An empty side of test gives zero for its shares, never NaN.
func EvalIntents(train, valid, test []Row, oos string) (Report, error) {
	return EvalIntentsWith(train, valid, test, oos, Train)
}

// EvalIntentsWith is EvalIntents with another way to train.
func EvalIntentsWith(train, valid, test []Row, oos string, learn func([]Example, Options) (*Model, error)) (Report, error) {
	var opt Options
	opt.Quantile = evalQuantile
	var examples []Example
	for _, r := range train {
		if r.Intent == oos {
			opt.Background = append(opt.Background, Example{Text: r.Text})
		} else {
			examples = append(examples, Example{Text: r.Text, Intent: r.Intent})
		}
	}
	begin := time.Now()
	m, err := learn(examples, opt)
	if err != nil {
		return Report{}, err
	}
	rep := Report{TrainS: time.Since(begin).Seconds(), Threshold: m.threshold()}
	if t, ok := m.thresholdFrom(valid, oos); ok {
		rep.Threshold = t
	}
	m.measure(test, oos, &rep)
	return rep, nil
}

// threshold is the energy below which a sentence is unknown, of the opinion that counts.
func (m *Model) threshold() float64 {
	if m.joined != nil {
		return m.joined.known
	}
	return m.known
}

// thresholdFrom places the threshold so that it gives up evalQuantile of the rightly understood sentences of valid.
func (m *Model) thresholdFrom(valid []Row, oos string) (float64, bool) {
	var held []judged
	for _, r := range valid {
		if r.Intent == oos {
			continue
		}
		var u Understanding
		m.classify(m.slots.reads(r.Text, ""), r.Text, &u)
		held = append(held, judged{energy: u.Energy, right: u.best() == r.Intent})
	}
	return quantileOfRight(held, evalQuantile), len(held) > 0
}

// best is the most probable intent whatever the band, "" when the sentence has no known word.
func (u *Understanding) best() string {
	if len(u.Top) == 0 {
		return ""
	}
	return u.Top[0].Intent
}

func (m *Model) measure(test []Row, oos string, rep *Report) {
	var in, out, took []float64
	var forced, accepted, refused int
	labels := confusion{}
	var answers []answer
	for _, r := range test {
		begin := time.Now()
		var u Understanding
		m.classify(m.slots.reads(r.Text, ""), r.Text, &u)
		took = append(took, float64(time.Since(begin).Nanoseconds())/1000)
		said := u.best()
		if u.Energy < rep.Threshold {
			said = oos
		}
		labels.add(r.Intent, said)
		answers = append(answers, answer{r.Intent, u.best(), u.Energy})
		switch {
		case r.Intent == oos:
			out = append(out, u.Energy)
			refused += count(said == oos)
		default:
			in = append(in, u.Energy)
			forced += count(u.best() == r.Intent)
			accepted += count(said == r.Intent)
		}
	}
	rep.NIn, rep.NOut = len(in), len(out)
	rep.AccuracyInForced, rep.AccuracyIn = share(forced, len(in)), share(accepted, len(in))
	rep.RecallOut, rep.AUROC, rep.MCC = share(refused, len(out)), areaUnderROC(in, out), labels.mcc()
	rep.BestMCC = bestMCC(answers, oos)
	slices.Sort(took)
	if len(took) > 0 {
		rep.P50us, rep.P99us = took[len(took)/2], took[len(took)*99/100]
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// areaUnderROC is the chance that a sentence in scope has more energy than one out of scope; ties count half. Without
// either it is 0.
func areaUnderROC(in, out []float64) float64 {
	if len(in) == 0 || len(out) == 0 {
		return 0
	}
	slices.Sort(out)
	var wins float64
	for _, e := range in {
		below, _ := slices.BinarySearch(out, e)
		upTo, _ := slices.BinarySearchFunc(out, e, func(x, target float64) int {
			if x <= target {
				return -1
			}
			return 1
		})
		wins += float64(below) + float64(upTo-below)/2
	}
	return wins / float64(len(in)) / float64(len(out))
}

// confusion counts pairs of true and said label.
type confusion map[[2]string]int

func (c confusion) add(truth, said string) { c[[2]string{truth, said}]++ }

// mcc is the multiclass Matthews correlation coefficient (Gorodkin's R_K).
func (c confusion) mcc() float64 {
	var n, right float64
	truth, said := map[string]float64{}, map[string]float64{}
	for k, v := range c {
		n += float64(v)
		truth[k[0]] += float64(v)
		said[k[1]] += float64(v)
		if k[0] == k[1] {
			right += float64(v)
		}
	}
	var cross, tt, ss float64
	for k, v := range truth {
		cross += v * said[k]
		tt += v * v
	}
	for _, v := range said {
		ss += v * v
	}
	if d := math.Sqrt((n*n - tt) * (n*n - ss)); d > 0 {
		return (right*n - cross) / d
	}
	return 0
}

// answer is the true and the best intent of one sentence, and its energy.
type answer struct {
	truth, best string
	energy      float64
}

// bestMCC tries fifty thresholds spread over the answers and returns the best coefficient any of them gives.
func bestMCC(answers []answer, oos string) float64 {
	slices.SortFunc(answers, func(a, b answer) int { return cmp.Compare(a.energy, b.energy) })
	best := 0.0
	for k := range min(50, len(answers)) {
		threshold := answers[k*len(answers)/50].energy
		c := confusion{}
		for _, a := range answers {
			said := a.best
			if a.energy < threshold {
				said = oos
			}
			c.add(a.truth, said)
		}
		best = max(best, c.mcc())
	}
	return best
}

// CrossValidate is the forced accuracy over folds of rows, each sentence judged by a model trained without its fold. It
// is for sets that have no test part. Rows out of scope are not to be among them.
func CrossValidate(rows []Row, folds int) (float64, error) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Intent, b.Intent), cmp.Compare(a.Text, b.Text)) })
	right := 0
	for f := range folds {
		var train []Example
		var test []Row
		for i, r := range sorted {
			if i%folds == f {
				test = append(test, r)
			} else {
				train = append(train, Example{Text: r.Text, Intent: r.Intent})
			}
		}
		m, err := trainUncalibrated(train)
		if err != nil {
			return 0, err
		}
		for _, r := range test {
			var u Understanding
			m.classify(m.slots.reads(r.Text, ""), r.Text, &u)
			right += count(u.best() == r.Intent)
		}
	}
	return share(right, len(rows)), nil
}
