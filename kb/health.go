package kb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// rootFile is the index's list of its segments.
const rootFile = "root.bolt"

// inspect looks at the files of an index before it is opened. The index maps them into memory and would meet damage only
// later, in a task of its own that takes the process with it. A damaged segment is moved away: when the index needs it,
// opening fails and a new index is built; when it was only half written at a crash, nobody misses it.
func inspect(dir string) error {
	if err := checkRoot(filepath.Join(dir, rootFile)); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.zap"))
	if err != nil {
		return fmt.Errorf("list segments: %w", err)
	}
	for _, f := range files {
		if err := checkSegment(f); err != nil {
			if err := os.Rename(f, f+".bad"); err != nil {
				return fmt.Errorf("move damaged segment away: %w", err)
			}
		}
	}
	return nil
}

// healthy looks at the files behind an open view: all there, none shorter or other than it was written.
func (v *view) healthy() error {
	if err := checkRoot(filepath.Join(v.shelf.dir, rootFile)); err != nil {
		return err
	}
	snap, ok := v.reader.(*scorch.IndexSnapshot)
	if !ok {
		return nil
	}
	for _, s := range snap.Segments() {
		if p, ok := s.Segment().(segment.PersistedSegment); ok {
			if err := checkSegment(p.Path()); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSegment compares a segment with the checksum at its end.
func checkSegment(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	if info.Size() < 5 {
		return fmt.Errorf("segment %s is cut off", filepath.Base(path))
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-4); err != nil {
		return fmt.Errorf("read segment: %w", err)
	}
	var want [4]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return fmt.Errorf("read segment: %w", err)
	}
	if sum.Sum32() != binary.BigEndian.Uint32(want[:]) {
		return fmt.Errorf("segment %s is damaged", filepath.Base(path))
	}
	return nil
}

// checkRoot reads from the two header pages of the list of segments how long the file must be. A list that is not there
// yet is fine: the index makes one.
func checkRoot(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open list of segments: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open list of segments: %w", err)
	}
	head := make([]byte, 16+64)
	pageSize := int64(os.Getpagesize())
	for page := range int64(2) {
		if _, err := f.ReadAt(head, page*pageSize); err != nil {
			return fmt.Errorf("list of segments is cut off: %w", err)
		}
		meta := head[16:] // behind the header that every page has
		if binary.NativeEndian.Uint32(meta) != 0xED0CDAED {
			continue
		}
		if pages := binary.NativeEndian.Uint64(meta[40:]); pages > uint64(info.Size()/pageSize) {
			return errors.New("list of segments is cut off")
		}
		return nil
	}
	return errors.New("list of segments is damaged")
}

// canary asks the index what it must know: as many passages of each language as it counts, and the last of them whole.
func (v *view) canary(ctx context.Context) error {
	return faultless(func() error {
		for code, lv := range v.langs {
			last, n := -1, 0
			if err := v.postings(ctx, lv.field, termMark, func(doc int, _ uint64, _ int) { last = doc; n++ }); err != nil {
				return err
			}
			if n != lv.docs {
				return fmt.Errorf("index has %d passages in %s instead of %d", n, code, lv.docs)
			}
			if _, _, err := v.passage(last); err != nil {
				return err
			}
		}
		return nil
	})
}
