-- What happened to incidents, in the order in which it was written. One insert is one part, so an evaluator's step is there
-- whole or not at all. No deduplication window: an event that stands twice says nothing new, and one that a server dropped
-- as known would be lost.
CREATE TABLE IF NOT EXISTS {{.Database}}.incidents {{.OnCluster}}
(
    written_at DateTime64(6, 'UTC') DEFAULT now64(6),
    seq UInt32 COMMENT 'place in the insert',
    event Enum8({{.IncidentEvents}}),
    at DateTime64(3, 'UTC'),
    epoch UInt64 COMMENT 'of the evaluator; 0: a person',
    incident String COMMENT 'empty: of a channel or an evaluator',
    opening UInt32,
    rule LowCardinality(String),
    partner String,
    location String,
    product String,
    subject String COMMENT 'a feed or a submission, where the rule is about one',
    severity LowCardinality(String),
    since DateTime64(3, 'UTC'),
    data_at DateTime64(3, 'UTC') COMMENT 'of the newest data that says so',
    units_micros Int64,
    money_micros Nullable(Int64) COMMENT 'at stake, in the reporting currency; NULL: no price is known',
    evidence String CODEC(ZSTD(1)),
    text_en String CODEC(ZSTD(1)),
    text_zh String CODEC(ZSTD(1)),
    flapping Bool,
    who String,
    why_en String CODEC(ZSTD(1)),
    why_zh String CODEC(ZSTD(1)),
    until DateTime64(3, 'UTC') COMMENT 'of a snooze; of a failed message: its next try, 1970: it was given up',
    channel LowCardinality(String),
    message String COMMENT 'its name, the same however often it is sent; of a receiver of states: its fingerprint',
    about LowCardinality(String) COMMENT 'what a message tells of the incident',
    ok Bool,
    attempt UInt32,
    payload String CODEC(ZSTD(1)),
    INDEX by_incident incident TYPE bloom_filter GRANULARITY 1
)
ENGINE = {{.MergeTree "incidents"}}
ORDER BY (written_at, seq)
SETTINGS {{.Durable}};

-- Who evaluates. A claim or a beat is one row; the highest epoch that was heard of lately has the lease.
CREATE TABLE IF NOT EXISTS {{.Database}}.alert_lease {{.OnCluster}}
(
    epoch UInt64,
    kind Enum8('claim' = 1, 'beat' = 2, 'release' = 3),
    holder String,
    nonce UInt64,
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {{.MergeTree "alert_lease"}}
ORDER BY (epoch, written_at)
TTL toDateTime(written_at) + INTERVAL 1 DAY WHERE kind = 'beat';
