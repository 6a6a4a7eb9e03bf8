package incentives

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sellthrough"
)

// claimColumns of a file of claims; those with ? may be missing.
var claimColumns = []string{"claim", "programme", "partner", "period", "amount", "documents?", "state?", "why?"}

// row is a claim as a file says it.
type row struct {
	Claim
	line int
}

// readClaims reads a file of claims. An empty state is a new claim. All faults are told at once, each with its row.
func readClaims(name string, r io.Reader) ([]row, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, faultf("%s:1: no header row; its columns are %s", name, strings.Join(claimColumns, ", "))
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	for _, h := range head {
		if !slices.Contains(claimColumns, h) && !slices.Contains(claimColumns, h+"?") {
			return nil, faultf("%s:1: column %q is not known; the columns are %s", name, h, strings.Join(claimColumns, ", "))
		}
	}
	if !slices.Contains(head, "claim") {
		return nil, faultf("%s:1: column claim is missing", name)
	}
	var out []row
	var faults []error
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, errors.Join(faults...)
		}
		line, _ := c.FieldPos(0)
		if err != nil {
			return nil, faultf("%s:%d: %s", name, line, err)
		}
		if len(record) != len(head) {
			faults = append(faults, faultf("%s:%d: %d fields, the header has %d", name, line, len(record), len(head)))
			continue
		}
		cells := map[string]string{}
		for i, h := range head {
			cells[h] = strings.TrimSpace(record[i])
		}
		x := row{line: line, Claim: Claim{
			ID: cells["claim"], Programme: cells["programme"], Partner: cells["partner"], Period: cells["period"], Documents: strings.Fields(cells["documents"]), State: State(cells["state"]), Why: cells["why"],
		}}
		if x.State == "" {
			x.State = IsSubmitted
		}
		if !slices.Contains(States(), x.State) {
			faults = append(faults, faultf("%s:%d: column state, value %q: must be one of submitted, approved, rejected, paid", name, line, cells["state"]))
		}
		if x.State == IsSubmitted {
			if x.Amount, err = sellthrough.ParseDecimal(cells["amount"]); err != nil {
				faults = append(faults, faultf("%s:%d: column amount, value %q: %s", name, line, cells["amount"], err))
			}
		}
		out = append(out, x)
	}
}

// File takes a file of claims and decisions, in its order, as somebody who may say something about some partners: all of it or,
// where one row is at fault, nothing.
func (d *Desk) File(ctx context.Context, name string, r io.Reader, who string, may func(partner string) bool) (int, error) {
	list, err := readClaims(name, r)
	if err != nil {
		return 0, err
	}
	rules, err := d.o.Source.Rules(ctx, 0)
	if err != nil {
		return 0, err
	}
	all, err := d.o.Counter.Claims(ctx, "", time.Time{})
	if err != nil {
		return 0, err
	}
	now := d.o.Now().UTC().Truncate(time.Millisecond)
	var faults []error
	var events []Claim
	for _, x := range list {
		e := x.Claim
		i := slices.IndexFunc(all, func(c Claim) bool { return c.ID == x.ID })
		switch {
		case i >= 0 && !may(all[i].Partner), i < 0 && !may(x.Partner):
			err = faultf("there is no partner %s that you may speak for", x.Partner)
		case x.State == IsSubmitted:
			if err = Submit(rules, e, all); err == nil {
				e.Currency = d.paidIn(rules, e)
			}
		case i < 0:
			err = faultf("there is no claim %s", x.ID)
		case x.State == IsRejected && x.Why == "":
			err = faultf("say why claim %s is rejected", x.ID)
		default:
			err = Move(all[i], x.State)
			e = all[i]
			e.State, e.Why = x.State, x.Why
		}
		if err != nil {
			faults = append(faults, faultf("%s:%d: %s", name, x.line, err))
			continue
		}
		e.Who, e.At = who, now
		if i >= 0 {
			all[i] = e
		} else {
			all = append(all, e)
		}
		events = append(events, e)
	}
	if err := errors.Join(faults...); err != nil {
		return 0, Fault(err.Error())
	}
	for i, e := range events {
		if err := d.o.Counter.Note(ctx, e); err != nil {
			return i, fmt.Errorf("claim %s: %w", e.ID, err)
		}
	}
	return len(events), nil
}

// paidIn is the currency in which a claim is paid.
func (d *Desk) paidIn(r Rules, c Claim) string {
	p, err := ParsePeriod(c.Period)
	if err != nil {
		return ""
	}
	rules, _ := r.Of(c.Programme, p)
	return (&books{Desk: d}).currency(rules)
}
