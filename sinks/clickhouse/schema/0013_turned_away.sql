-- Bodies that were refused as a whole. Nothing of them is on the road, so the collector writes these rows itself; a row may
-- be there twice, under one id.
CREATE TABLE IF NOT EXISTS {{.Database}}.turned_away {{.OnCluster}}
(
    id String,
    at DateTime64(3, 'UTC'),
    partner String,
    feed String,
    file String,
    body String COMMENT 'sha-256 of the body, its name in the archive; empty where it is not kept',
    bytes Int64,
    scope String COMMENT 'JSON; as declared',
    reason String CODEC(ZSTD(3)),
    mapping String COMMENT 'version of the feed''s mapping that did not fit it',
    missing Array(String) COMMENT 'columns that the feed reads and the header lacks',
    reads Array(String) COMMENT 'what the feed reads each of them as',
    renamed Array(Array(String)) COMMENT 'columns of the header that each may be now, the likeliest first'
)
ENGINE = {{.MergeTree "turned_away"}}
ORDER BY (partner, feed, at, id)
SETTINGS {{.Window}}, {{.Durable}};

-- The versions of each feed's mapping that this program was started with.
CREATE TABLE IF NOT EXISTS {{.Database}}.mappings {{.OnCluster}}
(
    partner String,
    feed String,
    mapping String COMMENT 'the version, as receipts name it',
    yaml String COMMENT 'all that the reading depends on' CODEC(ZSTD(3)),
    first_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {{.MergeTree "mappings"}}
ORDER BY (feed, mapping)
SETTINGS {{.Window}}, {{.Durable}};
