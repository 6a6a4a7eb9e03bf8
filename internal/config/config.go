// Package config is the one YAML file that describes partners, feeds and engines: defaults, strict decoding and
// validation that explains every mistake by file, line and remedy.
package config

import (
	"time"

	"sellthrough"
	"sellthrough/ingest/format/edi"
	"sellthrough/ingest/format/gs1xml"
	"sellthrough/ingest/format/poslog"
	"sellthrough/ingest/format/rosettanet"
	"sellthrough/ingest/format/sheet"
)

// Config is the whole file.
type Config struct {
	Data      string    `yaml:"data"` // folder of the embedded engines and the archive; default ./data
	Listen    Listen    `yaml:"listen"`
	Engines   Engines   `yaml:"engines"`
	Archive   Archive   `yaml:"archive"`
	Disk      Disk      `yaml:"disk"`
	Customers Customers `yaml:"customers"`
	Reporting Reporting `yaml:"reporting"`
	Reference Reference `yaml:"reference"`
	Limits    Limits    `yaml:"limits"`
	Transform Transform `yaml:"transform"`
	Log       Log       `yaml:"log"`
	Partners  []Partner `yaml:"partners"`
	Feeds     []Feed    `yaml:"feeds"`
	Doors     Doors     `yaml:"doors"`
	Access    Access    `yaml:"access"`
	Alerts    Alerts    `yaml:"alerts"`

	Canary CanaryPartner `yaml:"canary"`
}

// Listen holds the addresses of the two ports. Both default to loopback.
type Listen struct {
	API   string `yaml:"api"`   // partners' door and the status page; default 127.0.0.1:8080
	Admin string `yaml:"admin"` // /healthz /readyz /metrics /debug/pprof; default 127.0.0.1:9090
	TLS   TLS    `yaml:"tls"`   // HTTPS on api
}

// Engines says where Kafka and ClickHouse are. An empty address means the embedded engine.
type Engines struct {
	Kafka      Kafka      `yaml:"kafka"`
	ClickHouse ClickHouse `yaml:"clickhouse"`
}

// Kafka is the log between collectors and transformers.
type Kafka struct {
	Brokers     []string      `yaml:"brokers"`     // empty: embedded
	Prefix      string        `yaml:"prefix"`      // of the topics; default sellthrough
	Group       string        `yaml:"group"`       // consumer group; default sellthrough-transform
	Partitions  int           `yaml:"partitions"`  // of the line topic, fixed when it is made; default 4
	Replication int           `yaml:"replication"` // of topics that are made; default: 1 embedded, 3 external
	Retention   time.Duration `yaml:"retention"`   // by log time; default 90d
	Budget      Size          `yaml:"budget"`      // of the line topic on each replica; 0, the default: none. Read when the topic is made
	Port        int           `yaml:"port"`        // of the embedded broker; 0 chooses one
	TLS         bool          `yaml:"tls"`
	CA          string        `yaml:"ca"`   // PEM file of the authorities to trust; empty: the system's
	User        string        `yaml:"user"` // SCRAM-SHA-512; empty: none
	Password    Secret        `yaml:"password"`
}

// ClickHouse keeps the ledger.
type ClickHouse struct {
	Address  string `yaml:"address"`  // host:port of the native protocol; empty: embedded
	Database string `yaml:"database"` // default sellthrough
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
	TLS      bool   `yaml:"tls"`
	Memory   Size   `yaml:"memory"` // limit of the embedded server; 0, the default, is 4GiB or 40 % of the machine
	// How long notes of batches that are done are kept; default 30d. See docs/operations.md, "Retention and growth".
	Road time.Duration `yaml:"road"`
}

// Archive is where bodies are kept as they were sent.
type Archive struct {
	URL       string        `yaml:"url"`       // a folder (default DATA/archive) or a gocloud.dev/blob URL
	Retention time.Duration `yaml:"retention"` // of bodies that nothing waits for; 0, the default: for ever
}

// Disk is what stays free on the volumes of this machine.
type Disk struct {
	Reserve Size `yaml:"reserve"` // collectors refuse bodies below it; default 2GiB; 0: they never do
	Engines Size `yaml:"engines"` // the embedded ClickHouse refuses inserts below it; default 512MiB
}

// Customers is how end customers are hidden; see docs/security.md.
type Customers struct {
	Keys   string        `yaml:"keys"`   // a folder (default DATA/keys) or a gocloud.dev/blob URL, apart from everything else
	Secret Secret        `yaml:"secret"` // wraps the keys
	Rotate time.Duration `yaml:"rotate"` // after which new lines get tokens of new keys; default 365d, 0 is never
}

// Reporting is the frame of the vendor's own figures.
type Reporting struct {
	Currency string `yaml:"currency"`  // ISO 4217; default USD
	TimeZone string `yaml:"time_zone"` // IANA; default UTC; days of --as-of
}

// Reference is the folder of products.csv, locations.csv, crossreferences.csv and rates.csv.
type Reference struct {
	Folder string        `yaml:"folder"` // empty: none
	Watch  time.Duration `yaml:"watch"`  // how often `up` looks for a change; default 2s
}

// Limits protects the collector from what partners send.
type Limits struct {
	Body        Size          `yaml:"body"`           // decoded; default 2GiB
	Line        Size          `yaml:"line"`           // one line; default 1MiB
	Field       Size          `yaml:"field"`          // one field; default 64KiB
	Concurrent  int           `yaml:"concurrent"`     // submissions at once in a collector; default 16
	PerPartner  int           `yaml:"per_partner"`    // of them, of one partner; default 4
	PerMinute   int           `yaml:"per_minute"`     // requests per key and minute; default 600
	ReadTimeout time.Duration `yaml:"read_timeout"`   // without a byte from the partner; default 60s
	Refused     int           `yaml:"refused_inline"` // refused rows in a receipt; default 1000
}

// Transform bounds the batches and the state.
type Transform struct {
	BatchLines int           `yaml:"batch_lines"` // default 100000
	BatchWait  time.Duration `yaml:"batch_wait"`  // default 200ms
	StateLines int           `yaml:"state_lines"` // lines kept hot in memory; default 10000000
}

// Log says how much is written.
type Log struct {
	Level  string `yaml:"level"`  // debug info warn error; default info
	Format string `yaml:"format"` // console or json; default console on a terminal
}

// Partner is a company of the channel that sends feeds.
type Partner struct {
	ID       sellthrough.PartnerID `yaml:"id"`
	Name     string                `yaml:"name"`
	TimeZone string                `yaml:"time_zone"` // IANA
	Currency string                `yaml:"currency"`  // ISO 4217
	Keys     []KeyHash             `yaml:"keys"`      // one, or two while a key is rotated
}

// Feed is a stream of one kind from one partner.
type Feed struct {
	ID        sellthrough.FeedID    `yaml:"id"`
	Partner   sellthrough.PartnerID `yaml:"partner"`
	Kind      sellthrough.FeedKind  `yaml:"kind"`
	Format    Format                `yaml:"format"`
	Columns   Columns               `yaml:"columns"`
	Numbers   Numbers               `yaml:"numbers"`
	Identity  Identity              `yaml:"identity"`
	Coverage  Coverage              `yaml:"coverage"`
	EqualRows sellthrough.EqualRows `yaml:"equal_rows_across_files"`
	Originals string                `yaml:"originals"`  // an original about what is held already: replace (default), append or refuse
	Tax       string                `yaml:"tax"`        // included | excluded (default)
	PackUnits []string              `yaml:"pack_units"` // units of measure that mean a pack of the product
	Currency  string                `yaml:"currency"`   // default: the partner's
	Personal  bool                  `yaml:"personal"`   // bodies name end customers, although no column is mapped as one
	Line      int                   `yaml:"-"`          // in the YAML file
}

// Format is the syntax of a body.
type Format struct {
	Type      string       `yaml:"type"`      // one of Formats; default csv
	Delimiter string       `yaml:"delimiter"` // csv: one character; default ","; "tab" for a tab
	Encoding  string       `yaml:"encoding"`  // csv: utf-8, gb18030, ...; default: by the bytes, or asked for where they leave it open
	Header    []string     `yaml:"header"`    // tables: names of the columns where the file has no header row
	Sheet     string       `yaml:"sheet"`     // workbooks: its name; default: the only one that has the columns
	Layout    sheet.Layout `yaml:"layout"`    // tables: where header, totals and groups of columns are
	Rows      string       `yaml:"rows"`      // json: dotted path of the rows

	EDI        edi.Dialect        `yaml:"edi"`        // x12, edifact: what the standard leaves open
	POSLog     poslog.Dialect     `yaml:"poslog"`     //
	GS1        gs1xml.Dialect     `yaml:"gs1xml"`     //
	RosettaNet rosettanet.Dialect `yaml:"rosettanet"` //
}

// Columns says where each field of a line comes from.
type Columns struct {
	Document     Source     `yaml:"document"`
	Location     Source     `yaml:"location"`
	Item         Source     `yaml:"item"`
	Unit         Source     `yaml:"unit"`
	Currency     Source     `yaml:"currency"`
	Counterparty Source     `yaml:"counterparty"`
	Serial       Source     `yaml:"serial"`
	Version      Source     `yaml:"version"`
	Function     Function   `yaml:"function"`
	Previous     Source     `yaml:"previous"`
	Qty          Source     `yaml:"qty"`
	Amount       Amount     `yaml:"amount"`
	Kind         KindSource `yaml:"kind"`
	Level        KindSource `yaml:"level"`
	At           Time       `yaml:"at"`
	BusinessDate Time       `yaml:"business_date"`

	Customer    Customer `yaml:"customer"`    // an end customer: kept as a keyed hash alone
	Segment     Coded    `yaml:"segment"`     // enterprise, government or individual
	Salesperson Source   `yaml:"salesperson"` //
	Title       Coded    `yaml:"title"`       // who holds title to the goods: vendor, partner or customer
	Reason      Source   `yaml:"reason"`      // of a return or ticket; of a claim, the programme
	RefersTo    Source   `yaml:"refers_to"`   // another document
	Destination Source   `yaml:"destination"` // the region that the goods went to
	Until       Time     `yaml:"until"`       // an invoice falls due, a ticket is answered
}

// Coded is a column whose cells stand for one of a few words. Without values the cell has to hold the word itself. An
// empty cell says nothing.
type Coded struct {
	Source `yaml:",inline"`
	Values map[string]string `yaml:"values"` // cell → word; a cell that is not listed is refused
}

// Customer is the column of an end customer, by name or number.
type Customer struct {
	Source `yaml:",inline"`
	Form   string `yaml:"form"` // which ways of writing are one customer: text (default) or phone
}

// Source is a column, by the name in the header (in NDJSON: the dotted path of a member), or one constant for all
// lines. A plain YAML string is a column. An empty cell is refused unless the source is optional; counterparty, serial
// and all from customer on always are.
type Source struct {
	Column   string `yaml:"column"`
	Constant string `yaml:"constant"`
	Optional bool   `yaml:"optional"` // an empty cell is allowed
	Line     int    `yaml:"-"`        // in the YAML file
}

// Set says whether the source names anything.
func (s Source) Set() bool { return s.Column != "" || s.Constant != "" }

// Amount is money of the line: a column, or quantity × price.
type Amount struct {
	Source `yaml:",inline"`
	Price  string `yaml:"price"` // column of the unit price: amount = qty × price, rounded half away from zero at 6 places
}

// KindSource says what kind of movement, or level of stock, a line is. Left out, it is the constant sell_out, or
// on_hand. Without values the cell has to hold the name of a kind itself.
type KindSource struct {
	Source   `yaml:",inline"`
	Values   map[string]string `yaml:"values"`   // cell → kind; a cell that is not listed is refused
	Negative string            `yaml:"negative"` // the kind of a line with a negative quantity, where it differs
	Unsigned bool              `yaml:"unsigned"` // returns are written without a minus: their quantity and amount are negated
}

// Function says what a line's document does to what was said before. Without values the cell has to hold original,
// replace, cancel, add or duplicate itself; an empty one of an optional column is original.
type Function struct {
	Source `yaml:",inline"`
	Values map[string]string `yaml:"values"` // cell → function; a cell that is not listed is refused
}

// Time is a date, or a date with time.
type Time struct {
	Source  `yaml:",inline"`
	Layouts []string `yaml:"layouts"` // YYYY-MM-DD HH:mm:ss style; default: ISO 8601
	Zone    string   `yaml:"zone"`    // local (default: wall clock of the location), written (each time has its offset), or an IANA zone
}

// Numbers is the convention of all number cells of a feed, never guessed per cell.
type Numbers struct {
	Point    string `yaml:"point"`    // decimal mark: "." (default) or ","
	Grouping string `yaml:"grouping"` // thousands mark, or empty (default): none allowed
}

// Identity says how lines are told apart. A stock feed leaves the scope out: its slice is always (partner, namespace,
// location), and its rule says location-day, so that partitions are chosen by location.
type Identity struct {
	Scope     sellthrough.IdentityScope `yaml:"scope"`     // document | location-day
	LineKey   []string                  `yaml:"line_key"`  // columns; empty: none
	Namespace string                    `yaml:"namespace"` // default: the feed's id
	Rule      int                       `yaml:"rule"`      // raised when identities are meant to change; default 1
}

// Coverage says what a submission reports completely.
type Coverage struct {
	Kind           sellthrough.CoverageKind `yaml:"kind"`            // default none
	FileName       string                   `yaml:"file_name"`       // regular expression with groups location, from, to, day
	HoldAbove      Percent                  `yaml:"hold_above"`      // default 20%
	DespiteRefused bool                     `yaml:"despite_refused"` // withdraw although some lines were refused
}

// Size is bytes, written 512MiB. Secret is written ${NAME} and prints as ***. KeyHash is sha256:HEX of an API key.
// Percent is a share, written 20%.
type (
	Size    int64
	Secret  string
	KeyHash string
	Percent float64
)
