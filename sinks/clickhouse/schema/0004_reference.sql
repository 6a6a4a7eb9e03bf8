-- Reference data, a full copy a version. A version takes force by an order in the log, never by being here.
CREATE TABLE IF NOT EXISTS {{.Database}}.ref_products {{.OnCluster}}
(
    version UInt64, code String, gtin String, name String, line String, units_per_pack Int64, list_price Int64, currency String
)
ENGINE = {{.MergeTree "ref_products"}} ORDER BY (version, code) SETTINGS {{.Window}};

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_locations {{.OnCluster}}
(
    version UInt64, code String, name String, partner String, country String, region String, city String, territory String, time_zone String
)
ENGINE = {{.MergeTree "ref_locations"}} ORDER BY (version, code) SETTINGS {{.Window}};

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_crossreferences {{.OnCluster}}
(
    version UInt64, partner String, kind String, code String, target String, units Int64, from_day Int32, to_day Int32
)
ENGINE = {{.MergeTree "ref_crossreferences"}} ORDER BY (version, partner, kind, code) SETTINGS {{.Window}};

CREATE TABLE IF NOT EXISTS {{.Database}}.ref_rates {{.OnCluster}}
(
    version UInt64, currency String, day Int32, rate Int64
)
ENGINE = {{.MergeTree "ref_rates"}} ORDER BY (version, currency, day) SETTINGS {{.Window}};

-- Written last: a version without its row here is not whole, and cannot take force.
CREATE TABLE IF NOT EXISTS {{.Database}}.ref_versions {{.OnCluster}}
(
    version UInt64, content String COMMENT 'sha-256 of the tables', who String, products UInt64, locations UInt64, crossreferences UInt64, rates UInt64,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {{.MergeTree "ref_versions"}} ORDER BY version SETTINGS {{.Window}}, {{.Durable}};

-- The identity rule of each feed, so that a change that would make other identities is noticed.
CREATE TABLE IF NOT EXISTS {{.Database}}.feeds {{.OnCluster}}
(
    feed String, rule UInt32, fingerprint String, written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {{.MergeTree "feeds"}} ORDER BY (feed, rule) SETTINGS {{.Window}}, {{.Durable}};
