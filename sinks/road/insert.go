package road

import (
	"context"
	"errors"
	"slices"
	"sync"

	"sellthrough"
)

// The tables that a batch goes to. Ledgers hold its rows, by kind of feed. Sums, and what was published when, name no batch: they are
// mended from the ledgers.
var (
	ledgers = []string{"movements", "stock_reports", "shipment_lines", "transfer_lines", "order_lines", "money_lines", "service_lines"}
	sums    = []string{"sales_daily", "flow_daily", "stock_daily", "published"}
	books   = []string{"outcomes", "votes", "submissions", "refused", "orders"}
)

// Rows are the tables that a batch's rows go to, and those that they are added up in: what a row may be too bad for.
func Rows() []string { return slices.Concat(ledgers, sums) }

// Insert writes everything of a batch under its token. Done again, it writes what is missing and nothing twice, while the
// server can be trusted to know the token. It looks at both again where it takes long.
func (r *Road) Insert(ctx context.Context, b *sellthrough.Batch) error {
	return r.insert(ctx, b, func(ctx context.Context) error {
		if !r.stale(b.Intent) {
			return nil
		}
		if ok, err := r.Trusted(ctx, b.Intent); err != nil || !ok {
			return errors.Join(err, errUntrusted)
		}
		return r.own(ctx, b.Intent)
	})
}

// Put is Insert where nobody else writes and nothing was intended: to fill a ledger of one's own.
func (r *Road) Put(ctx context.Context, b *sellthrough.Batch) error {
	return r.insert(ctx, b, func(context.Context) error { return nil })
}

var errUntrusted = errors.New("clickhouse: the server may have forgotten the token meanwhile")

func (r *Road) insert(ctx context.Context, b *sellthrough.Batch, check func(context.Context) error) error {
	b.Each(func(_ sellthrough.FeedKind, r *sellthrough.Rows) { r.Whole() }) // before several read them
	token, facts := Text(b.Token), append(Rows(), "floors")
	// These do not depend on one another, so several connections work at once; the first error is told. The books come
	// last: whoever reads there that a submission is final finds its rows and its sums.
	errs := make([]error, len(facts))
	var wg sync.WaitGroup
	for i, table := range facts {
		wg.Go(func() { errs[i] = r.Store.Insert(ctx, table, token, b, check) })
	}
	wg.Wait()
	var unfit error
	for _, err := range errs {
		if _, ok := sellthrough.AsUnfit(err); ok {
			unfit = err
		} else if err != nil {
			return err // what may still be under way comes first: nothing is taken out beside it
		}
	}
	if unfit != nil {
		return unfit
	}
	for _, table := range books {
		if err := r.Store.Insert(ctx, table, token, b, check); err != nil {
			return err
		}
	}
	return nil
}
