-- Reference data that only reports read: a table and a view for each sheet, from what the sheet's columns are, so that a new
-- sheet or column needs no migration. Money is in millionths, days are days since 1970-01-01; a period has its first and last
-- day beside its name.
{{range .Sheets}}
CREATE TABLE IF NOT EXISTS {{$.Database}}.ref_{{.Name}} {{$.OnCluster}}
(
    version UInt64{{range .Columns}}, {{.Name}} {{.Type}}{{end}}
)
ENGINE = {{$.MergeTree (print "ref_" .Name)}} ORDER BY version SETTINGS {{$.Window}};

ALTER TABLE {{$.Database}}.ref_{{.Name}} {{$.OnCluster}}{{range $i, $c := .Columns}}{{if $i}},{{end}} ADD COLUMN IF NOT EXISTS {{$c.Name}} {{$c.Type}}{{end}};

CREATE OR REPLACE VIEW {{$.Database}}.v_{{.Name}} {{$.OnCluster}} SQL SECURITY INVOKER AS
SELECT {{range $i, $c := .Columns}}{{if $i}}, {{end}}{{$c.Shown}}{{end}}
FROM {{$.Database}}.ref_{{.Name}} WHERE version = (SELECT version FROM {{$.Database}}.v_reference);
{{end}}
