-- Who owns a partition, what is about to be inserted, and what is done. A claim, an intent or a done is one row, on disk
-- before anything rests on it. A void takes an intent out; hold and release stop all owners at their next intent.
CREATE TABLE IF NOT EXISTS {{.Database}}.road {{.OnCluster}}
(
    incarnation String,
    partition UInt16,
    kind Enum8('claim' = 1, 'intent' = 2, 'done' = 3, 'void' = 4, 'hold' = 5, 'release' = 6),
    epoch UInt64,
    first Int64,
    last Int64,
    step UInt32,
    retry UInt32,
    complete Bool,
    reference UInt64,
    blocks UInt32,
    rows UInt32,
    written_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = {{.MergeTree "road"}}
ORDER BY (incarnation, partition, kind, epoch, last, step)
SETTINGS {{.Window}}, {{.Durable}};

-- Scopes that were reported completely, and lines that were seen, without a row that says so. See sellthrough.Floor.
CREATE TABLE IF NOT EXISTS {{.Database}}.floors {{.OnCluster}}
(
    partner String,
    namespace String,
    slice UInt64,
    line UInt64,
    location String,
    from_day Int32,
    to_day Int32,
    revision UInt64,
    version UInt64,
    {{.BatchColumns}}
)
ENGINE = {{.MergeTree "floors"}}
ORDER BY (partner, namespace, slice, location, from_day)
SETTINGS {{.Window}}, {{.Durable}};

-- What became of the lines of a submission in one partition. Counts of partial rows add up.
CREATE TABLE IF NOT EXISTS {{.Database}}.outcomes {{.OnCluster}}
(
    submission String,
    feed String,
    partner String,
    revision UInt64,
    attempt UInt32,
    held Bool,
    partial Bool,
    why String,
    lines_held Int64,
    lines_new Int64,
    lines_duplicate Int64,
    lines_corrected Int64,
    lines_superseded Int64,
    lines_withdrawn Int64,
    lines_implied Int64,
    lines_unmatched Int64,
    {{.BatchColumns}},
    INDEX by_submission submission TYPE bloom_filter GRANULARITY 1
)
ENGINE = {{.MergeTree "outcomes"}}
ORDER BY (partition, revision, attempt)
SETTINGS {{.Window}}, {{.Durable}};

CREATE TABLE IF NOT EXISTS {{.Database}}.votes {{.OnCluster}}
(
    submission String,
    partner String,
    revision UInt64,
    attempt UInt32,
    end_offset Int64,
    scope_lines Int64,
    lost_lines Int64,
    {{.BatchColumns}}
)
ENGINE = {{.MergeTree "votes"}}
ORDER BY (submission, attempt, partition)
SETTINGS {{.Window}}, {{.Durable}};

-- One row an attempt: the submission as a whole, as its receipt says it.
CREATE TABLE IF NOT EXISTS {{.Database}}.submissions {{.OnCluster}}
(
    submission String,
    feed String,
    partner String,
    kind String,
    revision UInt64,
    attempt UInt32,
    idempotency_key String,
    file String,
    body String COMMENT 'sha-256 of the body',
    bytes Int64,
    rows Int64,
    accepted Int64,
    refused Int64,
    coverage String,
    partitions Array(UInt16) COMMENT 'that report an outcome',
    receipt String COMMENT 'JSON',
    received_at DateTime64(3, 'UTC'),
    {{.BatchColumns}},
    INDEX by_submission submission TYPE bloom_filter GRANULARITY 1
)
ENGINE = {{.MergeTree "submissions"}}
ORDER BY (revision, attempt)
SETTINGS {{.Window}}, {{.Durable}};

CREATE TABLE IF NOT EXISTS {{.Database}}.refused {{.OnCluster}}
(
    submission String,
    feed String,
    partner String,
    row UInt32,
    column String,
    value String,
    reason String,
    {{.BatchColumns}}
)
ENGINE = {{.MergeTree "refused"}}
ORDER BY (submission, row)
SETTINGS {{.Window}};

-- Orders that a partition has worked off: a reference version in force, an undo.
CREATE TABLE IF NOT EXISTS {{.Database}}.orders {{.OnCluster}}
(
    kind String,
    revision UInt64,
    who String,
    why String,
    target String,
    undone UInt64,
    content String,
    ordered_at DateTime64(3, 'UTC'),
    {{.BatchColumns}}
)
ENGINE = {{.MergeTree "orders"}}
ORDER BY (revision, partition)
SETTINGS {{.Window}}, {{.Durable}};
