package clickhouse

import (
	"context"
	"fmt"
	"hash/maphash"
	"math/bits"
	"strings"
	"unsafe"

	"sellthrough"
)

// sums is the columns of sales_daily and flow_daily.
type sums struct {
	partner, location, product, currency, party        []string
	day                                                []int32
	kind                                               []uint8
	qty, amount, base, lines, unmatched, noMoney, noFX []int64
}

// slot is a place in the table of groups: 1 + the group's number, and half the hash of its key.
type slot struct {
	hash  uint32
	group int32
}

// memo remembers the hash of the last string, by its address: neighbours often share one.
type memo struct {
	p *byte
	n int
	h uint64
}

func (m *memo) of(seed maphash.Seed, s string) uint64 {
	if p := unsafe.StringData(s); p != m.p || len(s) != m.n {
		m.p, m.n, m.h = p, len(s), maphash.String(seed, s)
	}
	return m.h
}

// group sums rows by day: the delta that they are to sales_daily or flow_daily. It is a function of the rows alone; groups come in the
// order of their first rows. The canary is in no sum. A group is named by its first row, so no key is copied. A sum that would overflow begins
// another row of the same key, and the server adds them.
func group(r *sellthrough.Rows) sums {
	n := r.Len()
	size := 1 << bits.Len(uint(max(n, 8)))
	table := make([]slot, size)
	seed := maphash.MakeSeed()
	first := make([]int32, 0, n)
	var partner, place, product, currency, party memo
	var s sums
	s.reserve(n)
	for i := range n {
		if r.Partner[i] == string(sellthrough.Canary) {
			continue
		}
		h := partner.of(seed, r.Partner[i])
		h = (h ^ place.of(seed, r.Place[i])) * 0x9e3779b97f4a7c15
		h = (h ^ h>>29 ^ product.of(seed, r.Product[i])) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>32 ^ currency.of(seed, r.Currency[i]) ^ uint64(uint32(r.BusinessDate[i]))<<8 ^ uint64(r.Kind[i])) * 0x94d049bb133111eb
		if p := r.PartyOf(i); p != "" {
			h = (h ^ h>>30 ^ party.of(seed, p)) * 0x9e3779b97f4a7c15
		}
		h ^= h >> 31
		var at int32
		for p := int(h) & (size - 1); ; p = (p + 1) & (size - 1) {
			e := &table[p]
			if e.group == 0 {
				at = int32(len(first))
				*e = slot{uint32(h >> 32), at + 1}
				first = append(first, int32(i))
				s.open()
				break
			}
			if e.hash == uint32(h>>32) && sameKey(r, int(first[e.group-1]), i) {
				if at = e.group - 1; s.full(at, r, i) {
					at = int32(len(first))
					e.group = at + 1
					first = append(first, int32(i))
					s.open()
				}
				break
			}
		}
		s.add(at, r, i)
	}
	s.keys(r, first)
	return s
}

func sameKey(r *sellthrough.Rows, a, b int) bool {
	return r.BusinessDate[a] == r.BusinessDate[b] && r.Kind[a] == r.Kind[b] && r.Product[a] == r.Product[b] &&
		r.Place[a] == r.Place[b] && r.Currency[a] == r.Currency[b] && r.Partner[a] == r.Partner[b] &&
		r.PartyOf(a) == r.PartyOf(b)
}

func (s *sums) reserve(n int) {
	for _, c := range []*[]int64{&s.qty, &s.amount, &s.base, &s.lines, &s.unmatched, &s.noMoney, &s.noFX} {
		*c = make([]int64, 0, n)
	}
}

func (s *sums) open() {
	s.qty, s.amount, s.base = append(s.qty, 0), append(s.amount, 0), append(s.base, 0)
	s.lines, s.unmatched = append(s.lines, 0), append(s.unmatched, 0)
	s.noMoney, s.noFX = append(s.noMoney, 0), append(s.noFX, 0)
}

// full says whether row i does not fit into the sums of a group any more.
func (s *sums) full(at int32, r *sellthrough.Rows, i int) bool {
	return overflows(s.qty[at], r.Qty[i]) || overflows(s.amount[at], r.Amount[i]) || overflows(s.base[at], r.Base[i])
}

func overflows(a, b int64) bool { c := a + b; return (c > a) != (b > 0) && b != 0 }

func (s *sums) add(at int32, r *sellthrough.Rows, i int) {
	sign, f := int64(r.Sign[i]), r.Flags[i]
	s.qty[at] += r.Qty[i]
	s.lines[at] += sign
	if f&(sellthrough.UnknownItem|sellthrough.UnknownPlace) != 0 {
		s.unmatched[at] += sign
	}
	switch {
	case f&sellthrough.HasAmount == 0:
		s.noMoney[at] += sign
	case f&sellthrough.HasBase == 0:
		s.amount[at] += r.Amount[i]
		s.noFX[at] += sign
	default:
		s.amount[at] += r.Amount[i]
		s.base[at] += r.Base[i]
	}
}

func (s *sums) keys(r *sellthrough.Rows, first []int32) {
	n := len(first)
	s.partner, s.location, s.product, s.currency = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	s.day, s.kind, s.party = make([]int32, n), make([]uint8, n), make([]string, n)
	for g, i := range first {
		s.partner[g], s.location[g], s.product[g], s.currency[g] = r.Partner[i], r.Place[i], r.Product[i], r.Currency[i]
		s.day[g], s.kind[g], s.party[g] = r.BusinessDate[i], r.Kind[i], r.PartyOf(int(i))
	}
}

const dailyColumns = "partner_wire, business_day_wire, location_wire, product_wire, kind_wire, currency_wire, party_wire, qty_micros, amount_micros, base_micros, lines, lines_unmatched, " +
	"lines_without_amount, lines_without_rate"

func (l *Ledger) daily(ctx context.Context, token, table string, r *sellthrough.Rows, ok guard) error {
	s := group(r)
	for from, part := 0, 0; from < len(s.day); part++ {
		to := min(from+maxRows, len(s.day))
		err := l.insertIf(ctx, fmt.Sprintf("%s/%d", token, part), table, dailyColumns, ok, s.partner[from:to], s.day[from:to], s.location[from:to], s.product[from:to], s.kind[from:to], s.currency[from:to],
			s.party[from:to], s.qty[from:to], s.amount[from:to], s.base[from:to], s.lines[from:to], s.unmatched[from:to], s.noMoney[from:to], s.noFX[from:to])
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// fromLedger is the same grouping, told to the server: what a table of sums must come to.
func (l *Ledger) fromLedger(sums string) string {
	var parts []string
	for _, k := range sellthrough.FeedKinds() {
		if k == sellthrough.Sales && sums != "sales_daily" || k.Flow() && sums != "flow_daily" || k == sellthrough.Stock {
			continue
		}
		parts = append(parts, `SELECT partner, toInt32(business_date) AS day, place AS location, product, toUInt8(kind) AS kind_code, currency, party,
	sum(qty_micros) AS qty, sumIf(amount_micros, bitTest(flags, 0)) AS amount, sumIf(base_micros, bitTest(flags, 1)) AS base, sum(toInt64(sign)) AS line_count,
	sumIf(toInt64(sign), bitTest(flags, 2) OR bitTest(flags, 3)) AS unmatched, sumIf(toInt64(sign), NOT bitTest(flags, 0)) AS no_money,
	sumIf(toInt64(sign), bitTest(flags, 0) AND NOT bitTest(flags, 1)) AS no_rate
FROM `+l.ledgerOf(k)+` WHERE partner != '`+string(sellthrough.Canary)+`' GROUP BY partner, day, location, product, kind_code, currency, party`)
	}
	return strings.Join(parts, " UNION ALL ")
}

// rebuildSums sets sales_daily or flow_daily to what the ledger comes to, by inserting the differences.
func (l *Ledger) rebuildSums(ctx context.Context, token, sums string) error {
	have := `SELECT partner, toInt32(business_date) AS day, location, product, toUInt8(kind) AS kind_code, currency, party, qty_micros AS qty, amount_micros AS amount, base_micros AS base,
		lines AS line_count, lines_unmatched AS unmatched, lines_without_amount AS no_money, lines_without_rate AS no_rate FROM ` + l.table(sums)
	sql := fmt.Sprintf(`INSERT INTO %s (%s) SELECT partner, day, location, product, kind_code, currency, party, sum(q), sum(a), sum(b), sum(n), sum(u), sum(m), sum(r) FROM (
			SELECT partner, day, location, product, kind_code, currency, party, qty AS q, amount AS a, base AS b, line_count AS n, unmatched AS u, no_money AS m, no_rate AS r FROM (%s)
			UNION ALL SELECT partner, day, location, product, kind_code, currency, party, -qty, -amount, -base, -line_count, -unmatched, -no_money, -no_rate FROM (%s)
		) GROUP BY partner, day, location, product, kind_code, currency, party
		HAVING sum(q) != 0 OR sum(a) != 0 OR sum(b) != 0 OR sum(n) != 0 OR sum(u) != 0 OR sum(m) != 0 OR sum(r) != 0`, l.table(sums), dailyColumns, l.fromLedger(sums), have)
	return l.exec(withToken(ctx, token+"/"+sums), "bring "+sums+" in line with the ledger", sql)
}
