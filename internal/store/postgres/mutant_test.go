package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"balie/internal/store/postgres/pgtest"
	"balie/internal/store/storetest"
)

// schemas are the traps of this engine, planted in its tables, and the rule that must notice each.
var schemas = []struct{ bug, rule, sql string }{
	{"the feed by serial id", "the feed skips nothing under many writers", `CREATE SEQUENCE serial;
		CREATE FUNCTION number() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.cursor = nextval('serial'); PERFORM pg_sleep(random() * 0.01); RETURN NEW; END $$;
		CREATE TRIGGER number BEFORE INSERT OR UPDATE ON doc FOR EACH ROW EXECUTE FUNCTION number()`},
	{"bodies as jsonb", "bodies come back as they were", "ALTER TABLE doc ALTER body TYPE jsonb USING body::jsonb; CREATE CAST (text AS jsonb) WITH INOUT AS ASSIGNMENT"},
	{"strings in a language's order", "documents are listed by key and by id", `ALTER TABLE doc ALTER id TYPE text COLLATE "en-x-icu"`},
	{"milliseconds", "times are whole microseconds", `CREATE FUNCTION round_at() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		NEW.body = regexp_replace(NEW.body, '("at":\d{13})\d{3}', '\1000'); RETURN NEW; END $$;
		CREATE TRIGGER round_at BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION round_at()`},
	{"the lease's end decides the place", "an expired lease gives the old place back", `CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.lease <> '' THEN NEW.due = NEW.until; END IF; RETURN NEW; END $$;
		CREATE TRIGGER back BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION back()`},
	{"a look asked for during a claim is lost", "a task asked for while it was claimed stays", `CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		NEW.asked = OLD.asked; RETURN NEW; END $$; CREATE TRIGGER forget BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION forget()`},
}

// TestTrapsAreFound plants each trap in the tables and sees the specification notice.
func TestTrapsAreFound(t *testing.T) {
	for _, m := range schemas {
		t.Run(m.bug, func(t *testing.T) {
			bad := engineFor(t)
			whole := bad.Open
			planted := false
			bad.Open = func(c storetest.T, data string, opt storetest.Options) storetest.Store {
				s := whole(c, data, opt)
				if !planted {
					exec(t, pgtest.At(t, data), m.sql)
					planted = true
				}
				return s
			}
			if found := storetest.Failures(t, m.rule, bad); len(found) == 0 {
				t.Errorf("nothing was noticed")
			}
		})
	}
}

// exec runs SQL on a connection of the test's own.
func exec(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
}
