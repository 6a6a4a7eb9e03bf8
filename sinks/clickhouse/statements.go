package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/incentives"
)

// Closings implements incentives.Vault.
func (l Incentives) Closings(ctx context.Context) ([]incentives.Closing, error) {
	var out []incentives.Closing
	err := l.query(ctx, "read closings", "SELECT content FROM "+l.table("closings")+" ORDER BY written_at LIMIT 1 BY programme, period", func(r driver.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		var c incentives.Closing
		err := json.Unmarshal([]byte(text), &c)
		out = append(out, c)
		return err
	})
	return out, err
}

// Begin implements incentives.Vault.
func (l Incentives) Begin(ctx context.Context, c incentives.Closing) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("clickhouse: close %s of %s: %w", c.Period, c.Programme, err)
	}
	err = l.put(ctx, fmt.Sprintf("closing/%s/%s", c.Programme, c.Period), "closings", "programme, period, closed_at, who, reference, content",
		c.Programme, c.Period, c.Closed.UTC(), c.By, c.Reference, string(text))
	if err != nil {
		return err
	}
	return l.mine(ctx, "closings", string(text), "programme = ? AND period = ?", c.Programme, c.Period)
}

// Freeze implements incentives.Vault.
func (l Incentives) Freeze(ctx context.Context, s incentives.Statement) error {
	err := l.put(ctx, fmt.Sprintf("statement/%s/%d", s.Partner, s.Number), "statements", accountColumns+", number, reference, closed_at, who, before, hash, content",
		append(accountCells(&s.Account), uint32(s.Number), s.Reference, s.Closed.UTC(), s.By, s.Before, s.Hash, s.Content)...)
	if err != nil {
		return err
	}
	return l.mine(ctx, "statements", s.Content, "partner = ? AND number = ?", s.Partner, uint32(s.Number))
}

// put writes one row under a token. Of two writers under one token the server takes the first.
func (l Incentives) put(ctx context.Context, token, table, columns string, cells ...any) error {
	ctx, cancel := context.WithTimeout(withToken(ctx, token), deadline)
	defer cancel()
	b, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.table(table)+" ("+columns+")", driver.WithReleaseConnection())
	if err == nil {
		err = b.Append(cells...)
	}
	if err == nil {
		err = b.Send()
	}
	if err != nil {
		return fmt.Errorf("clickhouse: write %s: %w", token, err)
	}
	return nil
}

// mine says whether the row that stands is the one that was just written: the first that was.
func (l Incentives) mine(ctx context.Context, table, content, where string, args ...any) error {
	stands := ""
	err := l.query(ctx, "read "+table, "SELECT content FROM "+l.table(table)+" WHERE "+where+" ORDER BY written_at LIMIT 1", func(r driver.Rows) error { return r.Scan(&stands) }, args...)
	if err == nil && stands != content {
		err = incentives.ErrTaken
	}
	return err
}

// Statements implements incentives.Vault.
func (l Incentives) Statements(ctx context.Context, partner string) ([]incentives.Statement, error) {
	var out []incentives.Statement
	err := l.query(ctx, "read statements", "SELECT content, hash FROM "+l.table("statements")+" WHERE ? = '' OR partner = ? ORDER BY partner, number, written_at LIMIT 1 BY partner, number", func(r driver.Rows) error {
		var content, hash string
		if err := r.Scan(&content, &hash); err != nil {
			return err
		}
		s, err := incentives.Open(content, hash)
		out = append(out, s)
		return err
	}, partner, partner)
	return out, err
}

// Kept implements incentives.Vault.
func (l Incentives) Kept(ctx context.Context) ([]incentives.Standing, error) {
	var out []incentives.Standing
	err := l.query(ctx, "read accruals", "SELECT content FROM "+l.table("accruals")+" ORDER BY written_at DESC LIMIT 1 BY programme, partner, period", func(r driver.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		var s incentives.Standing
		err := json.Unmarshal([]byte(text), &s)
		out = append(out, s)
		return err
	})
	return out, err
}

// Keep implements incentives.Vault. Accounts of one pass are one insert.
func (l Incentives) Keep(ctx context.Context, accounts []incentives.Standing) error {
	if len(accounts) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	b, err := l.conn.PrepareBatch(ctx, "INSERT INTO "+l.table("accruals")+" ("+accountColumns+", reference, content)", driver.WithReleaseConnection())
	for i := 0; err == nil && i < len(accounts); i++ {
		var text []byte
		if text, err = json.Marshal(accounts[i]); err == nil {
			err = b.Append(append(accountCells(&accounts[i].Account), accounts[i].Reference, string(text))...)
		}
	}
	if err == nil {
		err = b.Send()
	}
	if err != nil {
		return fmt.Errorf("clickhouse: keep %d accruals: %w", len(accounts), err)
	}
	return nil
}

const accountColumns = "programme, partner, period, from_day, to_day, pays, currency, counts, opening_micros, earned_micros, adjusted_micros, paid_micros, closing_micros, worth_micros, " +
	"counted_micros, next_micros, lines.part, lines.line, lines.threshold_micros, lines.rate_micros, lines.per, lines.units_micros, lines.money_micros, lines.amount_micros, lines.period, " +
	"lines.cause, lines.submission, lines.note"

func accountCells(a *incentives.Account) []any {
	var next *int64
	if a.Next != nil {
		n := int64(*a.Next)
		next = &n
	}
	type line = incentives.Line
	text := func(f func(*line) string) []string { return each(a.Lines, f) }
	number := func(f func(*line) sellthrough.Decimal) []int64 {
		return each(a.Lines, func(x *line) int64 { return int64(f(x)) })
	}
	return []any{
		a.Programme, a.Partner, a.Period, int32(a.From), int32(a.To), a.Pays, a.Currency, a.Counts, int64(a.Opening), int64(a.Earned), int64(a.Adjusted), int64(a.PaidOut), int64(a.Closing),
		int64(a.Worth), int64(a.Counted), next,
		text(func(x *line) string { return string(x.Part) }), text(func(x *line) string { return x.Line }),
		number(func(x *line) sellthrough.Decimal { return x.Threshold }), number(func(x *line) sellthrough.Decimal { return x.Rate }), text(func(x *line) string { return x.Per }),
		number(func(x *line) sellthrough.Decimal { return x.Units }), number(func(x *line) sellthrough.Decimal { return x.Money }), number(func(x *line) sellthrough.Decimal { return x.Amount }),
		text(func(x *line) string { return x.Of }), text(func(x *line) string { return x.Cause }), text(func(x *line) string { return x.Submission }), text(func(x *line) string { return x.Note }),
	}
}

// Claims implements incentives.Counter.
func (l Incentives) Claims(ctx context.Context, partner string, at time.Time) ([]incentives.Claim, error) {
	var out []incentives.Claim
	until := "true"
	if !at.IsZero() {
		until = "at < " + serverTime(at)
	}
	err := l.query(ctx, "read claims", "SELECT claim, toString(state), programme, partner, period, documents, amount_micros, currency, who, why, at FROM "+l.table("claims")+
		" WHERE (? = '' OR partner = ?) AND "+until+" ORDER BY claim, written_at DESC LIMIT 1 BY claim", func(r driver.Rows) error {
		var c incentives.Claim
		var state string
		var amount int64
		err := r.Scan(&c.ID, &state, &c.Programme, &c.Partner, &c.Period, &c.Documents, &amount, &c.Currency, &c.Who, &c.Why, &c.At)
		c.State, c.Amount = incentives.State(state), sellthrough.Decimal(amount)
		out = append(out, c)
		return err
	}, partner, partner)
	return out, err
}

// Note implements incentives.Counter. Its token is the step that it is of the claim's way, so that of two decisions at once
// one counts.
func (l Incentives) Note(ctx context.Context, c incentives.Claim) error {
	documents := c.Documents
	if documents == nil {
		documents = []string{}
	}
	err := l.put(ctx, fmt.Sprintf("claim/%s/%d", c.ID, c.State.Step()), "claims", "claim, state, programme, partner, period, documents, amount_micros, currency, who, why, at",
		c.ID, string(c.State), c.Programme, c.Partner, c.Period, documents, int64(c.Amount), c.Currency, c.Who, c.Why, c.At.UTC())
	if err != nil {
		return err
	}
	var state, who string
	err = l.query(ctx, "read claims", "SELECT toString(state), who FROM "+l.table("claims")+" WHERE claim = ? ORDER BY written_at DESC LIMIT 1", func(r driver.Rows) error { return r.Scan(&state, &who) }, c.ID)
	if err == nil && (state != string(c.State) || who != c.Who) {
		err = incentives.ErrTaken
	}
	return err
}
