package clickhouse

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
)

// Inserts go by the low-level client: a batch's columns lie in memory already, and it writes them to the connection as they
// lie, where the other one copies each value into columns of its own first.

// sender keeps connections for inserts.
type sender struct {
	options ch.Options
	idle    chan *line
}

// line is a connection that nobody uses.
type line struct {
	*ch.Client
	made, left time.Time
}

const (
	mostIdle   = 12
	longestUse = time.Hour
	askAfter   = time.Second // an idle connection is asked whether it still is one
)

func newSender(o Options, settings map[string]int, t *tls.Config) *sender {
	s := &sender{idle: make(chan *line, mostIdle), options: ch.Options{
		Address: o.Address, User: o.User, Password: o.Password, TLS: t, DialTimeout: 5 * time.Second, ReadTimeout: deadline, Compression: ch.CompressionDisabled, ClientName: "sellthrough",
	}}
	for k, v := range settings {
		s.options.Settings = append(s.options.Settings, ch.Setting{Key: k, Value: strconv.Itoa(v), Important: true})
	}
	return s
}

// take gives a connection that works.
func (s *sender) take(ctx context.Context) (*line, error) {
	for {
		select {
		case h := <-s.idle:
			switch {
			case h.IsClosed() || time.Since(h.made) > longestUse:
			case time.Since(h.left) < askAfter || h.Ping(ctx) == nil:
				return h, nil
			}
			_ = h.Close()
			continue
		default:
		}
		c, err := ch.Dial(ctx, s.options)
		if err != nil {
			return nil, err
		}
		return &line{Client: c, made: time.Now()}, nil
	}
}

// send makes one insert of one block, unless ok says no when all that is left is to send it.
func (s *sender) send(ctx context.Context, token, table string, columns []proto.InputColumn, ok guard) error {
	h, err := s.take(ctx)
	if err != nil {
		return err
	}
	if ok != nil {
		if err := ok(ctx); err != nil {
			h.leave(s)
			return err
		}
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	q := ch.Query{Body: "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES", Input: columns}
	if token != "" {
		q.Settings = []ch.Setting{{Key: "insert_deduplication_token", Value: token, Important: true}}
	}
	if err := h.Do(ctx, q); err != nil {
		_ = h.Close() // what it still holds of the answer is of this insert
		return err
	}
	h.leave(s)
	return nil
}

// leave gives a connection back that nothing is asked of.
func (h *line) leave(s *sender) {
	h.left = time.Now()
	select {
	case s.idle <- h:
	default:
		_ = h.Close()
	}
}

func (s *sender) close() {
	for {
		select {
		case h := <-s.idle:
			_ = h.Close()
		default:
			return
		}
	}
}

// The columns of an insert. Numbers are written as they lie in memory, strings chunk by chunk.

// texts is a column of strings.
type texts []string

// textChunk is how many bytes of strings are gathered before they are written.
const textChunk = 256 << 10

// Type implements proto.ColInput.
func (texts) Type() proto.ColumnType { return proto.ColumnTypeString }

// Rows implements proto.ColInput.
func (c texts) Rows() int { return len(c) }

// EncodeColumn implements proto.ColInput.
func (c texts) EncodeColumn(b *proto.Buffer) {
	for _, s := range c {
		b.Buf = append(binary.AppendUvarint(b.Buf, uint64(len(s))), s...)
	}
}

// WriteColumn implements proto.ColInput.
func (c texts) WriteColumn(w *proto.Writer) {
	for done := 0; done < len(c); {
		w.ChainBuffer(func(b *proto.Buffer) {
			for ; done < len(c) && len(b.Buf) < textChunk; done++ {
				b.Buf = append(binary.AppendUvarint(b.Buf, uint64(len(c[done]))), c[done]...)
			}
		})
		if done < len(c) {
			_, _ = w.Flush() // a connection that fails does so again at the insert's end
		}
	}
}

// copies is a column of one number.
type copies struct {
	of   proto.ColInput // of one row
	rows int
}

// same is a column of n rows of one number.
func same(one proto.ColInput, n int) copies { return copies{one, n} }

// copyChunk is how many rows of one number are written out; they are sent as often as need be.
const copyChunk = 4096

// Type implements proto.ColInput.
func (c copies) Type() proto.ColumnType { return c.of.Type() }

// Rows implements proto.ColInput.
func (c copies) Rows() int { return c.rows }

// EncodeColumn implements proto.ColInput.
func (c copies) EncodeColumn(b *proto.Buffer) {
	for range c.rows {
		c.of.EncodeColumn(b)
	}
}

// WriteColumn implements proto.ColInput.
func (c copies) WriteColumn(w *proto.Writer) {
	var b proto.Buffer
	for range min(c.rows, copyChunk) {
		c.of.EncodeColumn(&b)
	}
	for left := c.rows; left > 0; left -= copyChunk {
		w.ChainWrite(b.Buf[:len(b.Buf)/min(c.rows, copyChunk)*min(left, copyChunk)])
	}
}

// millis is a column of instants, as DateTime64(3).
type millis []int64

// Type implements proto.ColInput.
func (millis) Type() proto.ColumnType { return "DateTime64(3)" }

// Rows implements proto.ColInput.
func (c millis) Rows() int { return len(c) }

// EncodeColumn implements proto.ColInput.
func (c millis) EncodeColumn(b *proto.Buffer) { proto.ColInt64(c).EncodeColumn(b) }

// WriteColumn implements proto.ColInput.
func (c millis) WriteColumn(w *proto.Writer) { proto.ColInt64(c).WriteColumn(w) }

// lists is a column of lists of numbers.
type lists [][]uint16

// Type implements proto.ColInput.
func (lists) Type() proto.ColumnType { return "Array(UInt16)" }

// Rows implements proto.ColInput.
func (c lists) Rows() int { return len(c) }

// EncodeColumn implements proto.ColInput.
func (c lists) EncodeColumn(b *proto.Buffer) {
	end := uint64(0)
	for _, l := range c {
		end += uint64(len(l))
		b.PutUInt64(end)
	}
	for _, l := range c {
		proto.ColUInt16(l).EncodeColumn(b)
	}
}

// WriteColumn implements proto.ColInput.
func (c lists) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

// input makes a column of a slice.
func input(data any) (proto.ColInput, error) {
	switch c := data.(type) {
	case proto.ColInput:
		return c, nil
	case []string:
		return texts(c), nil
	case []int64:
		return proto.ColInt64(c), nil
	case []uint64:
		return proto.ColUInt64(c), nil
	case []int32:
		return proto.ColInt32(c), nil
	case []uint32:
		return proto.ColUInt32(c), nil
	case []uint16:
		return proto.ColUInt16(c), nil
	case []int8:
		return proto.ColInt8(c), nil
	case []uint8:
		return proto.ColUInt8(c), nil
	case []bool:
		return proto.ColBool(c), nil
	case []float64:
		return proto.ColFloat64(c), nil
	case [][]uint16:
		return lists(c), nil
	}
	return nil, fmt.Errorf("a %T is no column", data)
}
