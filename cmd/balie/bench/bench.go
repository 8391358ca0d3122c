// Package bench measures Balie against floors taken in the same run: the least a program could do for the same job, written
// as plainly as possible and kept beside the measurement. A ratio to a floor, and CPU time, say something on a noisy or
// strange machine; absolute figures alone do not. Every figure is the median of three.
package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Figure is one measured value beside its floor and its goal.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Floor float64 `json:"floor,omitempty"` // the same job done by the floor program, same unit
	Ratio float64 `json:"ratio,omitempty"` // value / floor
	Goal  string  `json:"goal,omitempty"`
	OK    bool    `json:"ok"`
}

// Options say what to measure.
type Options struct {
	Only        []string                                       // names of measurements; none: all
	Connections int                                            // idle chats; 0: 10,000
	Quick       bool                                           // one run instead of three, smaller loads: to see that it works
	Progress    func(format string, args ...any)               // what is being done
	Postgres    string                                         // a database to measure in; none: that is left out
	Self        string                                         // this program's path, to start servers with
	Seed        func(dir string, articles, messages int) error // fills a data folder
}

// measurement is one thing to measure.
type measurement struct {
	name string
	run  func(ctx context.Context, o Options) ([]Figure, error)
}

func measurements() []measurement {
	return []measurement{
		{"store", storeFigures}, {"memory", memoryFigures}, {"relay", relayFigures}, {"answer", answerFigures}, {"start", startFigures},
		{"postgres", postgresFigures},
	}
}

// Run measures and returns the figures in order. An error ends it; what was measured so far is returned with it.
func Run(ctx context.Context, o Options) ([]Figure, error) {
	if o.Connections == 0 {
		o.Connections = 10_000
	}
	var all []Figure
	for _, m := range measurements() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, m.name) {
			continue
		}
		o.Progress("measuring %s …", m.name)
		figs, err := m.run(ctx, o)
		all = append(all, figs...)
		if err != nil {
			return all, fmt.Errorf("measure %s: %w", m.name, err)
		}
	}
	return all, nil
}

// Print writes the figures as a table.
func Print(w io.Writer, figs []Figure) {
	fmt.Fprintf(w, "%-52s %14s %14s %7s  %-22s\n", "", "value", "floor", "ratio", "goal")
	for _, f := range figs {
		floor, ratio := "", ""
		if f.Floor != 0 {
			floor, ratio = number(f.Floor), fmt.Sprintf("%.2f", f.Ratio)
		}
		mark := "ok"
		if !f.OK {
			mark = "NOT MET"
		}
		if f.Goal == "" {
			mark = ""
		}
		fmt.Fprintf(w, "%-52s %14s %14s %7s  %-22s %s\n", f.Name, number(f.Value)+" "+f.Unit, floor, ratio, f.Goal, mark)
	}
}

func number(v float64) string {
	switch {
	case v >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// times is how often a figure is taken.
func (o Options) times() int {
	if o.Quick {
		return 1
	}
	return 3
}

func median[T cmp.Ordered](v []T) T {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func percentile(v []time.Duration, p float64) time.Duration {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[min(len(s)-1, int(float64(len(s))*p))]
}

// process is a server under measurement.
type process struct {
	cmd  *exec.Cmd
	addr string
}

// start runs a program until it prints a line with the mark, and returns what follows the mark.
func start(ctx context.Context, mark string, env []string, name string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	w.Close()
	found := make(chan string, 1)
	var tail []string
	go func() {
		defer r.Close()
		buf := make([]byte, 64<<10)
		rest := ""
		for {
			n, err := r.Read(buf)
			rest += string(buf[:n])
			for {
				line, after, ok := strings.Cut(rest, "\n")
				if !ok {
					break
				}
				rest = after
				if i := strings.Index(line, mark); i >= 0 {
					select {
					case found <- strings.TrimSpace(line[i+len(mark):]):
					default:
					}
				}
				tail = append(tail, line)
			}
			if err != nil {
				close(found)
				return
			}
		}
	}()
	p := &process{cmd: cmd}
	select {
	case addr, ok := <-found:
		if !ok {
			cmd.Wait()
			return nil, fmt.Errorf("%s ended before it was ready: %s", name, strings.Join(tail, " | "))
		}
		p.addr = addr
		return p, nil
	case <-time.After(60 * time.Second):
		p.stop()
		return nil, fmt.Errorf("%s was not ready within a minute", name)
	}
}

func (p *process) stop() {
	p.cmd.Process.Signal(os.Interrupt)
	done := make(chan struct{})
	go func() { p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		p.cmd.Process.Kill()
		<-done
	}
}

// resident is the process's resident memory in bytes, from /proc.
func (p *process) resident() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("no RssAnon for process %d", p.cmd.Process.Pid)
}

// rss is all of the process's resident memory, mapped files included.
func (p *process) rss() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// cpu is the CPU time the process has used, from /proc (in clock ticks of 10 ms).
func (p *process) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+2:]))
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	sys, err2 := strconv.ParseInt(f[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("read CPU time of process %d", p.cmd.Process.Pid)
	}
	return time.Duration(user+sys) * 10 * time.Millisecond, nil
}
