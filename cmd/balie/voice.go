package main

import (
	"time"

	"balie/bot"
	"balie/bot/flow"
	"balie/bot/nlu"
	"balie/internal/model/openai"
	"balie/internal/relay"
)

// builtin is what the ear of the house is trained on.
func builtin() ([]nlu.Example, nlu.Options) {
	examples, background := nlu.Builtin()
	for _, s := range flow.Sentences() {
		examples = append(examples, nlu.Example{Text: s.Text, Intent: s.Flow, Lang: s.Lang})
	}
	return examples, nlu.Options{Background: background}
}

// modelTurns is how many turns may wait for a model's words at once; without a model the bot only thinks, and more at once are not faster.
const modelTurns = 32

// openBot makes the bot: its ear, its flows, and its policies in the order in which they are asked.
// The editors' workshop asks the same bot over other articles.
func openBot(h *house, where *time.Location) hand {
	country := "NL"
	if h.cfg.Orders != "" {
		country = "" // a shop we know nothing of: addresses and phone numbers follow the customer's language
	}
	make := voiceOf(h.ear, flow.NewSet(flow.Builtin()...), h.orders, h.ledger, where, country)
	worker := &bot.Worker{Log: h.relay, Now: time.Now, Bot: make(h.data.library)}
	var finder hand
	h.editors, finder = openEditors(h, where, country)
	h.work = append(h.work, finder)
	set := relay.Settings{}
	if llm := h.cfg.LLM; llm.URL != "" {
		worker.Phraser = openai.New(openai.Config{URL: llm.URL, Key: string(llm.Key), Model: llm.Model,
			Limits: openai.Limits{FirstToken: llm.FirstToken, Silence: llm.Silence, Total: llm.Total, InFlight: modelTurns}})
		set = relay.Settings{Parallel: modelTurns, Lease: llm.Total + time.Minute}
	}
	return hand{worker, set}
}
