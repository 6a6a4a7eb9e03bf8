package config

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"sellthrough"
)

// Sealed says whether bodies of the feed hold end customers: then they are kept encrypted, and refused rows show no values.
func (f *Feed) Sealed() bool { return f.Columns.Customer.Set() || f.Personal }

// hidden is what changes the identities of a feed's lines when its customers are hidden; nil where nothing does. A file is
// told from another by its name, which is another one when it is sealed; and where a reader finds the customer himself,
// he is not the counterparty any more.
func (f *Feed) hidden() (out []any) {
	if f.Sealed() && f.EqualRows == sellthrough.EqualIsSale {
		out = append(out, "sealed")
	}
	if f.Columns.Customer.Set() && f.Format.standard() != nil {
		out = append(out, "customer")
	}
	return out
}

// customers checks where keys lie.
func (v *validator) customers() {
	k := &v.c.Customers
	_, set := v.lines["customers.keys"]
	bucket := strings.Contains(k.Keys, "://")
	if _, err := url.Parse(k.Keys); bucket && err != nil {
		v.bad("customers.keys", "customers.keys %q is not a URL; write a folder, or a URL like s3://bucket", k.Keys)
	}
	for name, other := range map[string]string{"archive.url": v.c.Archive.URL, "reference.folder": v.c.Reference.Folder} {
		if other != "" && nested(k.Keys, other) {
			v.bad("customers.keys", "customers.keys %s and %s %s lie in one another; keys lie apart, so that no copy of the one brings back what was destroyed in the other", k.Keys, name, other)
		}
	}
	for _, engine := range []string{"kafka", "clickhouse", "collector"} {
		if dir := strings.TrimSuffix(v.c.Data, "/") + "/" + engine; nested(k.Keys, dir) {
			v.bad("customers.keys", "customers.keys %s lies in %s, where others write; give the keys a folder of their own", k.Keys, dir)
		}
	}
	if !set && strings.Contains(v.c.Archive.URL, "://") && slices.ContainsFunc(v.c.Feeds, func(f Feed) bool { return f.Sealed() }) {
		v.bad("customers", "the archive is a bucket, so that several collectors may use it, and feeds hold end customers: all collectors need the same keys; set customers.keys to a place that all of them reach")
	}
	if k.Secret != "" && len(k.Secret) < 24 {
		v.bad("customers.secret", "customers.secret has %d characters; make one that nobody can guess, as with `openssl rand -base64 32`", len(k.Secret))
	}
	if k.Rotate != 0 {
		v.span("customers.rotate", k.Rotate, 24*time.Hour, 100*365*24*time.Hour)
	}
}

// same says whether two names are one column: blanks around a name in a header do not count.
func same(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// nested says whether of two places one is the other or lies in it.
func nested(a, b string) bool {
	a, b = strings.TrimPrefix(strings.TrimSuffix(a, "/"), "./")+"/", strings.TrimPrefix(strings.TrimSuffix(b, "/"), "./")+"/"
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// customer checks that a customer's column is read as nothing else: everything else is kept as it is written.
func (v *validator) customer(path string, f *Feed) {
	c := &f.Columns.Customer
	if c.Form != "" {
		v.oneOf(path+".form", c.Form, "text", "phone")
	}
	if c.Constant != "" {
		v.bad(path, "customer of feed %s is a constant; it has to come from a column", f.ID)
	}
	if c.Column == "" {
		if c.Form != "" {
			v.bad(path+".form", "customer of feed %s has a form and no column; name the column", f.ID)
		}
		return
	}
	for _, s := range f.Columns.sources() {
		if s.name != "customer" && same(s.Column, c.Column) {
			v.bad(path, "column %q of feed %s is the customer and %s, where it would be kept as it is written; take it out of one", c.Column, f.ID, s.name)
		}
	}
	if same(f.Columns.Amount.Price, c.Column) {
		v.bad(path, "column %q of feed %s is the customer and the price; take it out of one", c.Column, f.ID)
	}
	if slices.ContainsFunc(f.Identity.LineKey, func(k string) bool { return same(k, c.Column) }) {
		v.bad(path, "column %q of feed %s is the customer and in identity.line_key, where it would be kept as it is written; name other columns that tell lines apart", c.Column, f.ID)
	}
	if u := f.Format.Layout.Unpivot; u.Name == c.Column || u.Value == c.Column {
		v.bad(path, "column %q of feed %s is the customer and made of the header by format.layout.unpivot; take it out of one", c.Column, f.ID)
	}
}

// Names are the names of all columns that the feed reads.
func (c *Columns) Names() (out []string) {
	for _, s := range c.sources() {
		if s.Column != "" {
			out = append(out, s.Column)
		}
	}
	return out
}
