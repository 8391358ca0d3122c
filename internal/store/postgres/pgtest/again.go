package pgtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asked is the variable by which a package's tests are told to stand on PostgreSQL.
const asked = "BALIE_TEST_ENGINE=postgres"

// Asked reports whether the tests of this process are to stand on PostgreSQL where they would otherwise on a file.
func Asked() bool {
	name, value, _ := strings.Cut(asked, "=")
	return os.Getenv(name) == value
}

// Again runs the tests of this package once more, in a process of its own that is asked to stand on PostgreSQL; all but this one and those whose
// names the pattern skip fits. Both in one process would share what belongs to a process. It is skipped where there is no PostgreSQL, and in the
// process that it starts.
func Again(t *testing.T, skip string) {
	t.Helper()
	if Asked() {
		t.Skip("this is it")
	}
	if _, err := binaries(); err != nil {
		t.Skip(err)
	}
	end, ok := t.Deadline()
	if !ok {
		end = time.Now().Add(20 * time.Minute)
	}
	ctx, cancel := context.WithDeadline(t.Context(), end.Add(-5*time.Second))
	defer cancel()
	if skip != "" {
		skip = "|" + skip
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.v", "-test.count=1", "-test.run=^Test", "-test.skip=^"+t.Name()+"$"+skip, "-test.timeout="+time.Until(end).String())
	cmd.Env = append(os.Environ(), asked)
	out, err := cmd.CombinedOutput()
	passed := strings.Count("\n"+string(out), "\n--- PASS: ")
	if err != nil || passed == 0 {
		t.Fatalf("on PostgreSQL %d tests passed, and then: %v\n%s", passed, err, troubles(string(out)))
	}
	t.Logf("%d tests passed on PostgreSQL", passed)
}

// troubles leaves out of a test's output what only says that all is well.
func troubles(out string) string {
	var b strings.Builder
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--- PASS: ") && !strings.HasPrefix(line, "=== ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// At is the address of the database that a data folder stands for; it is made at the first asking and noted in the folder.
func At(t T, dir string) string {
	t.Helper()
	if b, err := os.ReadFile(filepath.Join(dir, "address")); err == nil {
		return string(b)
	}
	address := Database(t)
	note(t, dir, address)
	return address
}

// Restore makes the folder stand for a copy of its database, as one that was put back from a backup. Whoever has it open is cut off.
func Restore(t T, dir string) {
	t.Helper()
	address, err := Shared(t).Copy(At(t, dir))
	if err != nil {
		t.Fatalf("restore: %v", err)
	}
	note(t, dir, address)
}

func note(t T, dir, address string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "address"), []byte(address), 0o600); err != nil {
		t.Fatalf("note address: %v", err)
	}
}
