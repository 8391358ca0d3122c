package openai

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"balie/bot"
)

// grace is how long a stream may stay open after the model said that it stopped.
const grace = time.Second

// stream asks the model and reads its answer. Whoever runs out of patience cancels the request with the reason as
// cause, and that cause is the error.
func (m *Model) stream(ctx context.Context, req bot.PhraseRequest, delta func(string)) (string, error) {
	lim := m.cfg.Limits
	ctx, cancelTotal := context.WithTimeoutCause(ctx, lim.Total, errTotal)
	defer cancelTotal()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := patience{cancel: cancel}
	p.give(lim.FirstToken, errFirstToken)
	defer p.end()

	w := &wire{http: m.cfg.HTTP, limit: lim.Body, stream: true}
	s, err := w.client(m.cfg.URL, m.cfg.Key).CreateChatCompletionStream(ctx, m.ask(req))
	if err != nil {
		return "", because(ctx, err)
	}
	defer s.Close() // read to its end or given up; a failing close changes neither

	a := newAnswer(allowedURLs(req.Passages), lim.Answer, delta)
	for stopped := false; ; {
		chunk, err := s.Recv()
		if err != nil && (stopped || w.finished() && errors.Is(err, io.EOF)) {
			return a.close()
		}
		if err != nil {
			return "", because(ctx, err)
		}
		spoke, stop, err := a.take(chunk)
		switch {
		case err != nil:
			return "", err
		case stop && !stopped:
			stopped = true
			p.give(grace, errSilence)
		case spoke && !stopped:
			p.give(lim.Silence, errSilence)
		}
	}
}

// patience cancels a request that makes the customer wait too long for the next thing.
type patience struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

// give starts waiting anew: after d the request ends with reason.
func (p *patience) give(d time.Duration, reason error) {
	p.end()
	p.timer = time.AfterFunc(d, func() { p.cancel(reason) })
}

// end stops waiting.
func (p *patience) end() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// because names what went wrong: the reason why ctx ended, if it did, else the library's error without the words of the
// server, which may repeat a key or a question.
func because(ctx context.Context, err error) error {
	var (
		reported *sdk.APIError
		syntax   *json.SyntaxError
		shape    *json.UnmarshalTypeError
	)
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case errors.Is(err, errBody):
		return errBody
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCut
	case errors.As(err, &reported):
		return errReported
	case errors.As(err, &syntax), errors.As(err, &shape), errors.Is(err, sdk.ErrTooManyEmptyStreamMessages):
		return errGarbage
	}
	return err
}

// take reads one chunk: whether it held visible text, and whether the model says that it stopped. Any other reason to
// stop than being ready leaves half an answer, and half an answer is none.
func (a *answer) take(chunk sdk.ChatCompletionStreamResponse) (spoke, stop bool, err error) {
	for _, c := range chunk.Choices {
		if c.Index != 0 {
			continue
		}
		if len(c.Delta.ToolCalls) > 0 || c.Delta.FunctionCall != nil {
			return false, false, errTool
		}
		if spoke, err = a.write(c.Delta.Content); err != nil {
			return false, false, err
		}
		switch c.FinishReason {
		case "", sdk.FinishReasonNull:
		case sdk.FinishReasonStop:
			stop = true
		case sdk.FinishReasonLength:
			return false, false, errTooLong
		default:
			return false, false, fmt.Errorf("%w: it stopped for another reason than being ready", errGarbage)
		}
	}
	return spoke, stop, nil
}
