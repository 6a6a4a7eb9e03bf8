package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/incentives"
	"sellthrough/transform/reference"
)

// Incentives is the ledger as incentives are reckoned from it and kept in it.
type Incentives struct{ *Ledger }

// Rules implements incentives.Source.
func (l Incentives) Rules(ctx context.Context, version uint64) (incentives.Rules, error) {
	r := incentives.Rules{Version: version}
	if version == 0 {
		if err := l.query(ctx, "read reference version", "SELECT version FROM "+l.table("v_reference"), func(rows driver.Rows) error { return rows.Scan(&r.Version) }); err != nil {
			return r, err
		}
	}
	at := fmt.Sprintf(" WHERE version = %d", r.Version)
	err := l.query(ctx, "read programmes", "SELECT programme, name, from_day, to_day, basis, counts, kinds, tax, tax_rate, pays, currency, period, tiering, cap, excludes, rank, clawback_days FROM "+
		l.table("ref_programmes")+at, func(rows driver.Rows) error {
		var p incentives.Programme
		var from, to, rank, clawback int32
		var kinds, excludes string
		var rate, most int64
		err := rows.Scan(&p.ID, &p.Name, &from, &to, &p.Basis, &p.Counts, &kinds, &p.Tax, &rate, &p.Pays, &p.Currency, &p.Period, &p.Tiering, &most, &excludes, &rank, &clawback)
		p.From, p.To, p.TaxRate, p.Rank, p.Clawback = sellthrough.Day(from), sellthrough.Day(to), sellthrough.Decimal(rate), int(rank), int(clawback)
		p.Kinds, p.Excludes = strings.Fields(kinds), strings.Fields(excludes)
		if most > 0 {
			d := sellthrough.Decimal(most)
			p.Cap = &d
		}
		r.Programmes = append(r.Programmes, p)
		return err
	})
	if err != nil {
		return r, err
	}
	err = l.query(ctx, "read what qualifies", "SELECT programme, partner, tier, alliance, mode, channel_type, product, line, unit, from_day, to_day FROM "+l.table("ref_qualifying")+at+" ORDER BY ALL", func(rows driver.Rows) error {
		var x incentives.Dated[incentives.Qualifier]
		var from, to int32
		q := &x.Is
		err := rows.Scan(&x.ID, &q.Partner, &q.Tier, &q.Group, &q.Mode, &q.ChannelType, &q.Product, &q.Line, &q.Unit, &from, &to)
		x.From, x.To = sellthrough.Day(from), sellthrough.Day(to)
		r.Qualifiers = append(r.Qualifiers, x)
		return err
	})
	if err != nil {
		return r, err
	}
	err = l.query(ctx, "read tiers", "SELECT programme, threshold, rate, per, from_day, to_day FROM "+l.table("ref_tiers")+at, func(rows driver.Rows) error {
		var x incentives.Dated[incentives.Tier]
		var threshold, rate int64
		var from, to int32
		err := rows.Scan(&x.ID, &threshold, &rate, &x.Is.Per, &from, &to)
		x.Is.Threshold, x.Is.Rate, x.From, x.To = sellthrough.Decimal(threshold), sellthrough.Decimal(rate), sellthrough.Day(from), sellthrough.Day(to)
		r.Tiers = append(r.Tiers, x)
		return err
	})
	if err != nil {
		return r, err
	}
	return r, l.query(ctx, "read penalties", "SELECT programme, cause, rate, from_day, to_day FROM "+l.table("ref_penalties")+at, func(rows driver.Rows) error {
		var x incentives.Dated[incentives.Penalty]
		var rate int64
		var from, to int32
		err := rows.Scan(&x.ID, &x.Is.Cause, &rate, &from, &to)
		x.Is.Rate, x.From, x.To = sellthrough.Decimal(rate), sellthrough.Day(from), sellthrough.Day(to)
		r.Penalties = append(r.Penalties, x)
		return err
	})
}

// Sales implements incentives.Source.
func (l Incentives) Sales(ctx context.Context, q incentives.Question) (sales []incentives.Sales, returned []incentives.Return, err error) {
	sql := "SELECT partner, line, other, sold_on, sum(qty_micros), sum(micros), sum(if(astray, micros, 0)), sum(if(below, micros, 0)), sum(if(unpriced, sign, 0)) FROM (" + l.qualifying(q) +
		") GROUP BY partner, line, other, sold_on ORDER BY partner, line, other, sold_on"
	err = l.query(ctx, "read what qualifies for "+q.Programme.ID, sql, func(r driver.Rows) error {
		var s incentives.Sales
		var soldOn int32
		var units, money, astray, below int64
		if err := r.Scan(&s.Partner, &s.Line, &s.Other, &soldOn, &units, &money, &astray, &below, &s.Unpriced); err != nil {
			return err
		}
		s.Units, s.Money, s.Astray, s.Below = sellthrough.Decimal(units), sellthrough.Decimal(money), sellthrough.Decimal(astray), sellthrough.Decimal(below)
		if soldOn == 0 {
			sales = append(sales, s)
			return nil
		}
		s.Of = sellthrough.Day(soldOn)
		returned = append(returned, s)
		return nil
	})
	return sales, returned, err
}

// Restated implements incentives.Source.
func (l Incentives) Restated(ctx context.Context, q incentives.Question) ([]incentives.Restatement, error) {
	sql := `SELECT q.partner, q.cause, any(s.submission), min(q.known_at) AS known, sum(q.qty_micros), sum(q.micros) FROM (` + l.qualifying(q) + `) AS q
		LEFT JOIN (SELECT revision, any(submission) AS submission FROM ` + l.table("submissions") + ` GROUP BY revision) AS s ON s.revision = q.revision
		GROUP BY q.partner, q.cause, q.revision ORDER BY q.partner, known, q.cause, q.revision`
	var out []incentives.Restatement
	err := l.query(ctx, "read what was restated of "+q.Programme.ID, sql, func(r driver.Rows) error {
		var x incentives.Restatement
		var units, money int64
		err := r.Scan(&x.Partner, &x.Cause, &x.Submission, &x.Known, &units, &money)
		x.Units, x.Money = sellthrough.Decimal(units), sellthrough.Decimal(money)
		out = append(out, x)
		return err
	})
	return out, err
}

// qualifying is the lines that a question is about, as SQL over the ledger: with the tax basis, what is against the rules, and
// of returns of an earlier period's sales the day of the sale, where that period is asked to pay for it.
func (l Incentives) qualifying(q incentives.Question) string {
	p, in := q.Programme, q.Period
	from, to := max(p.From, in.From), min(p.To, in.To)
	kinds := p.Kinds
	if len(kinds) == 0 {
		kinds = map[string][]string{
			"sell_in": {"sell_in", "return_out"}, "sell_through": {"sell_through", "return_in"}, "sell_out": {"sell_out", "return_in"},
		}[p.Basis]
	}
	where := []string{
		fmt.Sprintf("business_date BETWEEN toDate32(%d) AND toDate32(%d)", from, to), "product != ''", "kind IN (" + list(kinds, quote) + ")", l.counts(p, in, q.Reference),
	}
	for _, other := range q.Ahead {
		cond := fmt.Sprintf("business_date BETWEEN toDate32(%d) AND toDate32(%d) AND %s", max(other.From, in.From), min(other.To, in.To), l.counts(other, in, q.Reference))
		if len(other.Kinds) > 0 {
			cond += " AND kind IN (" + list(other.Kinds, quote) + ")"
		}
		where = append(where, "NOT ("+cond+")")
	}
	if !q.Known.IsZero() {
		where = append(where, "known_at < "+serverTime(q.Known))
	}
	if q.Position != nil {
		where = append(where, workedOff(q.Position))
	}
	if q.After != nil {
		where = append(where, "NOT "+workedOff(q.After))
	}
	m := money(p)
	inside := fmt.Sprintf("(SELECT code, from_day, to_day FROM %s WHERE version = %d)", l.table("ref_inside"), q.Reference)
	soldOn, join := "toInt32(0)", ""
	keep := ""
	if p.Clawback > 0 {
		join = fmt.Sprintf(` LEFT JOIN (SELECT partner, document, min(toInt32(business_date)) AS sold FROM %[1]s WHERE kind IN ('sell_in', 'sell_through', 'sell_out') AND business_date < toDate32(%[2]d)
			AND (partner, document) IN (SELECT partner, refers_to FROM %[1]s WHERE refers_to != '' AND kind IN ('return_in', 'return_out') AND business_date BETWEEN toDate32(%[2]d) AND toDate32(%[3]d))
			GROUP BY partner, document HAVING sum(sign) > 0) AS d ON d.partner = r.partner AND d.document = r.refers_to`, l.table("movements"), in.From, in.To)
		soldOn = "if(r.kind IN ('return_in', 'return_out') AND r.refers_to != '', ifNull(d.sold, 0), 0)"
		// Of an earlier sale: within the days it is taken back from what that earned, later it is nobody's any more.
		keep = fmt.Sprintf(" AND (sold_on = 0 OR day - sold_on <= %d)", p.Clawback)
	}
	astray, below, floors := "false", "false", ""
	for _, x := range p.Penalties {
		switch x.Cause {
		case incentives.CrossTerritory:
			astray = l.astray(from, to, q.Reference)
		case incentives.BelowFloor:
			below, floors = l.below(q.Reference)
		}
	}
	return fmt.Sprintf(`SELECT s.partner AS partner, p.line AS line, %[1]s AS other, s.sold_on AS sold_on, s.qty_micros AS qty_micros, s.micros AS micros, s.unpriced AS unpriced, s.sign AS sign,
		s.cause AS cause, s.revision AS revision, s.known_at AS known_at, %[2]s AS astray, %[3]s AS below
	FROM (
		SELECT r.partner AS partner, r.feed AS feed, r.day AS day, r.kind AS kind, r.party AS party, r.product AS product, r.location AS location, r.region AS region, r.currency AS currency,
			r.qty_micros AS qty_micros, r.amount_micros AS amount_micros, r.micros AS micros, r.unpriced AS unpriced, r.priced AS priced, r.sign AS sign, r.cause AS cause, r.revision AS revision, r.known_at AS known_at,
			r.sells_on AS sells_on, here.to_day >= r.day AS here, %[4]s AS sold_on
		FROM (
			SELECT partner, feed, toInt32(business_date) AS day, toString(kind) AS kind, party, toString(product) AS product, place AS location, region, currency, qty_micros, amount_micros, %[5]s AS micros,
				NOT (%[6]s) AS unpriced, bitTest(flags, 0) AS priced, sign, toString(cause) AS cause, revision, known_at, refers_to,
				kind = 'return_in' AND (partner, place) IN (SELECT partner, location FROM %[7]s WHERE kind = 'sell_through' GROUP BY partner, location HAVING sum(lines) > 0) AS sells_on
			FROM %[8]s WHERE %[9]s
		) AS r
		ASOF LEFT JOIN %[10]s AS here ON here.code = r.partner AND here.from_day <= r.day%[11]s
	) AS s
	ASOF LEFT JOIN %[10]s AS there ON there.code = s.party AND there.from_day <= s.day
	LEFT ANY JOIN (SELECT code, line FROM %[12]s WHERE version = %[13]d) AS p ON p.code = s.product%[16]s
	WHERE multiIf(s.here AND (there.to_day >= s.day OR s.party = '' AND s.kind IN ('sell_in', 'return_out')), 'inside',
		s.kind IN ('sell_in', 'return_out'), if(s.party = '' OR there.to_day >= s.day, 'sell_in', 'bought'),
		s.kind = 'sell_out', 'sell_out', s.kind = 'sell_through' OR s.party != '' OR s.sells_on, 'sell_through', 'sell_out') = %[14]s%[15]s`,
		otherBasis(p, q.Included), astray, below, soldOn, m.micros, m.there, l.table("sales_daily"), l.table("movements"), strings.Join(where, " AND "), inside, join, l.table("ref_products"), q.Reference, quote(p.Basis), keep, floors)
}

// moneyOf is the expression of a line's money in a programme's currency, and that it has any.
type moneyOf struct{ micros, there string }

func money(p incentives.Programme) moneyOf {
	if p.Currency == "" {
		return moneyOf{"if(bitTest(flags, 1), base_micros, 0)", "bitTest(flags, 1)"}
	}
	own := "bitTest(flags, 0) AND currency = " + quote(p.Currency)
	return moneyOf{"if(" + own + ", amount_micros, 0)", own}
}

// otherBasis is true for lines of feeds that declare the other tax basis than the programme.
func otherBasis(p incentives.Programme, included []string) string {
	in := "false"
	if len(included) > 0 {
		in = "s.feed IN (" + list(included, quote) + ")"
	}
	switch p.Tax {
	case incentives.Included:
		return "NOT (" + in + ")"
	case incentives.Excluded:
		return in
	}
	return "false"
}

// counts is true for lines that qualify for a programme by who reported them and what they are of.
func (l Incentives) counts(p incentives.Programme, in incentives.Period, version uint64) string {
	var ways []string
	for _, q := range p.Qualifying {
		from, to := max(q.From, in.From), min(q.To, in.To)
		if from > to {
			continue
		}
		all := []string{fmt.Sprintf("business_date BETWEEN toDate32(%d) AND toDate32(%d)", from, to)}
		days := func(table, condition string) string { // partners by day
			return fmt.Sprintf("(partner, toInt32(business_date)) IN (SELECT partner, arrayJoin(range(greatest(from_day, %d), least(to_day, %d) + 1)) FROM %s WHERE version = %d AND from_day <= %d AND to_day >= %d AND %s)",
				from, to, l.table(table), version, to, from, condition)
		}
		of := func(column, table, key, value string) {
			all = append(all, fmt.Sprintf("%s IN (SELECT %s FROM %s WHERE version = %d AND %s)", column, key, l.table(table), version, value))
		}
		if q.Partner != "" {
			all = append(all, "partner = "+quote(q.Partner))
		}
		if q.Tier != "" {
			of("partner", "ref_partners", "partner", "tier = "+quote(q.Tier))
		}
		if q.ChannelType != "" {
			of("partner", "ref_partners", "partner", "channel_type = "+quote(q.ChannelType))
		}
		if q.Group != "" {
			all = append(all, days("ref_groups", "alliance = "+quote(q.Group)))
		}
		if q.Mode != "" {
			run := days("ref_standings", "mode = "+quote(q.Mode))
			if q.Mode == "distribution" { // whoever the reference data say nothing of
				run = fmt.Sprintf("(%s OR partner NOT IN (SELECT partner FROM %s WHERE version = %d))", run, l.table("ref_standings"), version)
			}
			all = append(all, run)
		}
		if q.Product != "" {
			all = append(all, "product = "+quote(q.Product))
		}
		if q.Line != "" {
			of("product", "ref_products", "code", "line = "+quote(q.Line))
		}
		if q.Unit != "" {
			of("product", "ref_products", "code", "business_unit = "+quote(q.Unit))
		}
		ways = append(ways, "("+strings.Join(all, " AND ")+")")
	}
	if ways == nil {
		return "false"
	}
	return "(" + strings.Join(ways, " OR ") + ")"
}

// astray is true for lines that went outside the territories that the partner is assigned to. Of a partner with none, and of a
// line that does not say where it went, nothing is known.
func (l Incentives) astray(from, to sellthrough.Day, version uint64) string {
	assigned := fmt.Sprintf(`SELECT a.partner, arrayJoin(range(greatest(a.from_day, %[1]d), least(a.to_day, %[2]d) + 1)), t.territory, a.line FROM %[3]s AS a
		INNER JOIN (SELECT territory, arrayJoin(splitByChar('%[6]s', path)) AS above FROM %[4]s WHERE version = %[5]d) AS t ON t.above = a.territory
		WHERE a.version = %[5]d AND a.from_day <= %[2]d AND a.to_day >= %[1]d`, from, to, l.table("ref_assignments"), l.table("ref_territory_paths"), version, reference.Between)
	return fmt.Sprintf(`s.region != '' AND s.partner IN (SELECT partner FROM %s WHERE version = %d) AND NOT ((s.partner, s.day, s.region, '') IN (%[3]s) OR (s.partner, s.day, s.region, p.line) IN (%[3]s))`,
		l.table("ref_assignments"), version, assigned)
}

// below is true for lines whose price lies below the floor of their day: of floors.csv, the row that says most. joins bring what
// it reads.
func (l Incentives) below(version uint64) (is, joins string) {
	floor := "arraySort(x -> ((x.1 = '') + (x.2 = '') + (x.3 = ''), x.1 = '', x.3 = ''), arrayFilter(x -> (x.1 = '' OR x.1 = s.partner) AND (x.2 = '' OR x.2 = o.tier) " +
		"AND (x.3 = '' OR has(w.path, x.3)) AND s.day BETWEEN x.4 AND x.5, f.floors))[1].6"
	return "s.qty_micros != 0 AND s.priced AND toInt128(abs(s.amount_micros)) * 1000000 < toInt128(" + floor + ") * abs(s.qty_micros)", fmt.Sprintf(`
	LEFT ANY JOIN (SELECT product, currency, groupArray((partner, tier, territory, from_day, to_day, floor)) AS floors FROM %[1]s WHERE version = %[2]d GROUP BY product, currency) AS f
		ON f.product = s.product AND f.currency = s.currency
	LEFT ANY JOIN (SELECT partner, tier FROM %[3]s WHERE version = %[2]d) AS o ON o.partner = s.partner
	LEFT ANY JOIN (
		SELECT a.code AS code, splitByChar('%[6]s', b.path) AS path FROM (SELECT code, territory FROM %[4]s WHERE version = %[2]d) AS a
		LEFT ANY JOIN (SELECT territory, path FROM %[5]s WHERE version = %[2]d) AS b ON b.territory = a.territory
	) AS w ON w.code = s.location`, l.table("ref_floors"), version, l.table("ref_partners"), l.table("ref_locations"), l.table("ref_territory_paths"), reference.Between)
}

// workedOff is true for rows of batches up to a position. A batch of several steps counts up to its step.
func workedOff(marks []incentives.Mark) string {
	if len(marks) == 0 {
		return "false"
	}
	var ways []string
	for _, m := range marks {
		ways = append(ways, fmt.Sprintf("incarnation = %d AND partition = %d AND (batch < %d OR batch = %[3]d AND step <= %[4]d)", short(m.Incarnation), m.Partition, m.Batch, m.Step))
	}
	return "(" + strings.Join(ways, " OR ") + ")"
}

// Position implements incentives.Source.
func (l Incentives) Position(ctx context.Context) ([]incentives.Mark, error) {
	var out []incentives.Mark
	err := l.query(ctx, "read the road", "SELECT incarnation, partition, argMax(first, (epoch, last, step)), argMax(step, (epoch, last, step)) FROM "+l.table("road")+
		" WHERE kind = 'done' GROUP BY incarnation, partition ORDER BY incarnation, partition", func(r driver.Rows) error {
		var m incentives.Mark
		var partition uint16
		var step uint32
		err := r.Scan(&m.Incarnation, &partition, &m.Batch, &step)
		m.Partition, m.Step = int(partition), int(step)
		out = append(out, m)
		return err
	})
	return out, err
}

// Late implements incentives.Source.
func (l Incentives) Late(ctx context.Context, p incentives.Period) (map[string]int, error) {
	out := map[string]int{}
	sql := fmt.Sprintf("SELECT partner, toInt64(count()) FROM %s(from = toDate32(%d), to = toDate32(%d)) WHERE state != 'on time' GROUP BY partner", l.table("v_timeliness"), p.From, p.To)
	err := l.query(ctx, "count late reports", sql, func(r driver.Rows) error {
		var partner string
		var n int64
		err := r.Scan(&partner, &n)
		out[partner] = int(n)
		return err
	})
	return out, err
}

// Worth implements incentives.Source.
func (l Incentives) Worth(ctx context.Context, currency string, day sellthrough.Day, version uint64) (sellthrough.Decimal, error) {
	var rate int64
	err := l.query(ctx, "read a rate", "SELECT argMax(rate, day) FROM "+l.table("ref_rates")+" WHERE version = ? AND currency = ? AND day <= ?",
		func(r driver.Rows) error { return r.Scan(&rate) }, version, currency, int32(day))
	return sellthrough.Decimal(rate), err
}

// Progress implements incentives.Progress. It reads no data: rows of these tables are only added, and merges keep their number.
func (l Incentives) Progress(ctx context.Context) (mark string, err error) {
	return l.grown(ctx, "table IN ('outcomes', 'submissions', 'orders', 'closings', 'statements', 'claims')")
}
