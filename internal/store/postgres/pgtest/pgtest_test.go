package pgtest_test

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/store/postgres/pgtest"
)

// TestNothingOutlivesAKilledTest kills a process that has a server, and sees the server and its folder go.
func TestNothingOutlivesAKilledTest(t *testing.T) {
	if os.Getenv("BALIE_TEST_CHILD") != "" {
		cfg, err := pgx.ParseConfig(pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("server in " + cfg.Host + "\n")
		time.Sleep(time.Minute) // it is killed long before
		return
	}
	pgtest.Shared(t) // skips where there is none
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "BALIE_TEST_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	dir := ""
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		_, dir, _ = strings.Cut(lines.Text(), "server in ")
	}
	pid := serverIn(t, dir)
	child.Process.Kill()
	child.Wait()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
	}
	t.Errorf("the server %d or its folder %s is still there", pid, dir)
}

func serverIn(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(dir + "/postmaster.pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Fields(string(b))[0])
	if err != nil || syscall.Kill(pid, 0) != nil {
		t.Fatalf("no server %s (%v)", b, err)
	}
	return pid
}
