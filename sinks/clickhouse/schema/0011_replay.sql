-- Rows that a replay wrote; what was replayed, by whom and why; and reference versions that only replays read by.
{{range .AllLedgers}}
ALTER TABLE {{.Database}}.{{.Table}} {{.OnCluster}} MODIFY COLUMN cause Enum8('' = 0, 'new' = 1, 'corrected' = 2, 'withdrawn' = 3, 'undone' = 4, 'reflowed' = 5, 'implied' = 6, 'replayed' = 7)
    DEFAULT CAST(cause_wire AS Enum8('' = 0, 'new' = 1, 'corrected' = 2, 'withdrawn' = 3, 'undone' = 4, 'reflowed' = 5, 'implied' = 6, 'replayed' = 7)) CODEC(ZSTD(1));
{{end}}
ALTER TABLE {{.Database}}.orders {{.OnCluster}} ADD COLUMN IF NOT EXISTS replay String COMMENT 'JSON' AFTER content;

ALTER TABLE {{.Database}}.ref_versions {{.OnCluster}} ADD COLUMN IF NOT EXISTS for_replay Bool COMMENT 'never in force: only replays read by it' AFTER who;
