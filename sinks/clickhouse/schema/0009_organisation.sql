-- What a node of the organisation is. The tables of other sheets are made at every start: see views/sheets.sql.
ALTER TABLE {{.Database}}.ref_organisation {{.OnCluster}} ADD COLUMN IF NOT EXISTS level String;
