package clickhouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/transform/reference"
)

// SaveReference writes a version of the reference data, whole. It takes force by an order in the log only.
func (l *Ledger) SaveReference(ctx context.Context, rev sellthrough.Revision, content, who string, t reference.Tables) error {
	return l.saveReference(ctx, rev, content, who, t, false)
}

// SaveReplayed writes a version that only replays read by. It never takes force.
func (l *Ledger) SaveReplayed(ctx context.Context, rev sellthrough.Revision, content, who string, t reference.Tables) error {
	return l.saveReference(ctx, rev, content, who, t, true)
}

func (l *Ledger) saveReference(ctx context.Context, rev sellthrough.Revision, content, who string, t reference.Tables, replays bool) error {
	token := fmt.Sprintf("reference/%d", rev)
	v := func(n int) []uint64 { return repeat(uint64(rev), n) }
	type product = reference.Product
	p := t.Products
	err := l.insert(ctx, token, "ref_products", "version, code, gtin, name, line, units_per_pack, list_price, currency, business_unit, launch_day, end_day, cost", v(len(p)), each(p, func(x *product) string { return x.Code }), each(p, func(x *product) string { return x.GTIN }),
		each(p, func(x *product) string { return x.Name }), each(p, func(x *product) string { return x.Line }),
		each(p, func(x *product) int64 { return int64(x.UnitsPerPack) }), each(p, func(x *product) int64 { return int64(x.ListPrice) }),
		each(p, func(x *product) string { return x.Currency }), each(p, func(x *product) string { return x.BusinessUnit }),
		each(p, func(x *product) int32 { return int32(x.Launch) }), each(p, func(x *product) int32 { return int32(x.EndOfLife) }),
		each(p, func(x *product) int64 { return int64(x.Cost) }))
	if err != nil {
		return err
	}
	type location = reference.Location
	o := t.Locations
	err = l.insert(ctx, token, "ref_locations", "version, code, name, partner, country, region, city, territory, time_zone, latitude, longitude", v(len(o)), each(o, func(x *location) string { return x.Code }), each(o, func(x *location) string { return x.Name }),
		each(o, func(x *location) string { return x.Partner }), each(o, func(x *location) string { return x.Country }),
		each(o, func(x *location) string { return x.Region }), each(o, func(x *location) string { return x.City }),
		each(o, func(x *location) string { return x.Territory }), each(o, func(x *location) string { return x.TimeZone }),
		each(o, func(x *location) float64 { return x.Latitude }), each(o, func(x *location) float64 { return x.Longitude }))
	if err != nil {
		return err
	}
	type cross = reference.CrossReference
	c := t.CrossReferences
	err = l.insert(ctx, token, "ref_crossreferences", "version, partner, kind, code, target, units, from_day, to_day", v(len(c)), each(c, func(x *cross) string { return x.Partner }), each(c, func(x *cross) string { return x.Kind }),
		each(c, func(x *cross) string { return x.Code }), each(c, func(x *cross) string { return x.Target }), each(c, func(x *cross) int64 { return int64(x.Units) }),
		each(c, func(x *cross) int32 { return int32(x.From) }), each(c, func(x *cross) int32 { return int32(x.To) }))
	if err != nil {
		return err
	}
	type rate = reference.Rate
	r := t.Rates
	err = l.insert(ctx, token, "ref_rates", "version, currency, day, rate", v(len(r)), each(r, func(x *rate) string { return x.Currency }), each(r, func(x *rate) int32 { return int32(x.Day) }),
		each(r, func(x *rate) int64 { return int64(x.Rate) }))
	if err != nil {
		return err
	}
	for i := range t.Sheets {
		if err := l.sheet(ctx, rev, token, &t.Sheets[i]); err != nil {
			return err
		}
	}
	return l.insert(ctx, token, "ref_versions", "version, content, who, for_replay, products, locations, crossreferences, rates", v(1), []string{content}, []string{who}, []bool{replays}, []uint64{uint64(len(p))}, []uint64{uint64(len(o))}, []uint64{uint64(len(c))}, []uint64{uint64(len(r))})
}

// sheet writes the rows of a sheet of a version.
func (l *Ledger) sheet(ctx context.Context, rev sellthrough.Revision, token string, s *reference.Sheet) error {
	names, cols := []string{"version"}, []any{repeat(uint64(rev), s.Rows)}
	for _, c := range s.Kind.Columns {
		names = append(names, c.StoredName())
		switch c.Type {
		case reference.Text:
			cols = append(cols, s.Strings(c.Name))
		case reference.Decimal:
			cols = append(cols, s.Decimals(c.Name))
		case reference.Period:
			names = append(names, "from_day", "to_day")
			cols = append(cols, s.Strings(c.Name), s.Numbers("from"), s.Numbers("to"))
		default:
			cols = append(cols, s.Numbers(c.Name))
		}
	}
	return l.insert(ctx, token, "ref_"+s.Kind.Name, strings.Join(names, ", "), cols...)
}

// LatestReference is the newest version that is whole, and the hash of its content; 0 where there is none.
func (l *Ledger) LatestReference(ctx context.Context) (rev sellthrough.Revision, content string, err error) {
	err = l.query(ctx, "read reference versions", "SELECT version, content FROM "+l.table("ref_versions")+" WHERE NOT for_replay ORDER BY version DESC LIMIT 1", func(r driver.Rows) error {
		var v uint64
		err := r.Scan(&v, &content)
		rev = sellthrough.Revision(v)
		return err
	})
	return rev, content, err
}

// Reference reads a version. One that is not whole yet is an error: the caller waits.
func (l *Ledger) Reference(ctx context.Context, rev sellthrough.Revision) (reference.Tables, error) {
	var t reference.Tables
	whole := false
	v := uint64(rev)
	if err := l.query(ctx, "read reference version", "SELECT 1 FROM "+l.table("ref_versions")+" WHERE version = ?", func(driver.Rows) error { whole = true; return nil }, v); err != nil {
		return t, err
	}
	if !whole {
		return t, fmt.Errorf("clickhouse: reference version %d is not there yet", rev)
	}
	err := l.query(ctx, "read products", "SELECT code, gtin, name, line, units_per_pack, list_price, currency FROM "+l.table("ref_products")+" WHERE version = ?", func(r driver.Rows) error {
		var p reference.Product
		var units, price int64
		err := r.Scan(&p.Code, &p.GTIN, &p.Name, &p.Line, &units, &price, &p.Currency)
		p.UnitsPerPack, p.ListPrice = sellthrough.Decimal(units), sellthrough.Decimal(price)
		t.Products = append(t.Products, p)
		return err
	}, v)
	if err != nil {
		return t, err
	}
	err = l.query(ctx, "read locations", "SELECT code, name, partner, country, region, city, territory, time_zone FROM "+l.table("ref_locations")+" WHERE version = ?", func(r driver.Rows) error {
		var o reference.Location
		err := r.Scan(&o.Code, &o.Name, &o.Partner, &o.Country, &o.Region, &o.City, &o.Territory, &o.TimeZone)
		t.Locations = append(t.Locations, o)
		return err
	}, v)
	if err != nil {
		return t, err
	}
	err = l.query(ctx, "read cross-references", "SELECT partner, kind, code, target, units, from_day, to_day FROM "+l.table("ref_crossreferences")+" WHERE version = ? ORDER BY from_day", func(r driver.Rows) error {
		var c reference.CrossReference
		var units int64
		var from, to int32
		err := r.Scan(&c.Partner, &c.Kind, &c.Code, &c.Target, &units, &from, &to)
		c.Units, c.From, c.To = sellthrough.Decimal(units), sellthrough.Day(from), sellthrough.Day(to)
		t.CrossReferences = append(t.CrossReferences, c)
		return err
	}, v)
	if err != nil {
		return t, err
	}
	err = l.query(ctx, "read partners", "SELECT partner FROM "+l.table("ref_partners")+" WHERE version = ?", func(r driver.Rows) error {
		var id string
		err := r.Scan(&id)
		t.Partners = append(t.Partners, id)
		return err
	}, v)
	if err != nil {
		return t, err
	}
	return t, l.query(ctx, "read rates", "SELECT currency, day, rate FROM "+l.table("ref_rates")+" WHERE version = ?", func(r driver.Rows) error {
		var x reference.Rate
		var day int32
		var rate int64
		err := r.Scan(&x.Currency, &day, &rate)
		x.Day, x.Rate = sellthrough.Day(day), sellthrough.Decimal(rate)
		t.Rates = append(t.Rates, x)
		return err
	}, v)
}
