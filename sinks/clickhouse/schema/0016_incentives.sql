-- What was closed, claimed and reckoned of the incentive programmes. Nothing is updated and nothing is taken out: a period that
-- was closed is never changed, and what is found out later is a line of a later statement.
--
-- One closing per programme and period: by which rules and up to where in the log. Its token is its programme and period, a
-- statement's its partner and number, so that of two that close at once one is dropped, and sees that it was.
CREATE TABLE IF NOT EXISTS {{.Database}}.closings {{.OnCluster}}
(
    programme String,
    period String,
    closed_at DateTime64(3, 'UTC'),
    who String,
    reference UInt64,
    content String COMMENT 'JSON' CODEC(ZSTD(3)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {{.MergeTree "closings"}}
ORDER BY (programme, period, written_at)
SETTINGS {{.Window}}, {{.Durable}};

CREATE TABLE IF NOT EXISTS {{.Database}}.statements {{.OnCluster}}
(
    partner String,
    number UInt32,
    programme String,
    period String,
    from_day Int32,
    to_day Int32,
    pays LowCardinality(String),
    currency LowCardinality(String),
    counts LowCardinality(String),
    opening_micros Int64,
    earned_micros Int64,
    adjusted_micros Int64,
    paid_micros Int64,
    closing_micros Int64,
    worth_micros Int64 COMMENT 'earned and adjusted, in the reporting currency; 0 of points',
    counted_micros Int64,
    next_micros Nullable(Int64),
    lines Nested(part String, line String, threshold_micros Int64, rate_micros Int64, per String, units_micros Int64, money_micros Int64, amount_micros Int64, period String, cause String, submission String, note String),
    reference UInt64,
    closed_at DateTime64(3, 'UTC'),
    who String,
    before String COMMENT 'hash of the partner''s statement with the number before',
    hash String COMMENT 'sha-256 of content',
    content String COMMENT 'JSON' CODEC(ZSTD(3)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {{.MergeTree "statements"}}
ORDER BY (partner, number, written_at)
SETTINGS {{.Window}}, {{.Durable}};

-- Accounts of open periods, each time one changed; the newest row stands.
CREATE TABLE IF NOT EXISTS {{.Database}}.accruals {{.OnCluster}}
(
    programme String,
    partner String,
    period String,
    from_day Int32,
    to_day Int32,
    pays LowCardinality(String),
    currency LowCardinality(String),
    counts LowCardinality(String),
    opening_micros Int64,
    earned_micros Int64,
    adjusted_micros Int64,
    paid_micros Int64,
    closing_micros Int64,
    worth_micros Int64,
    counted_micros Int64,
    next_micros Nullable(Int64),
    lines Nested(part String, line String, threshold_micros Int64, rate_micros Int64, per String, units_micros Int64, money_micros Int64, amount_micros Int64, period String, cause String, submission String, note String),
    reference UInt64,
    content String COMMENT 'JSON' CODEC(ZSTD(3)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {{.MergeTree "accruals"}}
ORDER BY (programme, partner, period, written_at)
SETTINGS {{.Durable}};

-- What became of claims, an event a row. The newest of a claim stands.
CREATE TABLE IF NOT EXISTS {{.Database}}.claims {{.OnCluster}}
(
    claim String,
    state Enum8('submitted' = 1, 'approved' = 2, 'rejected' = 3, 'paid' = 4),
    programme String,
    partner String,
    period String,
    documents Array(String),
    amount_micros Int64,
    currency LowCardinality(String),
    who String,
    why String,
    at DateTime64(3, 'UTC'),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {{.MergeTree "claims"}}
ORDER BY (partner, claim, written_at)
SETTINGS {{.Window}}, {{.Durable}};
