-- holds the road: sums are filled from those before them, and what was published from the ledger
-- breaks: what was published when is written beside the sums, by the programs from here on
-- The sums anew, narrower: keys as dictionaries, so that what reports read is a small number a row, and granules of 2048
-- rows, so that one location's rows are read without many others'. The client goes on sending plain strings, as wire columns.
-- Levels lie by month and location: who keeps their answers reads the weeks of a few positions. Sales lie by day: reports read
-- the days of all. Who sells on to dealers is asked of the whole history, and found by the index.
{{$unless := printf "-- if: SELECT count() = 0 FROM system.columns WHERE database = '%s' AND name = 'partner_wire' AND table = " .Database}}
{{$unless}}'sales_daily'
CREATE TABLE IF NOT EXISTS {{.Database}}.sales_daily_narrow {{.OnCluster}}
(
    partner_wire String EPHEMERAL '', location_wire String EPHEMERAL '', product_wire String EPHEMERAL '', currency_wire String EPHEMERAL '', party_wire String EPHEMERAL '',
    business_day_wire Int32 EPHEMERAL 0, kind_wire UInt8 EPHEMERAL 0,
    partner LowCardinality(String) DEFAULT partner_wire CODEC(ZSTD(1)),
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    location LowCardinality(String) DEFAULT location_wire COMMENT 'as resolved; the partner''s own code where it is unknown' CODEC(ZSTD(1)),
    product LowCardinality(String) DEFAULT product_wire COMMENT 'empty: no product is known for the code' CODEC(ZSTD(1)),
    kind Enum8({{.MovementKinds}}) DEFAULT CAST(kind_wire, 'Enum8({{.MovementKindsQuoted}})'),
    currency LowCardinality(String) DEFAULT currency_wire CODEC(ZSTD(1)),
    party LowCardinality(String) DEFAULT party_wire COMMENT 'to whom, or from whom, as resolved; empty: an end customer, or unknown' CODEC(ZSTD(1)),
    qty_micros Int64 CODEC(T64, ZSTD(1)),
    amount_micros Int64 CODEC(T64, ZSTD(1)),
    base_micros Int64 CODEC(T64, ZSTD(1)),
    lines Int64 CODEC(T64, ZSTD(1)),
    lines_unmatched Int64 CODEC(T64, ZSTD(1)),
    lines_without_amount Int64 CODEC(T64, ZSTD(1)),
    lines_without_rate Int64 COMMENT 'with an amount, but no exchange rate: they are missing in base_amount' CODEC(T64, ZSTD(1)),
    qty Decimal(18, 6) ALIAS reinterpret(qty_micros, 'Decimal(18, 6)'),
    amount Decimal(18, 6) ALIAS reinterpret(amount_micros, 'Decimal(18, 6)'),
    base_amount Decimal(18, 6) ALIAS reinterpret(base_micros, 'Decimal(18, 6)'),
    INDEX by_kind kind TYPE set(16) GRANULARITY 1
)
ENGINE = {{.Summing "sales_daily_narrow" "qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate"}}
PARTITION BY toYear(business_date)
ORDER BY (partner, business_date, location, product, kind, currency, party)
SETTINGS {{.Window}}, index_granularity = 2048;

{{$unless}}'sales_daily'
TRUNCATE TABLE {{.Database}}.sales_daily_narrow {{.OnCluster}};

{{$unless}}'sales_daily'
INSERT INTO {{.Database}}.sales_daily_narrow (partner, business_date, location, product, kind, currency, party, qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate)
SETTINGS insert_deduplicate = 0
SELECT partner, business_date, location, product, kind, currency, party, qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate FROM {{.Database}}.sales_daily;

{{$unless}}'sales_daily'
EXCHANGE TABLES {{.Database}}.sales_daily AND {{.Database}}.sales_daily_narrow {{.OnCluster}};

DROP TABLE IF EXISTS {{.Database}}.sales_daily_narrow {{.OnCluster}} SYNC;

{{$unless}}'flow_daily'
CREATE TABLE IF NOT EXISTS {{.Database}}.flow_daily_narrow {{.OnCluster}}
(
    partner_wire String EPHEMERAL '', location_wire String EPHEMERAL '', product_wire String EPHEMERAL '', currency_wire String EPHEMERAL '', party_wire String EPHEMERAL '',
    business_day_wire Int32 EPHEMERAL 0, kind_wire UInt8 EPHEMERAL 0,
    partner LowCardinality(String) DEFAULT partner_wire COMMENT 'who reported it' CODEC(ZSTD(1)),
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    location LowCardinality(String) DEFAULT location_wire COMMENT 'as resolved; the partner''s own code where it is unknown' CODEC(ZSTD(1)),
    product LowCardinality(String) DEFAULT product_wire COMMENT 'empty: about no product, or none is known for the code' CODEC(ZSTD(1)),
    kind Enum8({{.FlowKinds}}) DEFAULT CAST(kind_wire, 'Enum8({{.FlowKindsQuoted}})'),
    currency LowCardinality(String) DEFAULT currency_wire CODEC(ZSTD(1)),
    party LowCardinality(String) DEFAULT party_wire COMMENT 'the other side as resolved: a location or a partner; empty: unknown, or an end customer' CODEC(ZSTD(1)),
    qty_micros Int64 CODEC(T64, ZSTD(1)),
    amount_micros Int64 CODEC(T64, ZSTD(1)),
    base_micros Int64 CODEC(T64, ZSTD(1)),
    lines Int64 CODEC(T64, ZSTD(1)),
    lines_unmatched Int64 CODEC(T64, ZSTD(1)),
    lines_without_amount Int64 CODEC(T64, ZSTD(1)),
    lines_without_rate Int64 COMMENT 'with an amount, but no exchange rate: they are missing in base_amount' CODEC(T64, ZSTD(1)),
    qty Decimal(18, 6) ALIAS reinterpret(qty_micros, 'Decimal(18, 6)'),
    amount Decimal(18, 6) ALIAS reinterpret(amount_micros, 'Decimal(18, 6)'),
    base_amount Decimal(18, 6) ALIAS reinterpret(base_micros, 'Decimal(18, 6)')
)
ENGINE = {{.Summing "flow_daily_narrow" "qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate"}}
PARTITION BY toYear(business_date)
ORDER BY (kind, partner, business_date, location, product, currency, party)
SETTINGS {{.Window}}, index_granularity = 2048;

{{$unless}}'flow_daily'
TRUNCATE TABLE {{.Database}}.flow_daily_narrow {{.OnCluster}};

{{$unless}}'flow_daily'
INSERT INTO {{.Database}}.flow_daily_narrow (partner, business_date, location, product, kind, currency, party, qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate)
SETTINGS insert_deduplicate = 0
SELECT partner, business_date, location, product, kind, currency, party, qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate FROM {{.Database}}.flow_daily;

{{$unless}}'flow_daily'
EXCHANGE TABLES {{.Database}}.flow_daily AND {{.Database}}.flow_daily_narrow {{.OnCluster}};

DROP TABLE IF EXISTS {{.Database}}.flow_daily_narrow {{.OnCluster}} SYNC;

{{$unless}}'stock_daily'
CREATE TABLE IF NOT EXISTS {{.Database}}.stock_daily_narrow {{.OnCluster}}
(
    partner_wire String EPHEMERAL '', location_wire String EPHEMERAL '', product_wire String EPHEMERAL '', item_wire String EPHEMERAL '', namespace_wire String EPHEMERAL '',
    level_wire UInt8 EPHEMERAL 0, business_day_wire Int32 EPHEMERAL 0,
    level Enum8({{.Levels}}) DEFAULT CAST(level_wire, 'Enum8({{.LevelsQuoted}})'),
    partner LowCardinality(String) DEFAULT partner_wire CODEC(ZSTD(1)),
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    location LowCardinality(String) DEFAULT location_wire COMMENT 'as resolved; the partner''s own code where it is unknown' CODEC(ZSTD(1)),
    product LowCardinality(String) DEFAULT product_wire COMMENT 'empty: no product is known for the code' CODEC(ZSTD(1)),
    item LowCardinality(String) DEFAULT item_wire COMMENT 'the partner''s code' CODEC(ZSTD(1)),
    namespace LowCardinality(String) DEFAULT namespace_wire CODEC(ZSTD(1)),
    at_seconds Int64 COMMENT 'when it was counted' CODEC(Delta, ZSTD(1)),
    qty_micros Int64 CODEC(T64, ZSTD(1)),
    lines Int64 COMMENT 'reports that stand: 1, or 0 when it was taken back' CODEC(T64, ZSTD(1)),
    lines_implied Int64 COMMENT 'of them, zeros that a full snapshot says by leaving the item out' CODEC(T64, ZSTD(1)),
    lines_unmatched Int64 CODEC(T64, ZSTD(1)),
    qty Decimal(18, 6) ALIAS reinterpret(qty_micros, 'Decimal(18, 6)')
)
ENGINE = {{.Summing "stock_daily_narrow" "qty_micros, lines, lines_implied, lines_unmatched"}}
PARTITION BY toYear(business_date)
ORDER BY (level, partner, toYYYYMM(business_date), location, product, business_date, item, namespace, at_seconds)
SETTINGS {{.Window}}, index_granularity = 2048;

{{$unless}}'stock_daily'
TRUNCATE TABLE {{.Database}}.stock_daily_narrow {{.OnCluster}};

{{$unless}}'stock_daily'
INSERT INTO {{.Database}}.stock_daily_narrow (level, business_date, partner, location, product, item, namespace, at_seconds, qty_micros, lines, lines_implied, lines_unmatched)
SETTINGS insert_deduplicate = 0
SELECT level, business_date, partner, location, product, item, namespace, at_seconds, qty_micros, lines, lines_implied, lines_unmatched FROM {{.Database}}.stock_daily;

{{$unless}}'stock_daily'
EXCHANGE TABLES {{.Database}}.stock_daily AND {{.Database}}.stock_daily_narrow {{.OnCluster}};

DROP TABLE IF EXISTS {{.Database}}.stock_daily_narrow {{.OnCluster}} SYNC;

-- What came to be known when: lines that were written and lines that were taken back, of a feed, by location, business day
-- and quarter of an hour. Lines that were changed or withdrawn by product, too. Filled like the sums, by deltas under the
-- batch's token.
CREATE TABLE IF NOT EXISTS {{.Database}}.published {{.OnCluster}}
(
    partner_wire String EPHEMERAL '', feed_wire String EPHEMERAL '', location_wire String EPHEMERAL '', product_wire String EPHEMERAL '',
    business_day_wire Int32 EPHEMERAL 0, facts_wire UInt8 EPHEMERAL 0, cause_wire UInt8 EPHEMERAL 0, known_ms_wire Int64 EPHEMERAL 0,
    partner LowCardinality(String) DEFAULT partner_wire CODEC(ZSTD(1)),
    feed LowCardinality(String) DEFAULT feed_wire CODEC(ZSTD(1)),
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    location LowCardinality(String) DEFAULT location_wire COMMENT 'as resolved; the partner''s own code where it is unknown' CODEC(ZSTD(1)),
    facts Enum8('' = 0, 'sales' = 1, 'on_hand' = 2, 'other level' = 3, 'flow' = 4) DEFAULT CAST(facts_wire, 'Enum8(\'\' = 0, \'sales\' = 1, \'on_hand\' = 2, \'other level\' = 3, \'flow\' = 4)'),
    cause Enum8('' = 0, 'new' = 1, 'corrected' = 2, 'withdrawn' = 3, 'undone' = 4, 'reflowed' = 5, 'implied' = 6, 'replayed' = 7)
        DEFAULT CAST(cause_wire, 'Enum8(\'\' = 0, \'new\' = 1, \'corrected\' = 2, \'withdrawn\' = 3, \'undone\' = 4, \'reflowed\' = 5, \'implied\' = 6, \'replayed\' = 7)'),
    product LowCardinality(String) DEFAULT product_wire COMMENT 'of lines that were changed or withdrawn' CODEC(ZSTD(1)),
    known_at DateTime('UTC') DEFAULT toDateTime(intDiv(known_ms_wire, 900000) * 900, 'UTC') COMMENT 'the quarter of an hour' CODEC(ZSTD(1)),
    first SimpleAggregateFunction(min, DateTime64(3, 'UTC')) DEFAULT fromUnixTimestamp64Milli(known_ms_wire, 'UTC') COMMENT 'when anything of it was known first' CODEC(ZSTD(1)),
    lines_in SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    lines_out SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    qty_micros SimpleAggregateFunction(sum, Int64) CODEC(ZSTD(1)),
    base_micros SimpleAggregateFunction(sum, Int64) CODEC(ZSTD(1))
)
ENGINE = {{.Aggregating "published"}}
PARTITION BY toYear(business_date)
ORDER BY (partner, feed, business_date, location, facts, cause, product, known_at)
SETTINGS {{.Window}};

-- A ledger that was kept before this table was made is read once.
TRUNCATE TABLE {{.Database}}.published {{.OnCluster}};

INSERT INTO {{.Database}}.published (partner_wire, feed_wire, business_day_wire, location_wire, facts_wire, cause_wire, product_wire, known_ms_wire, lines_in, lines_out, qty_micros, base_micros)
SETTINGS insert_deduplicate = 0
{{.PublishedFromLedger}};
