-- The signed ledger: movements of sales feeds, reports of stock feeds. Nothing in it is updated: a correction is the old
-- line with sign -1 and the new one with +1, so that every number is a plain sum over it.
--
-- Columns named *_wire are not stored. They are how a row crosses the network: the client appends plain integers and
-- strings by whole columns, and the server makes a date, an enum or a dictionary of them. Columns named *_less_* hold the
-- difference to a neighbour that is nearly always equal, and so next to nothing.
--
-- By year, not by month: one insert of a ten-year backfill makes ten parts and ten entries of the deduplication window,
-- where months would make 120 and be refused (at most 100 partitions in an insert).
--
-- A slice (a document, or a location's business day) is one range of the primary key. Within it rows lie by time and
-- document rather than by line, which is a hash: neighbours are then alike and compress, and a slice is read whole.
{{range .Ledgers}}
CREATE TABLE IF NOT EXISTS {{$.Database}}.{{.Table}} {{$.OnCluster}}
(
    partner String CODEC(ZSTD(1)),
    feed String CODEC(ZSTD(1)),
    namespace String CODEC(ZSTD(1)),
    slice UInt64 CODEC(ZSTD(1)),
    line UInt64 CODEC(NONE),
    content UInt64 CODEC(NONE),
    revision UInt64 CODEC(Delta, ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1)),
    reference UInt64 CODEC(Delta, ZSTD(1)),
    cause_wire UInt8 EPHEMERAL 0,
    cause Enum8('' = 0, 'new' = 1, 'corrected' = 2, 'withdrawn' = 3, 'undone' = 4, 'reflowed' = 5, 'implied' = 6) DEFAULT CAST(cause_wire AS Enum8('' = 0, 'new' = 1, 'corrected' = 2, 'withdrawn' = 3, 'undone' = 4, 'reflowed' = 5, 'implied' = 6)) CODEC(ZSTD(1)),
    sign Int8 CODEC(ZSTD(1)),
    row UInt32 CODEC(Delta, ZSTD(1)),
    kind_wire UInt8 EPHEMERAL 0,
    kind Enum8({{.Kinds}}) DEFAULT CAST(kind_wire AS Enum8({{.Kinds}})) CODEC(ZSTD(1)),
    document String CODEC(ZSTD(3)),
    line_key String CODEC(ZSTD(1)),
    location String CODEC(ZSTD(1)),
    place String CODEC(ZSTD(1)),
    item String CODEC(ZSTD(3)),
    product_wire String EPHEMERAL '',
    product LowCardinality(String) DEFAULT product_wire CODEC(ZSTD(3)),
    unit String CODEC(ZSTD(1)),
    currency String CODEC(ZSTD(1)),
    qty_micros Int64 CODEC(T64, ZSTD(1)),
    amount_micros Int64 CODEC(T64, ZSTD(1)),
    base_wire Int64 EPHEMERAL 0,
    base_less_amount Int64 DEFAULT base_wire - amount_micros CODEC(T64, ZSTD(1)),
    raw_qty_wire Int64 EPHEMERAL 0,
    raw_less_qty Int64 DEFAULT raw_qty_wire - qty_micros CODEC(T64, ZSTD(1)),
    flags UInt8 CODEC(ZSTD(1)),
    business_day_wire Int32 EPHEMERAL 0,
    day_wire Int32 EPHEMERAL 0,
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    day_less_business Int32 DEFAULT day_wire - business_day_wire CODEC(ZSTD(1)),
    at_wire Int64 EPHEMERAL 0,
    sold_at_seconds Int64 CODEC(Delta, ZSTD(1)),
    at_less_sold Int64 DEFAULT at_wire - sold_at_seconds CODEC(T64, ZSTD(1)),
    counterparty String CODEC(ZSTD(1)),
    serial String CODEC(ZSTD(1)),
    incarnation UInt64 CODEC(ZSTD(1)),
    partition UInt16 CODEC(ZSTD(1)),
    batch Int64 CODEC(ZSTD(1)),
    step UInt32 CODEC(ZSTD(1)),
    retry UInt32 CODEC(ZSTD(1)),
    known_ms_wire Int64 EPHEMERAL 0,
    known_at DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(known_ms_wire, 'UTC') CODEC(ZSTD(1)),

    base_micros Int64 ALIAS amount_micros + base_less_amount,
    raw_qty_micros Int64 ALIAS qty_micros + raw_less_qty,
    day Date32 ALIAS toDate32(toInt32(business_date) + day_less_business),
    at Int64 ALIAS sold_at_seconds + at_less_sold,
    sold_at DateTime64(0, 'UTC') ALIAS toDateTime64(sold_at_seconds, 0, 'UTC'),
    qty Decimal(18, 6) ALIAS reinterpret(qty_micros, 'Decimal(18, 6)'),
    amount Nullable(Decimal(18, 6)) ALIAS if(bitTest(flags, 0), reinterpret(amount_micros, 'Decimal(18, 6)'), NULL),
    base_amount Nullable(Decimal(18, 6)) ALIAS if(bitTest(flags, 1), reinterpret(base_micros, 'Decimal(18, 6)'), NULL),
    unmatched UInt8 ALIAS bitTest(flags, 2) OR bitTest(flags, 3),

    INDEX by_batch batch TYPE minmax GRANULARITY 1,
    INDEX by_revision revision TYPE minmax GRANULARITY 1,
    INDEX by_known known_at TYPE minmax GRANULARITY 1
)
ENGINE = {{$.MergeTree .Table}}
PARTITION BY toYear(business_date)
PRIMARY KEY (partner, namespace, slice)
ORDER BY (partner, namespace, slice, sold_at_seconds, document)
SETTINGS {{$.Window}}, {{$.Durable}};
{{end}}
