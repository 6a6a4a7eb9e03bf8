-- What flows beside sales and stock: deliveries, transfers, orders, money, service. Each kind has a ledger like the first two.
{{range .Flows}}
{{template "ledger" .}}
{{end}}
-- What only some feeds say of a line. An end customer is a keyed hash, never a name.
{{range .AllLedgers}}
ALTER TABLE {{.Database}}.{{.Table}} {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS customer String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS segment String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS salesperson String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS title String COMMENT 'who holds title to the goods' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS reason String CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS refers_to String COMMENT 'another document' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS destination String COMMENT 'as written' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS party String COMMENT 'the counterparty as resolved: a location or a partner; empty: unknown, or an end customer' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS region String COMMENT 'the destination as resolved' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS until_seconds Int64 COMMENT 'as written: an invoice falls due, a ticket is answered; 0: not said' CODEC(T64, ZSTD(1));
{{end}}
-- To whom it was sold tells what stays inside the channel from what leaves it.
ALTER TABLE {{.Database}}.sales_daily {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS party String COMMENT 'to whom, or from whom, as resolved; empty: an end customer, or unknown' CODEC(ZSTD(1)),
    MODIFY ORDER BY (partner, business_date, location, product, kind, currency, party);

-- Sums of all that flows beside sales and stock, by day: the same deltas as sales_daily.
CREATE TABLE IF NOT EXISTS {{.Database}}.flow_daily {{.OnCluster}}
(
    partner String COMMENT 'who reported it' CODEC(ZSTD(1)),
    business_day_wire Int32 EPHEMERAL 0,
    business_date Date32 DEFAULT toDate32(business_day_wire) CODEC(ZSTD(1)),
    location String COMMENT 'as resolved; the partner''s own code where it is unknown' CODEC(ZSTD(1)),
    product String COMMENT 'empty: about no product, or none is known for the code' CODEC(ZSTD(1)),
    kind_wire UInt8 EPHEMERAL 0,
    kind Enum8({{.FlowKinds}}) DEFAULT CAST(kind_wire, 'Enum8({{.FlowKindsQuoted}})'),
    currency String CODEC(ZSTD(1)),
    party String COMMENT 'the other side as resolved: a location or a partner; empty: unknown, or an end customer' CODEC(ZSTD(1)),
    qty_micros Int64 CODEC(T64, ZSTD(1)),
    amount_micros Int64 CODEC(T64, ZSTD(1)),
    base_micros Int64 CODEC(T64, ZSTD(1)),
    lines Int64 CODEC(T64, ZSTD(1)),
    lines_unmatched Int64 CODEC(T64, ZSTD(1)),
    lines_without_amount Int64 CODEC(T64, ZSTD(1)),
    lines_without_rate Int64 CODEC(T64, ZSTD(1)),
    qty Decimal(18, 6) ALIAS reinterpret(qty_micros, 'Decimal(18, 6)'),
    amount Decimal(18, 6) ALIAS reinterpret(amount_micros, 'Decimal(18, 6)'),
    base_amount Decimal(18, 6) ALIAS reinterpret(base_micros, 'Decimal(18, 6)')
)
ENGINE = {{.Summing "flow_daily" "qty_micros, amount_micros, base_micros, lines, lines_unmatched, lines_without_amount, lines_without_rate"}}
PARTITION BY toYear(business_date)
ORDER BY (kind, partner, business_date, location, product, currency, party)
SETTINGS {{.Window}};
