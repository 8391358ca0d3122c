package main

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"balie/bot"
	"balie/bot/flow"
	"balie/bot/nlu"
	"balie/internal/model/openai"
	"balie/internal/relay"
)

// train starts teaching the ear and returns a function that waits for it.
func train() func() (*nlu.Model, error) {
	type result struct {
		model *nlu.Model
		err   error
	}
	done := make(chan result, 1)
	go func() {
		examples, opt := builtin()
		m, err := nlu.Train(examples, opt)
		done <- result{m, err}
	}()
	return sync.OnceValues(func() (*nlu.Model, error) {
		r := <-done
		return r.model, r.err
	})
}

// builtin is what the ear of the house is trained on.
func builtin() ([]nlu.Example, nlu.Options) {
	examples, background := nlu.Builtin()
	return examples, nlu.Options{Background: background}
}

// modelTurns is how many turns may wait for a model's words at once; without a model the bot only thinks, and more at once are not faster.
const modelTurns = 32

// openBot makes the bot: its ear, its flows, and its policies in the order in which they are asked.
func openBot(h *house, ear func() (*nlu.Model, error), zone string) (hand, error) {
	model, err := ear()
	if err != nil {
		return hand{}, fmt.Errorf("train the ear: %w", err)
	}
	where, err := time.LoadLocation(cmp.Or(zone, "Europe/Amsterdam"))
	if err != nil {
		return hand{}, fmt.Errorf("the desk's time zone: %w", err)
	}
	country := "NL"
	if h.cfg.Orders != "" {
		country = "" // a shop we know nothing of: addresses and phone numbers follow the customer's language
	}
	listener := bot.Listener{Model: func() *nlu.Model { return model }, Zone: where, Country: country}
	shelf := bot.Shelf{Library: h.data.library}
	delivered := flow.NewSet(flow.Builtin()...)
	flows := flow.New(func() *flow.Set { return delivered }, h.orders, h.ledger, shelf, flow.Options{Location: where})
	understand := &bot.Understand{By: bot.Embedded{Ear: listener, Flows: flows, Library: h.data.library}, Flows: flows, Shelf: shelf, Ear: listener}
	worker := &bot.Worker{Log: h.relay, Now: time.Now, Bot: bot.New(listener,
		bot.Escape{Asks: nlu.AsksForPerson},
		bot.Care{},
		&bot.Routines{Flows: flows, Ledger: h.ledger, Understand: understand},
		understand,
		bot.Stuck{})}
	set := relay.Settings{}
	if llm := h.cfg.LLM; llm.URL != "" {
		worker.Phraser = openai.New(openai.Config{URL: llm.URL, Key: string(llm.Key), Model: llm.Model,
			Limits: openai.Limits{FirstToken: llm.FirstToken, Silence: llm.Silence, Total: llm.Total, InFlight: modelTurns}})
		set = relay.Settings{Parallel: modelTurns, Lease: llm.Total + time.Minute}
	}
	return hand{worker, set}, nil
}
