-- For which days the answers of kept views are held as rows, and how far they reach. A row is a beat of who keeps them; a
-- day whose newest beat is old, or of other views, is answered from the sums instead.
CREATE TABLE IF NOT EXISTS {{.Database}}.kept_days {{.OnCluster}}
(
    day Date32,
    at DateTime64(3, 'UTC') DEFAULT now64(3),
    through DateTime64(6, 'UTC') COMMENT 'what was done in the road before is in the rows',
    made String COMMENT 'hash of the views; empty: the rows are void',
    reference UInt64 COMMENT 'version in force',
    holder String
)
ENGINE = {{.MergeTree "kept_days"}}
ORDER BY (day, at)
TTL toDateTime(at) + INTERVAL 1 DAY;

-- Who keeps rows asks for what was done since.
ALTER TABLE {{.Database}}.road {{.OnCluster}} ADD INDEX IF NOT EXISTS by_written written_at TYPE minmax GRANULARITY 1;
