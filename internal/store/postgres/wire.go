package postgres

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// array is a parameter of the statement on its way to the database, as it travels there: the driver would make it of values one by one, at several
// times the cost. The zero array is empty.
type array struct {
	b     []byte
	n     int
	nulls bool
}

// arrayHead is what an array begins with: how many dimensions, whether there are nulls, the type of its members, their number and the first index.
const arrayHead = 20

// room is how much a fresh array starts with.
const room = 2048

func (a *array) member(size uint32) {
	if a.b == nil {
		a.b = make([]byte, 0, room)
	}
	if a.n == 0 {
		a.b = append(a.b[:0], make([]byte, arrayHead)...)
	}
	a.n++
	a.b = binary.BigEndian.AppendUint32(a.b, size)
}

func (a *array) null() {
	a.member(1<<32 - 1)
	a.nulls = true
}

func (a *array) int(v int64) {
	a.member(8)
	a.b = binary.BigEndian.AppendUint64(a.b, uint64(v))
}

func (a *array) short(v int16) {
	a.member(2)
	a.b = binary.BigEndian.AppendUint16(a.b, uint16(v))
}

func (a *array) bool(v bool) {
	a.member(1)
	a.b = append(a.b, 0)
	if v {
		a.b[len(a.b)-1] = 1
	}
}

// time adds a time; nil is null.
func (a *array) time(t *time.Time) {
	if t == nil {
		a.null()
		return
	}
	a.int(sinceEpoch(*t))
}

// addText adds a text to an array. It must be storable: nothing looks again.
func addText[T ~string | ~[]byte](a *array, s T) {
	a.member(uint32(len(s)))
	a.b = append(a.b, s...)
}

// value is the whole array, whose members are of that type. It is good until the array is used again.
func (a *array) value(member uint32) []byte {
	if a.n == 0 {
		return binary.BigEndian.AppendUint32(make([]byte, 8, 12), member)
	}
	head := a.b[:0]
	head = binary.BigEndian.AppendUint32(head, 1)
	if a.nulls {
		head = binary.BigEndian.AppendUint32(head, 1)
	} else {
		head = binary.BigEndian.AppendUint32(head, 0)
	}
	head = binary.BigEndian.AppendUint32(head, member)
	head = binary.BigEndian.AppendUint32(head, uint32(a.n))
	binary.BigEndian.AppendUint32(head, 1)
	return a.b
}

// reset empties the array and keeps its room, unless that is more than usual.
func (a *array) reset() {
	a.n, a.nulls = 0, false
	if cap(a.b) > 1<<20 {
		a.b = nil
	}
}

// sinceEpoch is a time as the database counts: microseconds since the year 2000.
func sinceEpoch(t time.Time) int64 { return t.UnixMicro() - 946_684_800_000_000 }

// timeValue is a parameter of its own; nil is null.
func timeValue(t *time.Time) []byte {
	if t == nil {
		return nil
	}
	return number(sinceEpoch(*t))
}

// number is a bigint parameter of its own.
func number(v int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }

// kinds are the types that the statement's parameters are made of: what it says they are, and the number of an array's members.
var kinds = map[string]uint32{"text[]": pgtype.TextOID, "bigint[]": pgtype.Int8OID, "smallint[]": pgtype.Int2OID, "boolean[]": pgtype.BoolOID, "timestamptz[]": pgtype.TimestamptzOID}

// binaryFormat says of all parameters, or all columns of an answer, that they travel as they are.
var binaryFormat = []int16{1}

// ahead is no message: it makes room in the driver's buffer for what comes behind it, which otherwise grows step by step, with everything copied each time.
type ahead int

// Encode adds nothing.
func (n ahead) Encode(b []byte) ([]byte, error) { return slices.Grow(b, int(n)+256), nil }

// Decode is never asked.
func (ahead) Decode([]byte) error { return nil }

// Frontend marks what a client may send.
func (ahead) Frontend() {}

// exec sends a statement whose parameters are made already, in one round trip, and gives each row of the answer to row; what it is given is good until
// it returns. The statement is prepared once a connection, unless the address says that statements cannot be (default_query_exec_mode): then
// nothing of it stays behind, so any pooler will do.
func (e *Engine) exec(ctx context.Context, sql string, args [][]byte, row func([][]byte)) error {
	size := 0
	for _, a := range args {
		size += len(a) + 4
	}
	c, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	e.sent.Add(1)
	line := c.Conn().PgConn()
	line.Frontend().Send(ahead(size))
	var out *pgconn.ResultReader
	if e.prepares {
		prepared, err := c.Conn().Prepare(ctx, sql, sql)
		if err != nil {
			return err
		}
		out = line.ExecStatement(ctx, prepared, args, binaryFormat, binaryFormat)
	} else {
		out = line.ExecParams(ctx, sql, args, nil, binaryFormat, binaryFormat)
	}
	for out.NextRow() {
		row(out.Values())
	}
	_, err = out.Close()
	return err
}
