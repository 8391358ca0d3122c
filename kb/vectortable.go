package kb

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"

	"crypto/sha256"
)

// vectorTable keeps the vectors of passages by their texts, in memory and in a file beside the index, so that neither a restart nor a
// new index asks for one again. It only grows, until keep makes it anew; readers hold a snapshot.
type vectorTable struct {
	path string

	mu   sync.Mutex
	file *os.File // nil after it could not be written: what comes then is kept in memory only
	dim  int      // 0 while it is empty
	rows map[textKey]int32
	data []vector
}

const (
	vectorPrefix   = "vectors-"
	vectorMagic    = "balie vectors 1\n"
	maxVectorBytes = 256 << 20 // of vectors in memory; 50,000 passages of 384 numbers are 20 MB
)

// errFull says that a library is too large for vectors.
var errFull = errors.New("there is no room for more vectors")

// openVectors reads the table of a model from dir, as far as it is whole, and removes those of other models.
func openVectors(dir, model string) (*vectorTable, error) {
	sum := sha256.Sum256([]byte(model))
	t := &vectorTable{path: filepath.Join(dir, vectorPrefix+hex.EncodeToString(sum[:6])), rows: map[textKey]int32{}}
	others, err := filepath.Glob(filepath.Join(dir, vectorPrefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("list vectors: %w", err)
	}
	for _, o := range others {
		if o != t.path {
			if err := os.Remove(o); err != nil {
				return nil, fmt.Errorf("remove vectors of another model: %w", err)
			}
		}
	}
	if t.file, err = os.OpenFile(t.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("open vectors: %w", err)
	}
	if err := t.load(); err != nil {
		return nil, errors.Join(err, t.file.Close())
	}
	return t, nil
}

// load reads records up to the first that is not whole, and cuts the file there: a crash leaves half a record at most.
func (t *vectorTable) load() error {
	r := bufio.NewReaderSize(t.file, 1<<20)
	good := int64(0)
	head := make([]byte, len(vectorMagic)+4)
	if _, err := io.ReadFull(r, head); err == nil && string(head[:len(vectorMagic)]) == vectorMagic {
		if dim := int(binary.LittleEndian.Uint32(head[len(vectorMagic):])); dim > 0 && dim <= maxDimension {
			t.dim, good = dim, int64(len(head))
		}
	}
	record := make([]byte, t.recordSize())
	for t.dim > 0 && t.room() {
		if _, err := io.ReadFull(r, record); err != nil {
			break
		}
		body := record[:len(record)-4]
		if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(record[len(body):]) {
			break
		}
		v := vector{q: make([]int8, t.dim), scale: math.Float32frombits(binary.LittleEndian.Uint32(body[16:]))}
		for i := range v.q {
			v.q[i] = int8(body[20+i])
		}
		t.put(textKey(body[:16]), v)
		good += int64(len(record))
	}
	if err := t.file.Truncate(good); err != nil {
		return fmt.Errorf("cut vectors: %w", err)
	}
	if _, err := t.file.Seek(good, io.SeekStart); err != nil {
		return fmt.Errorf("read vectors: %w", err)
	}
	return nil
}

func (t *vectorTable) recordSize() int { return 16 + 4 + t.dim + 4 }

func (t *vectorTable) room() bool { return len(t.data) < maxVectorBytes/max(1, t.dim) }

func (t *vectorTable) put(k textKey, v vector) {
	if _, ok := t.rows[k]; !ok {
		t.rows[k] = int32(len(t.data))
		t.data = append(t.data, v)
	}
}

// add keeps vectors of texts. Vectors of another size than those that are there mean that the endpoint has another model under the same
// name: the table begins anew with them. It returns errFull when there is no room.
func (t *vectorTable) add(keys []textKey, vs [][]float32) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dim != len(vs[0]) {
		t.begin(len(vs[0]))
	}
	var out []byte
	for i, v := range vs {
		if !t.room() {
			return errFull
		}
		p := pack(v)
		t.put(keys[i], p)
		out = append(out, t.record(keys[i], p)...)
	}
	if t.file == nil {
		return nil
	}
	if _, err := t.file.Write(out); err != nil {
		err = errors.Join(fmt.Errorf("write vectors: %w", err), t.file.Close())
		t.file = nil
		return err
	}
	return nil
}

// begin empties the table for vectors of a size.
func (t *vectorTable) begin(dim int) {
	t.dim, t.rows, t.data = dim, map[textKey]int32{}, nil
	if t.file == nil {
		return
	}
	head := binary.LittleEndian.AppendUint32([]byte(vectorMagic), uint32(dim))
	err := t.file.Truncate(0)
	if err == nil {
		_, err = t.file.WriteAt(head, 0)
	}
	if err == nil {
		_, err = t.file.Seek(int64(len(head)), io.SeekStart)
	}
	if err != nil {
		_ = t.file.Close() // a cache that cannot be written is none; memory serves
		t.file = nil
	}
}

func (t *vectorTable) record(k textKey, v vector) []byte {
	out := make([]byte, 0, t.recordSize())
	out = append(out, k[:]...)
	out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v.scale))
	for _, x := range v.q {
		out = append(out, byte(x))
	}
	return binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
}

// find returns where the vectors of texts are, -1 for none, and the vectors as they are now.
func (t *vectorTable) find(keys []textKey) (rows []int32, data []vector, dim int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows = make([]int32, len(keys))
	for i, k := range keys {
		r, ok := t.rows[k]
		if !ok {
			r = -1
		}
		rows[i] = r
	}
	return rows, t.data, t.dim
}

// tidy drops the vectors of texts that are no longer in use when they are the larger part. Snapshots stay as they are.
func (t *vectorTable) tidy(used []textKey) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.data) < 2*len(used)+1000 {
		return nil
	}
	rows, data := t.rows, t.data
	dim := t.dim
	t.begin(dim)
	var out []byte
	for _, k := range used {
		if r, ok := rows[k]; ok {
			t.put(k, data[r])
			out = append(out, t.record(k, data[r])...)
		}
	}
	if t.file == nil {
		return nil
	}
	_, err := t.file.Write(out)
	return err
}

func (t *vectorTable) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return f.Close()
}
