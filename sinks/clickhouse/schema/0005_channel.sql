-- Reference data that no line is read by, only reports.
ALTER TABLE {{.Database}}.ref_products {{.OnCluster}} ADD COLUMN IF NOT EXISTS business_unit String, ADD COLUMN IF NOT EXISTS launch_day Int32,
    ADD COLUMN IF NOT EXISTS end_day Int32, ADD COLUMN IF NOT EXISTS cost Int64;
ALTER TABLE {{.Database}}.ref_locations {{.OnCluster}} ADD COLUMN IF NOT EXISTS latitude Float64, ADD COLUMN IF NOT EXISTS longitude Float64;

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_partners {{.OnCluster}}
(
    version UInt64, partner String, name String, tier String, channel_type String, status String, since_day Int32, until_day Int32,
    currency String, time_zone String, week_start String
)
ENGINE = {{.MergeTree "ref_partners"}} ORDER BY (version, partner) SETTINGS {{.Window}};

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_organisation {{.OnCluster}}
(
    version UInt64, node String, parent String, name String, partner String, from_day Int32, to_day Int32
)
ENGINE = {{.MergeTree "ref_organisation"}} ORDER BY (version, node) SETTINGS {{.Window}};

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_ranging {{.OnCluster}}
(
    version UInt64, location String, product String, from_day Int32, to_day Int32, lead_days Int32
)
ENGINE = {{.MergeTree "ref_ranging"}} ORDER BY (version, location, product) SETTINGS {{.Window}};

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_calendar {{.OnCluster}}
(
    version UInt64, name String, year Int32, from_day Int32, to_day Int32
)
ENGINE = {{.MergeTree "ref_calendar"}} ORDER BY (version, name, year) SETTINGS {{.Window}};

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_reporting {{.OnCluster}}
(
    version UInt64, feed String, frequency String, weekdays String, due String, grace_days Int32, from_day Int32, to_day Int32
)
ENGINE = {{.MergeTree "ref_reporting"}} ORDER BY (version, feed) SETTINGS {{.Window}};

-- Stock reports that stand, by day: the same deltas as sales_daily, over levels. A report is told apart by when it was
-- counted, so that one that is taken back leaves the one before it.
CREATE TABLE IF NOT EXISTS {{.Database}}.stock_daily {{.OnCluster}}
(
    level_wire UInt8 EPHEMERAL 0,
    level Enum8({{.Levels}}) DEFAULT CAST(level_wire, 'Enum8({{.LevelsQuoted}})'),
    business_day_wire Int32 EPHEMERAL 0,
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    partner String CODEC(ZSTD(1)),
    location String COMMENT 'as resolved; the partner''s own code where it is unknown' CODEC(ZSTD(1)),
    product String COMMENT 'empty: no product is known for the code' CODEC(ZSTD(1)),
    item String COMMENT 'the partner''s code' CODEC(ZSTD(1)),
    namespace String CODEC(ZSTD(1)),
    at_seconds Int64 COMMENT 'when it was counted' CODEC(Delta, ZSTD(1)),
    qty_micros Int64 CODEC(T64, ZSTD(1)),
    lines Int64 COMMENT 'reports that stand: 1, or 0 when it was taken back' CODEC(T64, ZSTD(1)),
    lines_implied Int64 COMMENT 'of them, zeros that a full snapshot says by leaving the item out' CODEC(T64, ZSTD(1)),
    lines_unmatched Int64 CODEC(T64, ZSTD(1)),
    qty Decimal(18, 6) ALIAS reinterpret(qty_micros, 'Decimal(18, 6)')
)
ENGINE = {{.Summing "stock_daily" "qty_micros, lines, lines_implied, lines_unmatched"}}
PARTITION BY toYear(business_date)
ORDER BY (level, business_date, partner, location, product, item, namespace, at_seconds)
SETTINGS {{.Window}};

-- A ledger that was kept before this table was made is summed once.
INSERT INTO {{.Database}}.stock_daily (level_wire, business_day_wire, partner, location, product, item, namespace, at_seconds, qty_micros, lines, lines_implied, lines_unmatched)
SELECT toUInt8(kind), toInt32(business_date), partner, place, product, item, namespace, sold_at_seconds, sum(qty_micros), sum(toInt64(sign)),
    sumIf(toInt64(sign), bitTest(flags, 4)), sumIf(toInt64(sign), bitTest(flags, 2) OR bitTest(flags, 3))
FROM {{.Database}}.stock_reports GROUP BY kind, business_date, partner, place, product, item, namespace, sold_at_seconds;
