-- A vote that was put off: an older submission with the same scope is not decided in the partition.
ALTER TABLE {{.Database}}.votes {{.OnCluster}} ADD COLUMN IF NOT EXISTS waits Bool DEFAULT false;
