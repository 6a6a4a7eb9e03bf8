package reference

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"sellthrough"
)

// The files of a reference folder, and their columns. A file may be missing: its table is empty. Columns may stand in
// any order; those marked with ? may be missing.
var files = []struct {
	name    string
	columns []string
	read    func(t *Tables, r row) error
}{
	{"products.csv", []string{"code", "gtin?", "name?", "line?", "units_per_pack?", "list_price?", "currency?", "business_unit?", "launch?", "end_of_life?", "cost?"}, readProduct},
	{"locations.csv", []string{"code", "name?", "partner?", "country?", "region?", "city?", "territory?", "time_zone?", "latitude?", "longitude?"}, readLocation},
	{"crossreferences.csv", []string{"partner", "kind", "code", "target", "units?", "from?", "to?", "who?", "when?"}, readCrossReference},
	{"rates.csv", []string{"currency", "date", "rate"}, readRate},
}

// Load reads and checks a folder. All faults are told at once, each with file, row and reason; a folder with a fault
// gives no tables. Content is the hash of what was read.
func Load(dir string) (t Tables, content string, err error) { return load(dir, nil) }

// load is Load of a folder in which some files are to have another text, by their names.
func load(dir string, instead map[string]string) (t Tables, content string, err error) {
	h := sha256.New()
	var faults []error
	var names []string
	found := false
	read := func(name string, columns []string, use func(row) error) error {
		names = append(names, name)
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if other, ok := instead[name]; ok {
			text, err = []byte(other), nil
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read reference: %w", err)
		}
		found = true
		fmt.Fprintf(h, "%s %d\n", name, len(text))
		h.Write(text)
		faults = append(faults, readFile(path, string(text), columns, use)...)
		return nil
	}
	for _, f := range files {
		if err := read(f.name, f.columns, func(r row) error { return f.read(&t, r) }); err != nil {
			return Tables{}, "", err
		}
	}
	for _, k := range SheetKinds() {
		t.Sheets = append(t.Sheets, Sheet{Kind: k})
		s := &t.Sheets[len(t.Sheets)-1]
		if k.Derived {
			continue
		}
		if err := read(k.File, k.header(), s.read); err != nil {
			return Tables{}, "", err
		}
	}
	if !found {
		return Tables{}, "", fmt.Errorf("%s holds none of %s", dir, strings.Join(names, ", "))
	}
	for i := range t.Sheets {
		if s := &t.Sheets[i]; s.Kind.Name == "partners" {
			t.Partners = s.Strings("partner")
		}
	}
	faults = append(faults, Check(dir, t)...)
	faults = append(faults, checkSheets(dir, t)...)
	if len(faults) > 0 {
		return Tables{}, "", errors.Join(faults...)
	}
	derive(&t)
	fmt.Fprintln(h, "derived sheets", derivation)
	return t, hex.EncodeToString(h.Sum(nil)), nil
}

// row is one row of a file, by column.
type row struct {
	file  string
	line  int
	cells map[string]string
}

func (r row) fault(column, reason string) error {
	return fmt.Errorf("%s:%d: column %s, value %q: %s", r.file, r.line, column, r.cells[column], reason)
}

func (r row) decimal(column string, missing sellthrough.Decimal) (sellthrough.Decimal, error) {
	if r.cells[column] == "" {
		return missing, nil
	}
	d, err := sellthrough.ParseDecimal(r.cells[column])
	if err != nil {
		return 0, r.fault(column, err.Error()+"; write it as 1234.5")
	}
	return d, nil
}

func (r row) day(column string) (sellthrough.Day, error) {
	if r.cells[column] == "" {
		return 0, nil
	}
	d, err := sellthrough.ParseDay(r.cells[column])
	if err != nil {
		return 0, r.fault(column, "not a day; write it as YYYY-MM-DD")
	}
	return d, nil
}

func (r row) degrees(column string, most float64) (float64, error) {
	if r.cells[column] == "" {
		return 0, nil
	}
	d, err := strconv.ParseFloat(r.cells[column], 64)
	if err != nil || !(d >= -most && d <= most) {
		return 0, r.fault(column, fmt.Sprintf("must be degrees from -%g to %g, such as 31.2304", most, most))
	}
	return d, nil
}

func readFile(path, text string, columns []string, use func(row) error) []error {
	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return []error{fmt.Errorf("%s:1: no header row; its columns are %s", path, strings.Join(columns, ", "))}
	}
	var faults []error
	known := map[string]bool{}
	for _, name := range columns {
		bare := strings.TrimSuffix(name, "?")
		known[bare] = true
		if bare == name && !slices.Contains(head, bare) {
			faults = append(faults, fmt.Errorf("%s:1: column %s is missing", path, bare))
		}
	}
	for _, name := range head {
		if !known[name] {
			faults = append(faults, fmt.Errorf("%s:1: column %q is not known; the columns are %s", path, name, strings.Join(columns, ", ")))
		}
	}
	if len(faults) > 0 {
		return faults
	}
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return faults
		}
		line, _ := c.FieldPos(0)
		if err != nil {
			return append(faults, fmt.Errorf("%s:%d: %w", path, line, err))
		}
		if len(rec) != len(head) {
			faults = append(faults, fmt.Errorf("%s:%d: %d fields, the header has %d", path, line, len(rec), len(head)))
			continue
		}
		r := row{file: path, line: line, cells: map[string]string{}}
		for i, name := range head {
			r.cells[name] = strings.TrimSpace(rec[i])
		}
		for _, name := range columns {
			if known[name] && r.cells[name] == "" {
				faults = append(faults, r.fault(name, "must not be empty"))
				r.cells = nil
				break
			}
		}
		if r.cells == nil {
			continue
		}
		if err := use(r); err != nil {
			faults = append(faults, err)
		}
	}
}

func readProduct(t *Tables, r row) error {
	units, err := r.decimal("units_per_pack", sellthrough.One)
	if err != nil {
		return err
	}
	if units <= 0 {
		return r.fault("units_per_pack", "must be above 0")
	}
	price, err := r.decimal("list_price", 0)
	if err != nil {
		return err
	}
	if g := r.cells["gtin"]; g != "" && !isGTIN(g) {
		return r.fault("gtin", "a GTIN has 8, 12, 13 or 14 digits; if leading zeros were lost, write it as text")
	}
	cost, err := r.decimal("cost", 0)
	if err != nil {
		return err
	}
	if cost < 0 {
		return r.fault("cost", "must not be below 0")
	}
	launch, err := r.day("launch")
	if err != nil {
		return err
	}
	end, err := r.day("end_of_life")
	if err != nil {
		return err
	}
	if end != 0 && end < launch {
		return r.fault("end_of_life", "lies before launch")
	}
	t.Products = append(t.Products, Product{
		Code: r.cells["code"], GTIN: r.cells["gtin"], Name: r.cells["name"], Line: r.cells["line"],
		UnitsPerPack: units, ListPrice: price, Currency: r.cells["currency"],
		BusinessUnit: r.cells["business_unit"], Launch: launch, EndOfLife: end, Cost: cost,
	})
	return nil
}

func readLocation(t *Tables, r row) error {
	if z := r.cells["time_zone"]; z != "" {
		if _, err := time.LoadLocation(z); err != nil {
			return r.fault("time_zone", "not a known zone; use an IANA name such as Europe/London")
		}
	}
	c := r.cells
	latitude, err := r.degrees("latitude", 90)
	if err != nil {
		return err
	}
	longitude, err := r.degrees("longitude", 180)
	if err != nil {
		return err
	}
	t.Locations = append(t.Locations, Location{
		Code: c["code"], Name: c["name"], Partner: c["partner"], Country: c["country"], Region: c["region"],
		City: c["city"], Territory: c["territory"], TimeZone: c["time_zone"], Latitude: latitude, Longitude: longitude,
	})
	return nil
}

func readCrossReference(t *Tables, r row) error {
	units, err := r.decimal("units", sellthrough.One)
	if err != nil {
		return err
	}
	from, err := r.day("from")
	if err != nil {
		return err
	}
	to, err := r.day("to")
	if err != nil {
		return err
	}
	switch {
	case units <= 0:
		return r.fault("units", "must be above 0")
	case !slices.Contains(CrossKinds, r.cells["kind"]):
		return r.fault("kind", "must be one of "+strings.Join(CrossKinds, ", "))
	case to != 0 && to < from:
		return r.fault("to", "lies before from")
	}
	if w := r.cells["when"]; w != "" {
		if _, err := when(w); err != nil {
			return r.fault("when", "not a time; write it as 2026-03-02T15:04:05Z, or as a day")
		}
	}
	t.CrossReferences = append(t.CrossReferences, CrossReference{
		Partner: r.cells["partner"], Kind: r.cells["kind"], Code: r.cells["code"],
		Target: r.cells["target"], Units: units, From: from, To: to,
	})
	return nil
}

func readRate(t *Tables, r row) error {
	day, err := r.day("date")
	if err != nil {
		return err
	}
	rate, err := r.decimal("rate", 0)
	if err != nil {
		return err
	}
	if rate <= 0 {
		return r.fault("rate", "must be above 0")
	}
	t.Rates = append(t.Rates, Rate{Currency: r.cells["currency"], Day: day, Rate: rate})
	return nil
}

// Check finds what no single row shows: codes twice, targets that do not exist, overlapping dates.
func Check(dir string, t Tables) []error {
	var faults []error
	say := func(file, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{filepath.Join(dir, file)}, args...)...))
	}
	products, gtins, locations := map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, p := range t.Products {
		if products[p.Code] {
			say("products.csv", "product %s stands twice", p.Code)
		}
		products[p.Code] = true
		if p.GTIN != "" {
			if other, ok := gtins[gtin14(p.GTIN)]; ok {
				say("products.csv", "products %s and %s have the same GTIN %s", other, p.Code, p.GTIN)
			}
			gtins[gtin14(p.GTIN)] = p.Code
		}
	}
	for _, l := range t.Locations {
		if locations[l.Code] {
			say("locations.csv", "location %s stands twice", l.Code)
		}
		locations[l.Code] = true
	}
	parties := maps.Clone(locations)
	for _, p := range t.Partners {
		parties[p] = true
	}
	seen := map[crossKey][]CrossReference{}
	for _, c := range t.CrossReferences {
		targets, file := products, "products.csv"
		switch c.Kind {
		case "location":
			targets, file = locations, "locations.csv"
		case "party":
			targets, file = parties, "locations.csv or partners.csv"
		}
		if c.Kind != "region" && !targets[c.Target] {
			say("crossreferences.csv", "%s %s of partner %s points to %s, which is not in %s", c.Kind, c.Code, c.Partner, c.Target, file)
		}
		k := crossKey{c.Partner, c.Kind, c.Code}
		for _, o := range seen[k] {
			if (o.To == 0 || c.From <= o.To) && (c.To == 0 || o.From <= c.To) {
				say("crossreferences.csv", "%s %s of partner %s has two meanings at once (%s and %s); give them dates that do not overlap", c.Kind, c.Code, c.Partner, o.Target, c.Target)
			}
		}
		seen[k] = append(seen[k], c)
	}
	days := map[string]bool{}
	for _, r := range t.Rates {
		k := r.Currency + r.Day.String()
		if days[k] {
			say("rates.csv", "%s has two rates on %s", r.Currency, r.Day)
		}
		days[k] = true
	}
	return faults
}
