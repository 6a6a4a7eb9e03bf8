-- Keys of the sums as dictionaries: what reports read is then a small number a row. The client goes on sending plain
-- strings, as wire columns.
ALTER TABLE {{.Database}}.sales_daily {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS partner_wire String EPHEMERAL '', ADD COLUMN IF NOT EXISTS location_wire String EPHEMERAL '',
    ADD COLUMN IF NOT EXISTS product_wire String EPHEMERAL '', ADD COLUMN IF NOT EXISTS currency_wire String EPHEMERAL '';

ALTER TABLE {{.Database}}.sales_daily {{.OnCluster}}
    MODIFY COLUMN partner LowCardinality(String) DEFAULT partner_wire CODEC(ZSTD(1)), MODIFY COLUMN location LowCardinality(String) DEFAULT location_wire CODEC(ZSTD(1)),
    MODIFY COLUMN product LowCardinality(String) DEFAULT product_wire CODEC(ZSTD(1)), MODIFY COLUMN currency LowCardinality(String) DEFAULT currency_wire CODEC(ZSTD(1));

-- Who sells on to dealers is asked of the whole history.
ALTER TABLE {{.Database}}.sales_daily {{.OnCluster}} ADD INDEX IF NOT EXISTS by_kind kind TYPE set(16) GRANULARITY 1;

ALTER TABLE {{.Database}}.sales_daily {{.OnCluster}} MATERIALIZE INDEX by_kind;

ALTER TABLE {{.Database}}.stock_daily {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS partner_wire String EPHEMERAL '', ADD COLUMN IF NOT EXISTS location_wire String EPHEMERAL '', ADD COLUMN IF NOT EXISTS product_wire String EPHEMERAL '',
    ADD COLUMN IF NOT EXISTS item_wire String EPHEMERAL '', ADD COLUMN IF NOT EXISTS namespace_wire String EPHEMERAL '';

ALTER TABLE {{.Database}}.stock_daily {{.OnCluster}}
    MODIFY COLUMN partner LowCardinality(String) DEFAULT partner_wire CODEC(ZSTD(1)), MODIFY COLUMN location LowCardinality(String) DEFAULT location_wire CODEC(ZSTD(1)),
    MODIFY COLUMN product LowCardinality(String) DEFAULT product_wire CODEC(ZSTD(1)), MODIFY COLUMN item LowCardinality(String) DEFAULT item_wire CODEC(ZSTD(1)),
    MODIFY COLUMN namespace LowCardinality(String) DEFAULT namespace_wire CODEC(ZSTD(1));

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
    facts Enum8('' = 0, 'sales' = 1, 'on_hand' = 2, 'other level' = 3) DEFAULT CAST(facts_wire, 'Enum8(\'\' = 0, \'sales\' = 1, \'on_hand\' = 2, \'other level\' = 3)'),
    cause Enum8('' = 0, 'new' = 1, 'corrected' = 2, 'withdrawn' = 3, 'undone' = 4, 'reflowed' = 5, 'implied' = 6)
        DEFAULT CAST(cause_wire, 'Enum8(\'\' = 0, \'new\' = 1, \'corrected\' = 2, \'withdrawn\' = 3, \'undone\' = 4, \'reflowed\' = 5, \'implied\' = 6)'),
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
INSERT INTO {{.Database}}.published (partner_wire, feed_wire, business_day_wire, location_wire, facts_wire, cause_wire, product_wire, known_ms_wire, lines_in, lines_out, qty_micros, base_micros)
{{.PublishedFromLedger}};
