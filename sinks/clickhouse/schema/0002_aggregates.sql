-- Sums of movements by day. They are filled by deltas that the transformer groups from the rows of a batch and inserts
-- under the batch's token, not by a view: a base table commits before its view throws.
CREATE TABLE IF NOT EXISTS {{.Database}}.sales_daily {{.OnCluster}}
(
    partner String CODEC(ZSTD(1)),
    business_day_wire Int32 EPHEMERAL 0,
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    location String COMMENT 'as resolved; the partner''s own code where it is unknown' CODEC(ZSTD(1)),
    product String COMMENT 'empty: no product is known for the code' CODEC(ZSTD(1)),
    kind_wire UInt8 EPHEMERAL 0,
    kind Enum8({{.MovementKinds}}) DEFAULT CAST(kind_wire, 'Enum8({{.MovementKindsQuoted}})'),
    currency String CODEC(ZSTD(1)),
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
ENGINE = {{.Summing "sales_daily" "qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate"}}
PARTITION BY toYear(business_date)
ORDER BY (partner, business_date, location, product, kind, currency)
SETTINGS {{.Window}};
