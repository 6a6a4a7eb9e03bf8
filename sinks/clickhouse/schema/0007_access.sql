-- What happened to the sessions of viewers. A session is named by the hash of what its cookie holds, so that who reads this
-- can't become one of them.
CREATE TABLE IF NOT EXISTS {{.Database}}.sessions {{.OnCluster}}
(
    id String COMMENT 'sha-256 of the cookie',
    event Enum8('begun' = 1, 'seen' = 2, 'ended' = 3),
    at DateTime64(3, 'UTC'),
    name String,
    viewer String COMMENT 'JSON; of a login whose rights came with it',
    credential String COMMENT 'fingerprint of what it was begun with'
)
ENGINE = {{.MergeTree "sessions"}}
ORDER BY (id, at)
TTL toDateTime(at) + INTERVAL 60 DAY
SETTINGS {{.Durable}};

-- Who did what, when, from where. Nothing is ever taken out, and no reader may read it.
CREATE TABLE IF NOT EXISTS {{.Database}}.audit {{.OnCluster}}
(
    at DateTime64(3, 'UTC'),
    who String COMMENT 'as the login named itself; cut at 128 bytes',
    role LowCardinality(String),
    what LowCardinality(String) COMMENT 'login, login refused, logout, export, change …',
    about String COMMENT 'never a secret',
    address String,
    ok Bool
)
ENGINE = {{.MergeTree "audit"}}
PARTITION BY toYear(at)
ORDER BY at
SETTINGS {{.Durable}};
