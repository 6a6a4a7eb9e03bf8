package demo

import (
	"time"

	"sellthrough"
)

// Truth is what the sums of the ledger must come to, to the last digit.
type Truth struct {
	Sales map[SumKey]Sum                   // sales_daily
	Flows map[SumKey]Sum                   // flow_daily
	Stock map[StockKey]sellthrough.Decimal // the last level of each day
	Files int                              // that said so
	Rows  int64                            // in them, refused ones included
	Held  int                              // files that wait for a person
	Bad   int64                            // refused rows
}

// SumKey is a row of sales_daily or flow_daily. Product is empty where there is none, or nobody knows the partner's code.
type SumKey struct {
	Partner, Location, Product, Kind, Currency, Party string
	Day                                               sellthrough.Day
}

// Sum is its figures.
type Sum struct {
	Qty, Amount, Base               sellthrough.Decimal
	Lines, Unmatched, WithoutAmount int64
}

// StockKey is a row of v_stock_daily.
type StockKey struct {
	Partner, Location, Product, Level string
	Day                               sellthrough.Day
}

// Truth of everything that was due by an instant: the facts, added up.
func (c *Channel) Truth(at time.Time) *Truth { return c.Facts(at).Truth() }

// Truth is the facts, added up.
func (f *Facts) Truth() *Truth {
	t := &Truth{
		Sales: map[SumKey]Sum{}, Flows: map[SumKey]Sum{}, Stock: map[StockKey]sellthrough.Decimal{}, Files: f.files, Rows: f.rows, Held: f.held, Bad: f.bad,
	}
	for _, kind := range sellthrough.FeedKinds() {
		switch kind {
		case sellthrough.Sales:
			f.sum(kind, t.Sales)
		case sellthrough.Stock:
			f.levels(t.Stock)
		default:
			f.sum(kind, t.Flows)
		}
	}
	return t
}

func (f *Facts) sum(kind sellthrough.FeedKind, into map[SumKey]Sum) {
	for x := range f.Of(kind) {
		k := SumKey{Partner: x.Partner, Location: x.Location, Product: x.Product, Kind: x.Kind, Currency: x.Currency, Party: x.Party, Day: x.Day}
		s := into[k]
		s.Qty, s.Amount, s.Base, s.Lines = s.Qty+x.Qty, s.Amount+x.Amount, s.Base+x.Base, s.Lines+1
		if x.Unmatched {
			s.Unmatched++
		}
		if !x.HasAmount {
			s.WithoutAmount++
		}
		into[k] = s
	}
}

// levels are the last of each day; levels of a product that was reported under two codes are added.
func (f *Facts) levels(into map[StockKey]sellthrough.Decimal) {
	type item struct {
		feed, code string
		StockKey
	}
	last := map[item]sellthrough.Decimal{}
	for x := range f.Of(sellthrough.Stock) { // in the order of time
		last[item{x.Feed, x.Item, StockKey{Partner: x.Partner, Location: x.Location, Product: x.Product, Level: x.Kind, Day: x.Day}}] = x.Qty
	}
	for k, qty := range last {
		into[k.StockKey] += qty
	}
}
