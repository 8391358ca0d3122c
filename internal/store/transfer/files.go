package transfer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"balie/internal/chat"
	"balie/internal/fault"
)

// The files of an export. The manifest is written last, so an export without one was broken off.
const (
	manifestFile  = "manifest.json"
	documentsFile = "documents.jsonl"
	format        = 1
	perFile       = 1000 // conversations; what is whole on disk is not read again when an export goes on
)

// manifest says what an export holds.
type manifest struct {
	Format int      `json:"format"`
	Files  []string `json:"files"` // of conversations, in order
	Summary
}

// Export writes everything into files of JSON lines in dir: conversations, a thousand to a file, then documents, then the manifest. One that was
// broken off goes on where it stopped: files are kept whose conversations are still where they were. It is of one moment only
// if nobody writes meanwhile. The files hold what customers wrote, and the house's secrets.
func Export(ctx context.Context, e Engine, dir string, progress func(done int)) (Summary, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Summary{}, fmt.Errorf("make export folder: %w", err)
	}
	if err := os.Remove(filepath.Join(dir, manifestFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Summary{}, fmt.Errorf("begin export: %w", err)
	}
	m, t := manifest{Format: format}, newTally()
	after, err := resume(ctx, e, dir, &m, t)
	if err != nil {
		return Summary{}, err
	}
	progress(t.Conversations)
	var page bytes.Buffer
	flush := func() error {
		if page.Len() == 0 {
			return nil
		}
		name := chunkName(len(m.Files))
		m.Files = append(m.Files, name)
		err := writeWhole(filepath.Join(dir, name), page.Bytes())
		page.Reset()
		return err
	}
	err = eachLog(ctx, e, after, func(l Log, line []byte) error {
		t.log(l, line)
		page.Write(line)
		progress(t.Conversations)
		if t.Conversations%perFile == 0 {
			return flush()
		}
		return nil
	})
	if err := errors.Join(err, flush()); err != nil {
		return Summary{}, fmt.Errorf("export conversations: %w", err)
	}
	if err := exportDocuments(ctx, e, dir, t); err != nil {
		return Summary{}, fmt.Errorf("export documents: %w", err)
	}
	m.Summary = t.done()
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Summary{}, fmt.Errorf("encode manifest: %w", err)
	}
	return m.Summary, writeWhole(filepath.Join(dir, manifestFile), append(b, '\n'))
}

func chunkName(n int) string { return fmt.Sprintf("conversations-%06d.jsonl", n+1) }

// resume takes over the files of an earlier attempt, up to the first that is not full or not true any more, and returns the last id in them.
func resume(ctx context.Context, e Engine, dir string, m *manifest, t *tally) (after chat.ConversationID, err error) {
	tasks, err := openTasks(ctx, e)
	if err != nil {
		return "", err
	}
	for {
		name := chunkName(len(m.Files))
		var logs []Log
		var lines [][]byte
		err := readLines(filepath.Join(dir, name), func(line []byte) error {
			var l Log
			if err := json.Unmarshal(line, &l); err != nil {
				return err
			}
			logs, lines = append(logs, l), append(lines, line)
			return nil
		})
		if err != nil || len(logs) != perFile {
			return after, nil // there is none, or it is written again
		}
		for i, l := range logs {
			more, err := e.Read(ctx, l.Conv, chat.Seq(len(l.Events)), 1)
			if err != nil {
				return "", fmt.Errorf("look whether %s is still true: %w", name, err)
			}
			if len(more) > 0 || !slices.Equal(l.Tasks, tasks[l.Conv]) {
				return after, nil
			}
			logs[i] = l
		}
		for i, l := range logs {
			t.log(l, lines[i])
		}
		after = logs[perFile-1].Conv
		m.Files = append(m.Files, name)
	}
}

func exportDocuments(ctx context.Context, e Engine, dir string, t *tally) (err error) {
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	err = eachRecord(ctx, e, func(r Record, line []byte) error {
		t.record(r, line)
		_, err := w.Write(line)
		return err
	})
	if err := errors.Join(err, w.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, documentsFile))
}

// writeWhole writes a file that appears under its name only when it is complete and on disk.
func writeWhole(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// maxLine bounds one conversation or document in a file.
const maxLine = 1 << 30

// readLines calls each with every line of a file, its end included.
func readLines(path string, each func([]byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil || len(line) > maxLine {
			return fmt.Errorf("%s, line %d: it is cut off or too long", filepath.Base(path), n)
		}
		if err := each(line); err != nil {
			return fmt.Errorf("%s, line %d: %w", filepath.Base(path), n, err)
		}
	}
}

// Import puts an export into an engine, which is empty or holds a part of the same export: one that was broken off goes on. In the end it reads
// everything back and compares; what does not agree is a fault.Conflict.
func Import(ctx context.Context, e Engine, dir string, progress func(done, total int)) (Summary, error) {
	m, err := readManifest(dir)
	if err != nil {
		return Summary{}, err
	}
	done := 0
	for _, name := range m.Files {
		err := readLines(filepath.Join(dir, name), func(line []byte) error {
			done++
			progress(done, m.Conversations)
			return importLog(ctx, e, line)
		})
		if err != nil {
			return Summary{}, fmt.Errorf("import: %w", err)
		}
	}
	if err := importDocuments(ctx, e, dir); err != nil {
		return Summary{}, fmt.Errorf("import: %w", err)
	}
	there, err := Look(ctx, e, func(n int) { progress(n, m.Conversations) })
	if err != nil {
		return there, fmt.Errorf("read back: %w", err)
	}
	if there != m.Summary {
		return there, fault.Newf(fault.Conflict, "What is in the store now is not what is in the export: %d conversations with %d events and %d documents, the export has %d, %d and %d. "+
			"Import into an empty store.", there.Conversations, there.Events, there.Documents, m.Conversations, m.Events, m.Documents)
	}
	return there, nil
}

func readManifest(dir string) (m manifest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fault.Newf(fault.Invalid, "There is no whole export in %s: the manifest is missing. Run the export again; it goes on where it stopped.", dir)
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return m, fmt.Errorf("read manifest: %w", err)
	}
	if m.Format != format {
		return m, fault.Newf(fault.Invalid, "The export has format %d and this program knows %d.", m.Format, format)
	}
	for _, name := range m.Files {
		if filepath.Base(name) != name {
			return m, fault.Newf(fault.Invalid, "The manifest names a file elsewhere: %s.", name)
		}
	}
	return m, nil
}

func importLog(ctx context.Context, e Engine, line []byte) error {
	var l Log
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	if !l.Conv.Valid() || len(l.Events) == 0 {
		return fault.Newf(fault.Invalid, "%q is no conversation.", l.Conv)
	}
	for i := range l.Events {
		l.Events[i].Conv = l.Conv
		if l.Events[i].Seq != chat.Seq(i+1) {
			return fault.Newf(fault.Invalid, "Event %d of %s calls itself %d.", i+1, l.Conv, l.Events[i].Seq)
		}
	}
	_, err := e.PutLog(ctx, l.Conv, l.Events, l.tasks())
	return err
}

func importDocuments(ctx context.Context, e Engine, dir string) error {
	const batchBytes, batchMax = 4 << 20, 200
	var batch []Record
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := e.PutRecords(ctx, batch)
		batch, size = nil, 0
		return err
	}
	err := readLines(filepath.Join(dir, documentsFile), func(line []byte) error {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		batch, size = append(batch, r), size+len(line)
		if len(batch) >= batchMax || size >= batchBytes {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
