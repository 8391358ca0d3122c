package web

import (
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Frames are dealt with by hands: goroutines that lines share. A line's own goroutine only waits and reads, so its stack stays as small
// as waiting needs; a stack that has once grown for JSON, the store and the disk keeps that size, and ten thousand lines have one each.

// handIdle is how long a hand waits for more to do before it goes.
const handIdle = 2 * time.Second

// job is one frame to deal with. Jobs are used again; done has one slot.
type job struct {
	use  func([]byte) error
	data []byte
	log  *slog.Logger
	done chan error
}

var (
	idleHands = make(chan *job) // an idle hand takes from it
	spareJobs = sync.Pool{New: func() any { return &job{done: make(chan error, 1)} }}
)

// deal has a hand use data, and waits for it. A panic of use ends the line, not the house.
func deal(use func([]byte) error, data []byte, log *slog.Logger) error {
	j := spareJobs.Get().(*job)
	j.use, j.data, j.log = use, data, log
	select {
	case idleHands <- j:
	default:
		go hand(j)
	}
	err := <-j.done
	j.use, j.data, j.log = nil, nil, nil
	spareJobs.Put(j)
	return err
}

// hand does one job and then others, until there have been none for a while.
func hand(j *job) {
	timer := time.NewTimer(handIdle)
	defer timer.Stop()
	for {
		j.done <- attempt(j)
		timer.Reset(handIdle)
		select {
		case j = <-idleHands:
		case <-timer.C:
			return
		}
	}
}

func attempt(j *job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			j.log.Error("a frame made us panic", "err", p, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return j.use(j.data)
}
