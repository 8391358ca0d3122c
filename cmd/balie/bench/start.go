package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// startFigures: start to ready on a full folder, and the size of the program.
func startFigures(ctx context.Context, o Options) ([]Figure, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	messages := 100_000
	if o.Quick {
		messages = 5_000
	}
	if err := o.Seed(data, 1000, messages); err != nil {
		return nil, err
	}
	var spans []float64
	for range o.times() {
		begin := time.Now()
		p, err := server(ctx, o, data, "BALIE_LOG_LEVEL=warn")
		if err != nil {
			return nil, err
		}
		if err := awaitReady(p.addr); err != nil {
			p.stop()
			return nil, err
		}
		spans = append(spans, float64(time.Since(begin).Milliseconds()))
		p.stop()
	}
	info, err := os.Stat(o.Self)
	if err != nil {
		return nil, err
	}
	mb := float64(info.Size()) / (1 << 20)
	return []Figure{
		{Name: fmt.Sprintf("start to ready, 1,000 articles, %d messages", messages), Value: median(spans), Unit: "ms", Goal: "≤ 500 ms", OK: median(spans) <= 500},
		{Name: "the program", Value: mb, Unit: "MB", Goal: "≤ 40 MB", OK: mb <= 40},
	}, nil
}

func awaitReady(base string) error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		resp, err := http.Get(base + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		var ne net.Error
		if errors.As(err, &ne) && !ne.Timeout() {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("not ready within 30 s")
}
