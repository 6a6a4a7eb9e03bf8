package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go"

	"sellthrough"
	"sellthrough/sinks/road"
)

// unfitCodes are the server's errors that depend on what a row says and on nothing else, so that they come back with the
// row: from ClickHouse's src/Common/ErrorCodes.cpp. What depends on the table alone (a column that is missing, of another
// type), on the server's state (space, memory, parts) or on the way there is not among them: the line holds.
var unfitCodes = map[int32]string{
	6:   "CANNOT_PARSE_TEXT",
	38:  "CANNOT_PARSE_DATE",
	41:  "CANNOT_PARSE_DATETIME",
	69:  "ARGUMENT_OUT_OF_BOUND",
	70:  "CANNOT_CONVERT_TYPE",
	72:  "CANNOT_PARSE_NUMBER",
	117: "INCORRECT_DATA",
	128: "TOO_LARGE_ARRAY_SIZE",
	131: "TOO_LARGE_STRING_SIZE",
	321: "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
	349: "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
	407: "DECIMAL_OVERFLOW",
	469: "VIOLATED_CONSTRAINT",
	691: "UNKNOWN_ELEMENT_OF_ENUM",
}

// marked marks an error of an insert into a table as the data's fault, where the server's code says so.
func marked(table string, err error) error {
	e, ok := errors.AsType[*ch.Exception](err)
	if !ok {
		return err
	}
	name, ok := unfitCodes[int32(e.Code)]
	if !ok {
		return err
	}
	return &sellthrough.Unfit{Table: table, Reason: unfitReason(name, e), Err: err}
}

// unfitReason is the server's word as the partner gets it: what is wrong with this line, without the names of tables, the
// server's version or where in its code it was noticed.
func unfitReason(name string, e *ch.Exception) string {
	text := e.Message
	if i := strings.Index(text, " for table "); i >= 0 { // of a constraint: the name before, the expression behind
		head, rest := text[:i], ""
		if j := strings.Index(text[i:], ". Expression: "); j >= 0 {
			rest = text[i+j:]
		}
		text = head + " does not hold" + rest
	}
	for _, end := range []string{": While executing", ": while executing", "(version ", " In scope "} {
		text, _, _ = strings.Cut(text, end)
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return fmt.Sprintf("this line can't be kept (%s): %s", name, strings.TrimSpace(text))
}

// Examine tries rows without keeping them: on copies of the tables, constraints and all, behind which nothing is. The end
// drops them. It is for one partition at a time.
func (l *Ledger) Examine(ctx context.Context, partition int) (try func(context.Context, *sellthrough.Batch) error, end func(), err error) {
	copies := map[string]string{}
	drop := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		for _, name := range copies {
			_ = l.exec(ctx, "drop a copy", "DROP TABLE IF EXISTS "+l.table(name)) // what stays is made anew next time
		}
	}
	for _, t := range road.Rows() {
		copies[t] = fmt.Sprintf("try_%s_%d", t, partition)
		if err := l.exec(ctx, "make a copy of "+t, fmt.Sprintf("CREATE OR REPLACE TABLE %s AS %s ENGINE = Null", l.table(copies[t]), l.table(t))); err != nil {
			drop()
			return nil, nil, err
		}
	}
	trial := &Ledger{opts: l.opts, conn: l.conn, sender: l.sender, big: l.big, names: copies}
	return func(ctx context.Context, b *sellthrough.Batch) error {
		for _, table := range road.Rows() {
			if err := (notes{trial}).Insert(ctx, table, road.Text(b.Token)+"/try", b, nil); err != nil {
				return err
			}
		}
		return nil
	}, drop, nil
}
