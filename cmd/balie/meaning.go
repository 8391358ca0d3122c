package main

import (
	"cmp"
	"fmt"
	"strings"

	"balie/internal/config"
	"balie/internal/model/openai"
	"balie/kb"
)

// libraryVectors is the endpoint for sentence vectors as the library asks it: patiently for its passages, quickly for a customer's
// question. It is nil when there is no endpoint.
func libraryVectors(cfg config.Embed) *kb.Vectors {
	if cfg.URL == "" {
		return nil
	}
	e := openai.NewEmbedder(openai.EmbedConfig{URL: cfg.URL, Key: string(cfg.Key), Model: cfg.Model, Budget: cfg.Budget, Cache: 32 << 20})
	return &kb.Vectors{
		Model:     cmp.Or(cfg.Model, "default") + " " + cfg.PassagePrefix,
		Passages:  prefixed{e.WithBudget(learnBudget), cfg.PassagePrefix},
		Questions: prefixed{e, cfg.QueryPrefix},
		Many:      prefixed{e.WithBudget(learnBudget), cfg.QueryPrefix},
	}
}

// patientVectors are those for measuring: no question goes without.
func patientVectors(cfg config.Embed) *kb.Vectors {
	cfg.Budget = learnBudget
	return libraryVectors(cfg)
}

// columns writes the figures of a search, those of words alone beside those with vectors where there are both.
func columns(rep kb.EvalReport) string {
	if rep.Words == nil {
		return table(rep)
	}
	words := *rep.Words
	rep.Words = nil
	left, right := strings.Split(table(words), "\n"), strings.Split(table(rep), "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "%-22s %-20s %s\n", "", "words alone", "with vectors")
	for i := range left {
		name, value, ok := strings.Cut(left[i], " ")
		if _, with, _ := strings.Cut(right[i], " "); ok {
			fmt.Fprintf(&b, "%-22s %-20s %s\n", name, strings.TrimSpace(value), strings.TrimSpace(with))
		}
	}
	return b.String()
}
