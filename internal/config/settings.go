package config

// Setting is one row of the table.
type Setting struct {
	Name    string // as in the file; the flag has dashes, the variable BALIE_ and capitals
	Default string
	Kind    Kind
	Secret  bool // never shown
	Help    string

	field func(*Config) any    // where the parsed value goes; its type fits the kind
	check func(v string) error // what the kind does not know; nil for nothing
}

// Kind says what a value looks like.
type Kind string

// The kinds of values.
const (
	Text   Kind = "text"
	Web    Kind = "web address"
	Number Kind = "number"
	Switch Kind = "on/off"
	Length Kind = "duration" // of time
	Level  Kind = "level"
	Sites  Kind = "site=origin,…;…" // in the file: a map of lists
	Keys   Kind = "site=key;…"      // in the file: a map
)

// table is the one list of settings, in the order in which people want to read about them.
var table = []Setting{
	{"addr", "127.0.0.1:8080", Text, false, "where to listen, HOST:PORT; port 0 takes a free one", func(c *Config) any { return &c.Addr }, hostPort},
	{"data", "balie-data", Text, false, "folder for everything that must be kept; made when it is not there", func(c *Config) any { return &c.Data }, filled},
	{"public_url", "", Web, false, "address under which customers reach this server, for links in mail; empty: taken from each request", func(c *Config) any { return &c.PublicURL }, nil},
	{"demo", "off", Switch, false, "fill an empty data folder with a demo shop: articles, orders, people", func(c *Config) any { return &c.Demo }, nil},
	{"demo_password", "", Text, true, "password of the demo people; empty: one is made up and shown at the first start", func(c *Config) any { return &c.DemoPassword }, nil},
	{"site_secret", "", Text, true, "signs customers' JWTs (HS256) for the site demo; empty: that site knows no signed-in customers", func(c *Config) any { return &c.SiteSecret }, nil},
	{"sites", "", Sites, false, "origins that may embed the chat, per site; our own origin always may", func(c *Config) any { return &c.Sites }, nil},
	{"site_keys", "", Keys, true, "verifies customers' JWTs per site: a shared secret, or the path of a .pem file with a public key", func(c *Config) any { return &c.SiteKeys }, nil},
	{"orders", "", Text, false, "order system: path of a JSON file for the embedded one, or the base URL of your own; empty: the embedded one with demo orders", func(c *Config) any { return &c.Orders }, orderSystem},
	{"orders_key", "", Text, true, "bearer token for your own order system", func(c *Config) any { return &c.OrdersKey }, nil},
	{"llm_url", "", Web, false, "base URL of an OpenAI-compatible API, before /chat/completions; empty: answers are quoted, not phrased", func(c *Config) any { return &c.LLM.URL }, nil},
	{"llm_key", "", Text, true, "bearer token for it", func(c *Config) any { return &c.LLM.Key }, nil},
	{"llm_model", "default", Text, false, "name of the model", func(c *Config) any { return &c.LLM.Model }, filled},
	{"llm_first_token", "8s", Length, false, "longest wait for its first word; then the passage is quoted", func(c *Config) any { return &c.LLM.FirstToken }, between("100ms", "5m")},
	{"llm_silence", "15s", Length, false, "longest silence between two words", func(c *Config) any { return &c.LLM.Silence }, between("100ms", "5m")},
	{"llm_total", "45s", Length, false, "longest time for a whole answer", func(c *Config) any { return &c.LLM.Total }, between("100ms", "10m")},
	{"embed_url", "", Web, false, "base URL of an OpenAI-compatible API, before /embeddings; empty: the embedded ear and search alone", func(c *Config) any { return &c.Embed.URL }, nil},
	{"embed_key", "", Text, true, "bearer token for it", func(c *Config) any { return &c.Embed.Key }, nil},
	{"embed_model", "default", Text, false, "name of the model; another name means new vectors for all articles", func(c *Config) any { return &c.Embed.Model }, filled},
	{"embed_budget", "50ms", Length, false, "longest wait for the vector of a customer's sentence; then the turn goes on without", func(c *Config) any { return &c.Embed.Budget }, between("1ms", "10s")},
	{"embed_query_prefix", "", Text, false, "written before a question; e5 models want \"query: \"", func(c *Config) any { return &c.Embed.QueryPrefix }, nil},
	{"embed_passage_prefix", "", Text, false, "written before a passage; e5 models want \"passage: \"", func(c *Config) any { return &c.Embed.PassagePrefix }, nil},
	{"postgres", "", Text, true, "postgres://… for many nodes on one database; empty: one file in the data folder", func(c *Config) any { return &c.Postgres }, postgresURL},
	{"postgres_direct", "", Text, true, "the same database without a pooler in between, for the one connection on which a node hears the others; empty: the address in postgres", func(c *Config) any { return &c.PostgresDirect }, postgresURL},
	{"rate_limit", "on", Switch, false, "limit messages and sign-ins per customer and address; off only for load tests", func(c *Config) any { return &c.RateLimit }, nil},
	{"max_connections", "20000", Number, false, "open sockets at once; a tenth is kept for the desk", func(c *Config) any { return &c.MaxConnections }, from(10, 1000000)},
	{"session_days", "30", Number, false, "days that a customer's browser keeps its conversation", func(c *Config) any { return &c.Sessions.CustomerDays }, from(1, 400)},
	{"desk_session", "12h", Length, false, "time after which people at the desk sign in again", func(c *Config) any { return &c.Sessions.Desk }, between("5m", "720h")},
	{"sla_first_answer", "3m", Length, false, "promise: time from the queue to a person's first answer; only opening hours count", func(c *Config) any { return &c.Desk.FirstAnswer }, between("1s", "168h")},
	{"sla_reply", "10m", Length, false, "promise: time to every later answer of a person; only opening hours count", func(c *Config) any { return &c.Desk.Reply }, between("1s", "168h")},
	{"claim_lease", "30s", Length, false, "an agent not heard for this long has left; the conversation returns to its old place in the queue", func(c *Config) any { return &c.Desk.Lease }, between("1s", "1h")},
	{"offer_timeout", "1m", Length, false, "a conversation that a colleague was given and does not open goes back to the queue after this", func(c *Config) any { return &c.Desk.AnswerOffer }, between("1s", "24h")},
	{"idle_close", "24h", Length, false, "a conversation in which nobody speaks is closed after this; never while the customer waits for a person or an answer, and seven times later in the middle of a routine", func(c *Config) any { return &c.Desk.IdleClose }, between("1s", "8760h")},
	{"smtp_addr", "", Text, false, "outgoing mail server, HOST:PORT; empty: no mail is sent (the demo shows it on a page)", func(c *Config) any { return &c.SMTP.Addr }, hostPort},
	{"smtp_user", "", Text, false, "user name for it; empty: no sign-in", func(c *Config) any { return &c.SMTP.User }, nil},
	{"smtp_password", "", Text, true, "password for it", func(c *Config) any { return &c.SMTP.Password }, nil},
	{"smtp_from", "", Text, false, "sender of all mail", func(c *Config) any { return &c.SMTP.From }, mailbox},
	{"smtp_tls", "starttls", Text, false, "starttls, tls or none", func(c *Config) any { return &c.SMTP.TLS }, oneOf("starttls", "tls", "none")},
	{"log_level", "info", Level, false, "debug, info, warn or error", func(c *Config) any { return &c.LogLevel }, nil},
	{"log_format", "text", Text, false, "text or json", func(c *Config) any { return &c.LogFormat }, oneOf("text", "json")},
}

// Settings returns a copy of the table, for whoever makes flags or documentation of it.
func Settings() []Setting { return append([]Setting(nil), table...) }

// lookup returns the row of that name.
func lookup(name string) (Setting, bool) {
	for _, s := range table {
		if s.Name == name {
			return s, true
		}
	}
	return Setting{}, false
}
