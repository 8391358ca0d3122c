package main

import (
	"context"
	"runtime"
	"runtime/debug"
	gauge "runtime/metrics"
	"time"
)

// The rule for giving memory back: what was allocated in the last look is little, and much of what we hold is not in use.
const (
	quietLook  = 2 * time.Second
	quietBytes = 2 << 20  // allocated in a look: less is quiet
	spareBytes = 12 << 20 // held and not in use: less is not worth a collection
)

// giveBack returns memory to the system when the house has gone quiet after work: training the ear, an import, a storm of chats. The
// runtime alone would keep up to twice what is in use for minutes, and a small machine has other guests.
func giveBack(ctx context.Context) {
	tick := time.NewTicker(quietLook)
	defer tick.Stop()
	last, done := memory(), uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := memory()
		if quiet := now.allocated-last.allocated < quietBytes; quiet && now.allocated-done > spareBytes && now.spare() > spareBytes {
			for range 3 { // a collection halves a stack that is mostly empty; ten thousand lines that were once busy have them
				runtime.GC()
			}
			debug.FreeOSMemory()
			now = memory()
			done = now.allocated
		}
		last = now
	}
}

// footprint is how much memory is held, and for what.
type footprint struct{ allocated, live, held uint64 }

// spare is what is held and was not in use at the last collection.
func (f footprint) spare() uint64 {
	if f.held < f.live {
		return 0
	}
	return f.held - f.live
}

func memory() footprint {
	s := []gauge.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"}}
	gauge.Read(s)
	return footprint{allocated: s[0].Value.Uint64(), live: s[1].Value.Uint64(), held: s[2].Value.Uint64() - s[3].Value.Uint64() - s[4].Value.Uint64()}
}
