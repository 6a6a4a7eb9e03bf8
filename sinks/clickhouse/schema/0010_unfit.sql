-- Lines that the store could not keep after all: the books move them from accepted to refused, and the intent that is written
-- without them lists them, so that a redo leaves them out too.
ALTER TABLE {{.Database}}.outcomes {{.OnCluster}} ADD COLUMN IF NOT EXISTS lines_refused Int64 AFTER lines_unmatched;

ALTER TABLE {{.Database}}.road {{.OnCluster}} ADD COLUMN IF NOT EXISTS unfit String COMMENT 'JSON' AFTER rows;

-- Held because its lines passed the log before they were read.
ALTER TABLE {{.Database}}.outcomes {{.OnCluster}} ADD COLUMN IF NOT EXISTS lost Bool AFTER held;
