package chat

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// kinds is the one list of event kinds. A new kind is a struct, its Kind, its Apply, and a line here.
var kinds = map[Kind]func() Body{
	"opened":          func() Body { return &Opened{} },
	"message":         func() Body { return &Message{} },
	"note":            func() Body { return &Note{} },
	"owner":           func() Body { return &OwnerChanged{} },
	"human_requested": func() Body { return &HumanRequested{} },
	"identified":      func() Body { return &Identified{} },
	"language":        func() Body { return &LanguageSet{} },
	"slot":            func() Body { return &SlotSet{} },
	"flow":            func() Body { return &FlowMoved{} },
	"action":          func() Body { return &ActionMoved{} },
	"code":            func() Body { return &CodeMoved{} },
	"sign":            func() Body { return &Sign{} },
	"mark":            func() Body { return &Mark{} },
	"rating":          func() Body { return &Rating{} },
	"seen":            func() Body { return &Seen{} },
	"closed":          func() Body { return &Closed{} },
	"redacted":        func() Body { return &Redacted{} },
}

// Kinds returns every kind of event there is, in order of name: for tests and tools that must leave none out.
func Kinds() []Kind { return slices.Sorted(maps.Keys(kinds)) }

// Opened is the first event of a conversation: where it began. Site is the customer's website, Page the address they were on,
// as the browser says it (never trusted).
type Opened struct {
	Site string `json:"site"`
	Lang string `json:"lang"`
	Page string `json:"page,omitempty"`
}

// Message is something said, by whoever: text for people, and what a program needs to act on it. Text of the bot is Markdown, of
// customers and agents plain.
type Message struct {
	Text    string      `json:"text"`
	Lang    string      `json:"lang,omitempty"`
	Sources []Source    `json:"sources,omitempty"` // of an answer; an answer without a source makes no factual claim
	Buttons []Button    `json:"buttons,omitempty"`
	Form    *Form       `json:"form,omitempty"`
	Card    *Card       `json:"card,omitempty"`
	Pressed *Button     `json:"pressed,omitempty"` // a customer's press: the button as it was when it was shown
	Submit  *Submission `json:"submit,omitempty"`  // a customer's filled form
	Policy  string      `json:"policy,omitempty"`  // the bot's policy that decided this
	Intent  string      `json:"intent,omitempty"`  // what the bot took the customer to want
	Act     Act         `json:"act,omitempty"`     // what the bot is doing by saying this
	Missed  bool        `json:"missed,omitempty"`  // the bot did not know: counts as a miss, feeds the gap list
	Re      Seq         `json:"re,omitempty"`      // of the bot: the event it answers; see Conversation.Handled
	Near    []Near      `json:"near,omitempty"`    // of a bot that was not sure: the intents that came nearest, for editors
	About   string      `json:"about,omitempty"`   // of the customer: the help page at hand, as "nl/retour"
}

// Near is an intent that the bot thought of, with its probability.
type Near struct {
	Intent string  `json:"intent"`
	Score  float64 `json:"score"`
}

// Act is what the bot does by saying something; the stuck policy counts them.
type Act string

// The acts of the bot's speech.
const (
	ActAnswer  Act = "answer"  // quotes the library
	ActClarify Act = "clarify" // did you mean
	ActRefusal Act = "refusal" // that I am not sure about
	ActAsk     Act = "ask"     // asks for a slot, or shows a form or card
	ActReask   Act = "reask"   // the same again: the last answer did not fit
	ActTell    Act = "tell"    // tells what was found or done
	ActFailed  Act = "failed"  // a back end failed
	ActOffer   Act = "offer"   // offers a person
	ActSmall   Act = "small"   // small talk
	ActPromise Act = "promise" // says what will happen, and when: the next colleague must know
)

// Source is an article behind an answer.
type Source struct {
	Article string `json:"article"`
	Title   string `json:"title"`
	Section string `json:"section,omitempty"`
	URL     string `json:"url"`
	Updated string `json:"updated,omitempty"`
	Lang    string `json:"lang,omitempty"`
}

// Button is an answer that can be given with one press. Do is for the bot and never leaves the server.
type Button struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	Do    string `json:"do,omitempty"`
	Style string `json:"style,omitempty"` // "primary" for the one filled button, else ""
}

// Form asks for several values at once.
type Form struct {
	ID     string  `json:"id"`
	Title  string  `json:"title,omitempty"`
	Submit string  `json:"submit,omitempty"` // the verb on its button
	Fields []Field `json:"fields"`
}

// Field is one input of a form. Type is an HTML input type, or "select" with Options.
type Field struct {
	Name         string   `json:"name"`
	Label        string   `json:"label"`
	Type         string   `json:"type"`
	Autocomplete string   `json:"autocomplete,omitempty"`
	Required     bool     `json:"required,omitempty"`
	Value        string   `json:"value,omitempty"`
	Error        string   `json:"error,omitempty"`
	Hint         string   `json:"hint,omitempty"`
	Options      []Option `json:"options,omitempty"`
	Multiple     bool     `json:"multiple,omitempty"` // of a select: several may be chosen, values joined by commas
}

// Option is one choice of a select field.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Submission is what a customer filled in.
type Submission struct {
	Form   string            `json:"form"`
	Values map[string]string `json:"values"`
}

// Card shows what will be done, drawn from validated values. Action is the proposal it belongs to.
type Card struct {
	Action string `json:"action"`
	Title  string `json:"title"`
	Rows   []Row  `json:"rows"`
}

// Row is one line of a card: before is empty where nothing was there.
type Row struct {
	Label  string `json:"label"`
	Before string `json:"before,omitempty"`
	After  string `json:"after"`
}

// Note is a word between colleagues. No customer ever sees one: see ForCustomer.
type Note struct {
	Text string `json:"text"`
}

// Reason says why the owner changed; the values are part of the wire protocol.
type Reason string

// The reasons.
const (
	ReasonCustomer       Reason = "customer_request"
	ReasonStuck          Reason = "stuck"
	ReasonNoAnswer       Reason = "no_answer"
	ReasonPolicy         Reason = "policy"
	ReasonSensitive      Reason = "sensitive"
	ReasonActionFailed   Reason = "action_failed"
	ReasonActionUnknown  Reason = "action_unknown"
	ReasonBotUnavailable Reason = "bot_unavailable"
	ReasonReturned       Reason = "returned"
	ReasonAssigned       Reason = "assigned"
	ReasonTransferred    Reason = "transferred"
	ReasonAgentGone      Reason = "agent_gone"
	ReasonResolved       Reason = "resolved"
	ReasonTimeout        Reason = "timeout"
)

// OwnerChanged gives the next word to somebody else: escalated (to queue), assigned (to agent), returned (to bot or queue), resolved (to
// nobody), reopened (from nobody). Priority only counts on the way to the queue: 0 normal, higher is sooner.
type OwnerChanged struct {
	To       Role   `json:"to"`
	Agent    string `json:"agent,omitempty"`
	Name     string `json:"name,omitempty"` // the agent's, as the customer may see it
	Team     string `json:"team,omitempty"`
	Reason   Reason `json:"reason"`
	Priority int    `json:"priority,omitempty"`
	Note     string `json:"note,omitempty"` // for the next colleague
}

// HumanRequested is the press on "talk to a person". It never passes through the bot: folding it makes the queue the owner. Already is
// set (queue, agent) when people had the conversation at that moment: nothing changes then, and the customer is told nothing.
type HumanRequested struct {
	Already Role `json:"already,omitempty"`
}

// Level says how sure we are who the customer is.
type Level string

// The identity levels, lowest first; see Level.AtLeast.
const (
	LevelAnonymous Level = "anonymous"
	LevelOrder     Level = "order"     // knows an order number and its postcode
	LevelCode      Level = "code"      // gave the one-time code sent to the address of record
	LevelSignedIn  Level = "signed_in" // the website signed a token
)

var levels = map[Level]int{LevelAnonymous: 0, "": 0, LevelOrder: 1, LevelCode: 2, LevelSignedIn: 3}

// AtLeast reports whether l is as sure as need. An unknown level is as sure as nothing.
func (l Level) AtLeast(need Level) bool { return levels[l] >= levels[need] }

// Identified says who the customer turned out to be, and how that was proven. ID is the order system's.
type Identified struct {
	Level Level  `json:"level"`
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	How   string `json:"how,omitempty"` // "jwt", "order #P10001 + postcode", "code"
}

// LanguageSet is the language the conversation goes on in.
type LanguageSet struct {
	Lang string `json:"lang"`
}

// SlotSet is a fact heard or found. Flow is the flow it belongs to ("" = the conversation's own). From is the event that shows it.
// A null value unsets the slot.
type SlotSet struct {
	Name     string          `json:"name"`
	Value    json.RawMessage `json:"value"`
	Flow     string          `json:"flow,omitempty"`
	From     Seq             `json:"from,omitempty"`
	Verified bool            `json:"verified,omitempty"` // checked against the order system, not only said
}

// FlowMoved is a step of a self-service flow.
type FlowMoved struct {
	Flow  string    `json:"flow"`
	State FlowState `json:"state"`
	Step  string    `json:"step,omitempty"`
	Tries int       `json:"tries,omitempty"` // how often this step has asked in vain
	Wait  string    `json:"wait,omitempty"`  // what it waits for: slot:NAME, form:ID, action:ID, choice
	Why   string    `json:"why,omitempty"`
}

// FlowState is where a flow is.
type FlowState string

// The states of a flow. Queued is a second wish that waits its turn; At is a step while it runs; the last three end it.
const (
	FlowQueued    FlowState = "queued"
	FlowStarted   FlowState = "started"
	FlowAt        FlowState = "at"
	FlowDone      FlowState = "done"
	FlowCancelled FlowState = "cancelled"
	FlowFailed    FlowState = "failed"
)

// ActionState is where an act on the company's systems is; the values are part of the wire protocol.
type ActionState string

// The states of an act.
const (
	ActionProposed  ActionState = "proposed"
	ActionConfirmed ActionState = "confirmed"
	ActionExecuting ActionState = "executing"
	ActionDone      ActionState = "done"
	ActionFailed    ActionState = "failed"
	ActionUnknown   ActionState = "unknown"
	ActionUndone    ActionState = "undone"
	ActionExpired   ActionState = "expired"
)

// Over reports whether nothing more will happen by itself. Unknown is not over: somebody must look.
func (s ActionState) Over() bool {
	return s == ActionDone || s == ActionFailed || s == ActionUndone || s == ActionExpired
}

// ActionMoved is a phase of an act. Params and Hash come with the proposal and bind every later phase to it.
type ActionMoved struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	State     ActionState     `json:"state"`
	Params    json.RawMessage `json:"params,omitempty"`
	Hash      string          `json:"hash,omitempty"`
	Needs     Level           `json:"needs,omitempty"`
	Expires   time.Time       `json:"expires,omitzero"`
	Receipt   string          `json:"receipt,omitempty"`
	UndoUntil time.Time       `json:"undo_until,omitzero"`
	UndoOf    string          `json:"undo_of,omitempty"`
	Reason    string          `json:"reason,omitempty"` // why it failed, was refused or is unknown: a code
	Result    json.RawMessage `json:"result,omitempty"`
}

// CodeState is where a one-time code is.
type CodeState string

// The states of a one-time code. The bot asks for one and passes on what the customer typed; everything else is the ledger's to say.
const (
	CodeAsked   CodeState = "asked"   // by the bot: send one
	CodeGiven   CodeState = "given"   // by the bot: the customer's message From has one in it
	CodeSent    CodeState = "sent"    // or not, where nobody has the address: nobody is told which
	CodeLimited CodeState = "limited" // enough were sent
	CodeFailed  CodeState = "failed"  // none can be sent or compared now
	CodeRight   CodeState = "right"   // who it is comes with it, as Identified
	CodeWrong   CodeState = "wrong"
	CodeOver    CodeState = "over" // used, too old or tried too often: only a new one helps
)

// CodeMoved is a phase of a one-time code: the flow asks and waits, the ledger mails and compares, and they meet in the log. Neither the
// code nor whether anybody has the address is ever in it. Email is what the customer says is theirs; "" where we know who it is.
type CodeMoved struct {
	State CodeState `json:"state"`
	Email string    `json:"email,omitempty"`
	From  Seq       `json:"from,omitempty"` // of given: the customer's message; of the ledger's: what it answers
}

// Sign is one indication that the customer is stuck; From is the event that shows it.
type Sign struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
	From   Seq    `json:"from"`
}

// Mark is an agent's verdict on a line of the bot: "correct" or "wrong".
type Mark struct {
	Seq     Seq    `json:"seq"`
	Verdict string `json:"verdict"`
}

// Rating is the customer's verdict. Nil Resolved or zero Score: not answered.
type Rating struct {
	Resolved *bool  `json:"resolved,omitempty"`
	Score    int    `json:"score,omitempty"`  // 1–5
	Effort   int    `json:"effort,omitempty"` // 1 (none) – 5 (a lot)
	Comment  string `json:"comment,omitempty"`
}

// Seen says how far a party has read.
type Seen struct {
	Seq Seq `json:"seq"`
}

// Closed ends a conversation. Code is the wrap-up code. A customer's next word opens it again.
type Closed struct {
	Code string `json:"code,omitempty"`
	Note string `json:"note,omitempty"`
}

// Redacted takes the words out of earlier events; an engine blanks them where they lie, in the same commit.
type Redacted struct {
	Seqs []Seq  `json:"seqs"`
	Why  string `json:"why,omitempty"`
}

// The kinds' names.
func (*Opened) Kind() Kind         { return "opened" }
func (*Message) Kind() Kind        { return "message" }
func (*Note) Kind() Kind           { return "note" }
func (*OwnerChanged) Kind() Kind   { return "owner" }
func (*HumanRequested) Kind() Kind { return "human_requested" }
func (*Identified) Kind() Kind     { return "identified" }
func (*LanguageSet) Kind() Kind    { return "language" }
func (*SlotSet) Kind() Kind        { return "slot" }
func (*FlowMoved) Kind() Kind      { return "flow" }
func (*ActionMoved) Kind() Kind    { return "action" }
func (*CodeMoved) Kind() Kind      { return "code" }
func (*Sign) Kind() Kind           { return "sign" }
func (*Mark) Kind() Kind           { return "mark" }
func (*Rating) Kind() Kind         { return "rating" }
func (*Seen) Kind() Kind           { return "seen" }
func (*Closed) Kind() Kind         { return "closed" }
func (*Redacted) Kind() Kind       { return "redacted" }
