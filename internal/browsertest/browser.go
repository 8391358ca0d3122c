// Package browsertest drives a real Chromium in tests, as a person would: type, press, read, look. It is the only room that
// knows chromedp. One browser a test binary, one tab with cookies of its own a test, and every wait has a deadline.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Patience is how long anything on a page may take before the test gives up. It is long: a slow machine is no failure.
const Patience = 30 * time.Second

// one is the binary's browser; Main ends it.
var one struct {
	sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc
	dir    string
}

// Main runs a package's tests and then ends the browser, if one was started. Call it from TestMain.
func Main(m *testing.M) int {
	code := m.Run()
	one.Lock()
	defer one.Unlock()
	if one.ctx != nil {
		end, cancel := context.WithTimeout(one.ctx, 10*time.Second)
		chromedp.Cancel(end)
		cancel()
		one.cancel()
		os.RemoveAll(one.dir)
	}
	return code
}

// find returns where Chromium is.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("there is no Chromium: make test installs it, or apt-get install --no-install-recommends chromium")
}

func browser(t testing.TB) context.Context {
	t.Helper()
	one.Lock()
	defer one.Unlock()
	if one.ctx != nil {
		return one.ctx
	}
	path, err := find()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "balie-chromium-*")
	if err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(dir),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		cancelAlloc()
		t.Fatalf("start Chromium: %v", err)
	}
	one.ctx, one.dir = ctx, dir
	one.cancel = func() { cancel(); cancelAlloc() }
	return ctx
}

// Tab is a browser window with cookies of its own.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu      sync.Mutex
	console []string
}

// Open opens a tab that is closed when the test ends. What the page logs as an error, or throws, is kept: see Console.
func Open(t testing.TB) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext())
	tab := &Tab{t: t, ctx: ctx}
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first action: no deadline here
		t.Fatalf("open tab: %v", err)
	}
	err := chromedp.Listen(ctx, func(ev any) {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			text := e.ExceptionDetails.Text
			if e.ExceptionDetails.Exception != nil {
				text += " " + e.ExceptionDetails.Exception.Description
			}
			tab.console = append(tab.console, "exception: "+text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" || e.Type == "assert" {
				args, _ := json.Marshal(e.Args)
				tab.console = append(tab.console, "console: "+string(args))
			}
		}
	})
	if err != nil {
		t.Fatalf("listen to tab: %v", err)
	}
	return tab
}

// Console returns what the pages of this tab have complained of since it was opened.
func (b *Tab) Console() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.console...)
}

func (b *Tab) do(what string, a chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, a); err != nil {
		b.fail(what, err)
	}
}

// fail ends the test, with a picture of what the page showed.
func (b *Tab) fail(what string, err error) {
	b.t.Helper()
	name := filepath.Join(os.TempDir(), "balie-failed-"+strings.NewReplacer("/", "-", " ", "-").Replace(b.t.Name())+".png")
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	if png, shotErr := chromedp.Run(ctx, chromedp.CaptureScreenshot()); shotErr == nil {
		os.WriteFile(name, png, 0o600)
	}
	b.t.Fatalf("%s: %v\nconsole: %q\npicture: %s", what, err, b.Console(), name)
}

// Go opens an address and waits until it has loaded.
func (b *Tab) Go(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url))
}

// Reload loads the page again, as F5 does.
func (b *Tab) Reload() {
	b.t.Helper()
	b.do("reload", chromedp.Reload())
}

// Size sets the window in CSS pixels.
func (b *Tab) Size(width, height int64) {
	b.t.Helper()
	b.do("resize", chromedp.EmulateViewport(width, height))
}

// Media sets media features such as prefers-color-scheme=dark or forced-colors=active, given as name=value; type=print shows the page as
// it would be on paper.
func (b *Tab) Media(features ...string) {
	b.t.Helper()
	p := emulation.SetEmulatedMediaParams{}
	for _, f := range features {
		name, value, _ := strings.Cut(f, "=")
		if name == "type" {
			p.Media = value
			continue
		}
		p.Features = append(p.Features, &emulation.MediaFeature{Name: name, Value: value})
	}
	b.do("set media", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, p)
		return err
	}))
}

// NoScript switches JavaScript off for pages opened from now on.
func (b *Tab) NoScript() {
	b.t.Helper()
	b.do("switch scripts off", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// Before runs a script in every page that is opened from now on, before the page's own.
func (b *Tab) Before(script string) {
	b.t.Helper()
	b.do("set a script up", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// Eval runs an expression in the page and decodes its value; a promise is waited for.
func Eval[T any](b *Tab, expr string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr, chromedp.EvalAwaitPromise))
	if err != nil {
		b.fail("evaluate "+expr, err)
	}
	return v
}

// Wait waits until an expression is true. The page is asked again and again; nothing is guessed from time.
func (b *Tab) Wait(expr string) {
	b.t.Helper()
	deadline := time.Now().Add(Patience)
	var last error
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(b.ctx, Patience)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expr+")"))
		cancel()
		if err == nil && ok {
			return
		}
		last = err
		time.Sleep(30 * time.Millisecond)
	}
	b.fail("wait for "+expr, fmt.Errorf("not true in %s (%v)", Patience, last))
}

// quote makes a JavaScript string.
func quote(s string) string {
	q, _ := json.Marshal(s)
	return string(q)
}

// Frame is a page within a page, or the tab's own.
type Frame struct {
	Tab *Tab
	doc string // the expression for its document
}

// Page is the tab's own page.
func (b *Tab) Page() Frame { return Frame{Tab: b, doc: "document"} }

// In is the page in the frame that a selector finds; it must be of our own origin.
func (b *Tab) In(selector string) Frame {
	return Frame{Tab: b, doc: "document.querySelector(" + quote(selector) + ")?.contentDocument"}
}

// Shadow is the page in a frame that lies in the shadow of a host element.
func (b *Tab) Shadow(host, selector string) Frame {
	return Frame{Tab: b, doc: fmt.Sprintf("document.querySelector(%s)?.shadowRoot?.querySelector(%s)?.contentDocument", quote(host), quote(selector))}
}

// Expr makes an expression in which document is the frame's.
func (f Frame) Expr(expr string) string { return fmt.Sprintf("(document => %s)(%s)", expr, f.doc) }

// Helper marks the caller as a helper of its test.
func (b *Tab) Helper() { b.t.Helper() }

// WaitText waits until the words are to be read in what the selector finds.
func (f Frame) WaitText(selector, words string) {
	f.Tab.t.Helper()
	f.Tab.Wait(fmt.Sprintf("[...(%s?.querySelectorAll(%s) ?? [])].some(e => e.textContent.includes(%s))", f.doc, quote(selector), quote(words)))
}

// Text returns what is to be read in the first element that the selector finds; "" if there is none.
func (f Frame) Text(selector string) string {
	f.Tab.t.Helper()
	return Eval[string](f.Tab, fmt.Sprintf("%s.querySelector(%s)?.innerText ?? ''", f.doc, quote(selector)))
}

// Has reports whether the selector finds anything.
func (f Frame) Has(selector string) bool {
	f.Tab.t.Helper()
	return Eval[bool](f.Tab, fmt.Sprintf("Boolean(%s?.querySelector(%s))", f.doc, quote(selector)))
}

// Click waits for the element whose words include text (any, if text is "") and presses it.
func (f Frame) Click(selector, text string) {
	f.Tab.t.Helper()
	find := fmt.Sprintf("[...(%s?.querySelectorAll(%s) ?? [])].findLast(e => e.textContent.includes(%s) && !e.disabled && e.getClientRects().length > 0)", f.doc, quote(selector), quote(text))
	f.Tab.Wait(find)
	Eval[bool](f.Tab, "("+find+").click(), true")
}

// Type puts the cursor in a field and types, key by key as far as the page can tell; what was there is replaced.
func (f Frame) Type(selector, text string) {
	f.Tab.t.Helper()
	find := fmt.Sprintf("%s?.querySelector(%s)", f.doc, quote(selector))
	f.Tab.Wait(find)
	Eval[bool](f.Tab, fmt.Sprintf(`(() => { const e = %s; e.focus();
		const w = e.ownerDocument.defaultView
		const proto = e.tagName === 'TEXTAREA' ? w.HTMLTextAreaElement : e.tagName === 'SELECT' ? w.HTMLSelectElement : w.HTMLInputElement
		Object.getOwnPropertyDescriptor(proto.prototype, 'value').set.call(e, %s)
		e.dispatchEvent(new w.Event('input', {bubbles: true})); e.dispatchEvent(new w.Event('change', {bubbles: true})); return true })()`, find, quote(text)))
}

// Paper prints the page on A4 and returns the PDF and how many sheets it takes.
func (b *Tab) Paper() (pdf []byte, sheets int) {
	b.t.Helper()
	b.do("print", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		out, err := cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69}) // inches
		pdf = out.Data
		return err
	}))
	return pdf, strings.Count(string(pdf), "/Type /Page\n")
}

// Press sends a key to what has the focus, such as Enter.
func (b *Tab) Press(keys string) {
	b.t.Helper()
	b.do("press key", chromedp.KeyEvent(keys))
}

// Picture takes a picture of the window and writes it to a PNG file.
func (b *Tab) Picture(file string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.fail("take picture", err)
	}
	if err := os.WriteFile(file, png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
