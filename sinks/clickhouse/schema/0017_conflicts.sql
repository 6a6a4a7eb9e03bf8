-- Few lines name a destination, a buyer or a serial number, and these lie together, because a feed either names them or does
-- not: what is asked about them passes over the rest.
ALTER TABLE {{.Database}}.movements {{.OnCluster}}
    ADD INDEX IF NOT EXISTS by_region region TYPE minmax GRANULARITY 1,
    ADD INDEX IF NOT EXISTS by_party party TYPE minmax GRANULARITY 1,
    ADD INDEX IF NOT EXISTS by_serial serial TYPE minmax GRANULARITY 1;

ALTER TABLE {{.Database}}.movements {{.OnCluster}} MATERIALIZE INDEX by_region, MATERIALIZE INDEX by_party, MATERIALIZE INDEX by_serial;

ALTER TABLE {{.Database}}.shipment_lines {{.OnCluster}} ADD INDEX IF NOT EXISTS by_serial serial TYPE minmax GRANULARITY 1;

ALTER TABLE {{.Database}}.transfer_lines {{.OnCluster}} ADD INDEX IF NOT EXISTS by_serial serial TYPE minmax GRANULARITY 1;
