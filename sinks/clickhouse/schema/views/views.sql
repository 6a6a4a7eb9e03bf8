-- Reads go through these. They run with the rights of whoever asks (INVOKER). The lines that the program sends to itself, of the
-- partner _canary, are in the ledger of sales alone, in no sums and in no view.

-- The zone of the vendor's business days, and which day it is there.
CREATE OR REPLACE VIEW {{.Database}}.v_zone {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT '{{.Zone}}' AS zone, toDate32(now('{{.Zone}}')) AS today;

CREATE OR REPLACE VIEW {{.Database}}.v_movements {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, feed, namespace, business_date, sold_at, kind, cause, sign, document, line_key, location, place, item, product, unit,
    currency, qty, amount, base_amount, unmatched, counterparty, serial, revision, row, known_at,
    party, customer, segment, salesperson, title, reason, refers_to, destination, region
FROM {{.Database}}.movements WHERE partner != '{{.Canary}}';

-- The lines of everything beside sales and stock. until is when something ends, as written: an invoice falls due, a ticket is
-- answered; 1970 where nothing is said.
{{range .Flows}}
CREATE OR REPLACE VIEW {{.Database}}.v_{{.Table}} {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, feed, namespace, business_date, sold_at AS at, kind, cause, sign, document, line_key, location, place, item, product, unit,
    currency, qty, amount, base_amount, unmatched, counterparty, party, serial, customer, segment, salesperson, title, reason, refers_to,
    destination, region, toDateTime64(until_seconds, 0, 'UTC') AS until, if(until_seconds = 0, 0, until_seconds - at_less_sold - sold_at_seconds) AS seconds_until,
    revision, row, known_at
FROM {{.Database}}.{{.Table}};
{{end}}
CREATE OR REPLACE VIEW {{.Database}}.v_flow_daily {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, business_date, location, product, kind, currency, party, sum(qty) AS qty, sum(amount) AS amount, sum(base_amount) AS base_amount,
    sum(lines) AS lines, sum(lines_unmatched) AS lines_unmatched, sum(lines_without_amount) AS lines_without_amount, sum(lines_without_rate) AS lines_without_rate
FROM {{.Database}}.flow_daily
GROUP BY partner, business_date, location, product, kind, currency, party
HAVING lines != 0 OR qty != 0 OR amount != 0;

CREATE OR REPLACE VIEW {{.Database}}.v_sales_daily {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, business_date, location, product, kind, currency, sum(qty) AS qty, sum(amount) AS amount, sum(base_amount) AS base_amount,
    sum(lines) AS lines, sum(lines_unmatched) AS lines_unmatched, sum(lines_without_amount) AS lines_without_amount, sum(lines_without_rate) AS lines_without_rate
FROM {{.Database}}.sales_daily
GROUP BY partner, business_date, location, product, kind, currency
HAVING lines != 0 OR qty != 0 OR amount != 0;

-- What we believed at an instant: SELECT … FROM v_sales_as_of(as_of = '2026-03-04 00:00:00').
CREATE OR REPLACE VIEW {{.Database}}.v_sales_as_of {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, business_date, place AS location, product, kind, currency, sum(qty) AS qty, sum(amount) AS amount, sum(base_amount) AS base_amount, sum(sign) AS lines
FROM {{.Database}}.movements
WHERE known_at < {as_of:DateTime64(3, 'UTC')} AND partner != '{{.Canary}}'
GROUP BY partner, business_date, location, product, kind, currency
HAVING lines != 0 OR qty != 0 OR amount != 0;

-- Every level report that stands. Rows that say the same of a report are added up: what was taken back cancels out.
CREATE OR REPLACE VIEW {{.Database}}.v_stock_reports {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, namespace, slice, line, place AS location, item AS item_code, product, kind AS level, business_date, sold_at AS at,
    sum(r.qty) AS qty, implied, max(r.known_at) AS known_at
FROM (SELECT *, qty, sold_at, bitTest(flags, 4) AS implied FROM {{.Database}}.stock_reports) AS r
GROUP BY partner, namespace, slice, line, location, item_code, product, level, business_date, at, implied
HAVING sum(sign) > 0;

-- The last report of each day that stands, by product; items of one product are added.
CREATE OR REPLACE VIEW {{.Database}}.v_stock_daily {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, business_date, location, product, level, sum(item_qty) AS qty, max(item_at) AS at, min(item_implied) AS implied
FROM
(
    SELECT level, business_date, partner, location, product, item, argMax(q, at_seconds) AS item_qty, max(at_seconds) AS item_at, argMax(i, at_seconds) AS item_implied
    FROM
    (
        SELECT level, business_date, partner, location, product, item, namespace, at_seconds, sum(d.qty) AS q, sum(lines_implied) > 0 AS i
        FROM {{.Database}}.stock_daily AS d
        GROUP BY level, business_date, partner, location, product, item, namespace, at_seconds
        HAVING sum(lines) > 0
    )
    GROUP BY level, business_date, partner, location, product, item
)
GROUP BY level, business_date, partner, location, product;

-- The newest report of each level of each item, whatever was taken back. What was not reported for 400 days is out of it.
CREATE OR REPLACE VIEW {{.Database}}.v_stock_items {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, location, item, argMax(product, at_seconds) AS product, level, argMax(q, at_seconds) AS qty, max(business_date) AS business_date,
    toDateTime64(max(at_seconds), 0, 'UTC') AS reported_at, argMax(i, at_seconds) AS implied
FROM
(
    SELECT level, business_date, partner, location, product, item, namespace, at_seconds, sum(d.qty) AS q, sum(lines_implied) > 0 AS i
    FROM {{.Database}}.stock_daily AS d
    WHERE business_date >= toDate32(now()) - 400
    GROUP BY level, business_date, partner, location, product, item, namespace, at_seconds
    HAVING sum(lines) > 0
)
GROUP BY level, partner, location, item;

-- The same by product: items of one product are added.
CREATE OR REPLACE VIEW {{.Database}}.v_stock_now {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, location, product, level, sum(i.qty) AS qty, max(i.business_date) AS business_date, max(i.reported_at) AS reported_at, min(i.implied) AS implied
FROM {{.Database}}.v_stock_items AS i
GROUP BY partner, location, product, level;

-- When each submission came in, and no more of it.
CREATE OR REPLACE VIEW {{.Database}}.v_received {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, feed, submission, received_at FROM {{.Database}}.submissions WHERE partner != '{{.Canary}}';

-- The newest word of each partition about each submission; partial counts are added.
CREATE OR REPLACE VIEW {{.Database}}.v_outcomes {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT submission, any(feed) AS feed, any(partner) AS partner, revision, partition, attempt, max(held) AS held, min(partial) AS partial, max(why) AS why,
    sum(lines_held) AS held_lines, sum(lines_new) AS new, sum(lines_duplicate) AS duplicate, sum(lines_corrected) AS corrected,
    sum(lines_superseded) AS superseded, sum(lines_withdrawn) AS withdrawn, sum(lines_implied) AS implied, sum(lines_unmatched) AS unmatched,
    sum(lines_refused) AS unfit
FROM {{.Database}}.outcomes AS o WHERE o.partner != '{{.Canary}}'
GROUP BY submission, revision, partition, attempt
ORDER BY attempt DESC
LIMIT 1 BY submission, revision, partition;

-- A submission is told apart by its revision, too, which is the narrower key. Who asks for a time, a partner or a feed reads
-- what is of it: these are keys of the grouping.
CREATE OR REPLACE VIEW {{.Database}}.v_submissions {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT s.submission AS submission, s.feed AS feed, s.partner AS partner, s.received_at AS received_at, s.newest.2 AS file, s.newest.3 AS bytes,
    s.newest.4 AS received, s.newest.5 + o.unfit AS refused, s.newest.6 - o.unfit AS accepted,
    o.held_lines AS held, o.new AS new, o.duplicate AS duplicate, o.corrected AS corrected, o.superseded AS superseded,
    o.withdrawn AS withdrawn, o.implied AS implied, o.unmatched AS unmatched, o.unfit AS unfit,
    multiIf(o.final < s.newest.7, 'on the road', o.is_held, 'held', 'final') AS state, o.why AS why, s.revision AS revision, s.newest.1 AS attempt,
    s.newest_mapping AS mapping
FROM
(
    SELECT submission, feed, partner, received_at, revision, argMax((attempt, file, bytes, rows, refused, accepted, length(partitions)), (attempt, known_at)) AS newest,
        argMax(JSONExtractString(receipt, 'mapping'), (attempt, known_at)) AS newest_mapping -- apart, so that receipts are read only where it is asked for
    FROM {{.Database}}.submissions WHERE partner != '{{.Canary}}'
    GROUP BY submission, feed, partner, received_at, revision
) AS s
LEFT JOIN
(
    SELECT revision, countIf(NOT partial) AS final, max(held) AS is_held, max(why) AS why, sum(held_lines) AS held_lines, sum(new) AS new, sum(duplicate) AS duplicate,
        sum(corrected) AS corrected, sum(superseded) AS superseded, sum(withdrawn) AS withdrawn, sum(implied) AS implied, sum(unmatched) AS unmatched, sum(unfit) AS unfit
    FROM {{.Database}}.v_outcomes GROUP BY revision
) AS o ON o.revision = s.revision;

-- The books: received = refused + held + new + duplicate + corrected + superseded.
CREATE OR REPLACE VIEW {{.Database}}.v_books {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT feed, any(partner) AS partner, count() AS submissions, sum(received) AS received, sum(refused) AS refused, sum(held) AS held, sum(new) AS new,
    sum(duplicate) AS duplicate, sum(corrected) AS corrected, sum(superseded) AS superseded, sum(withdrawn) AS withdrawn,
    received - refused - held - new - duplicate - corrected - superseded AS difference
FROM {{.Database}}.v_submissions WHERE state != 'on the road' GROUP BY feed;

CREATE OR REPLACE VIEW {{.Database}}.v_refused {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT submission, feed, partner, row, column, value, reason, known_at FROM {{.Database}}.refused WHERE partner != '{{.Canary}}';

-- Codes that no reference knows, by weight.
CREATE OR REPLACE VIEW {{.Database}}.v_unmatched {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, if(bitTest(flags, 2), 'item', 'location') AS what, if(bitTest(flags, 2), item, location) AS code,
    sum(sign) AS lines, sum(qty) AS units, sum(amount) AS amount, currency, min(business_date) AS first_day, max(business_date) AS last_day
FROM {{.Database}}.movements WHERE unmatched AND partner != '{{.Canary}}'
GROUP BY partner, what, code, currency HAVING lines != 0;

-- The same codes once each, with the stock that is reported of them. What is weighed is what was told, whichever way it moved: a
-- return weighs as much as a sale. A code is of a pack where its product is known, and how many units the reported unit holds is
-- not.
CREATE OR REPLACE VIEW {{.Database}}.v_unmatched_codes {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, pair.1 AS what, pair.2 AS code, sum(n) AS lines, sum(u) AS units, sum(m) AS money, sum(s) AS levels,
    arraySort(groupUniqArray(feed)) AS feeds, min(d) AS first_day, max(e) AS last_day
FROM
(
    SELECT partner, feed, arrayJoin(arrayFilter(c -> c.1 != '', [(multiIf(NOT bitTest(flags, 2), '', product != '', 'pack', 'item'), item), (if(bitTest(flags, 3), 'location', ''), location)])) AS pair,
        sum(toInt64(sign)) AS n, sum(sign * abs(qty)) AS u, sum(sign * abs(base_amount)) AS m, toInt64(0) AS s, min(business_date) AS d, max(business_date) AS e
    FROM {{.Database}}.movements WHERE (bitTest(flags, 2) OR bitTest(flags, 3)) AND partner != '{{.Canary}}'
    GROUP BY partner, feed, pair
    UNION ALL
    SELECT partner, feed, arrayJoin(arrayFilter(c -> c.1 != '', [(multiIf(NOT bitTest(flags, 2), '', product != '', 'pack', 'item'), item), (if(bitTest(flags, 3), 'location', ''), location)])) AS pair,
        sum(toInt64(sign)) AS n, toDecimal128(0, 6) AS u, NULL AS m, sum(toInt64(sign)) AS s, min(business_date) AS d, max(business_date) AS e
    FROM {{.Database}}.stock_reports WHERE bitTest(flags, 2) OR bitTest(flags, 3)
    GROUP BY partner, feed, pair
{{- range .Flows}}
    UNION ALL
    SELECT partner, feed, arrayJoin(arrayFilter(c -> c.1 != '', [(multiIf(NOT bitTest(flags, 2), '', product != '', 'pack', 'item'), item), (if(bitTest(flags, 3), 'location', ''), location)])) AS pair,
        sum(toInt64(sign)) AS n, sum(sign * abs(qty)) AS u, sum(sign * abs(base_amount)) AS m, toInt64(0) AS s, min(business_date) AS d, max(business_date) AS e
    FROM {{$.Database}}.{{.Table}} WHERE bitTest(flags, 2) OR bitTest(flags, 3)
    GROUP BY partner, feed, pair
{{- end}}
)
GROUP BY partner, what, code
HAVING lines != 0;

-- Bodies that were refused as a whole, once each, and the first submission of their feed that was read after them.
CREATE OR REPLACE VIEW {{.Database}}.v_turned_away {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT t.id AS id, t.at AS at, t.partner AS partner, t.feed AS feed, t.file AS file, t.body AS body, t.bytes AS bytes, t.scope AS scope, t.reason AS reason, t.mapping AS mapping,
    t.missing AS missing, t.reads AS reads, t.renamed AS renamed,
    arrayStringConcat(arrayMap((m, r) -> concat(m, if(empty(r), '', concat(' → ', arrayStringConcat(r, ' / '), '?'))), t.missing, t.renamed), ', ') AS changed,
    s.received_at > t.at AS settled, if(settled, s.received_at, NULL) AS settled_at
FROM
(
    SELECT * FROM {{.Database}}.turned_away ORDER BY at LIMIT 1 BY id
) AS t
LEFT JOIN
(
    SELECT feed, max(received_at) AS received_at FROM {{.Database}}.submissions WHERE accepted > 0 OR rows = 0 GROUP BY feed
) AS s ON s.feed = t.feed;

-- The versions of each feed's mapping, numbered as they came.
CREATE OR REPLACE VIEW {{.Database}}.v_mappings {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, feed, mapping, row_number() OVER (PARTITION BY feed ORDER BY first_at, mapping) AS number, first_at, yaml
FROM
(
    SELECT any(m.partner) AS partner, feed, mapping, min(m.first_at) AS first_at, any(m.yaml) AS yaml FROM {{.Database}}.mappings AS m GROUP BY feed, mapping
);

CREATE OR REPLACE VIEW {{.Database}}.v_progress {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT incarnation, partition, maxIf(epoch, kind = 'claim') AS epoch, maxIf(last, kind = 'done') AS last_done, argMaxIf(step, (last, step), kind = 'done') AS last_step,
    argMaxIf(complete, (last, step), kind = 'done') AS complete, argMaxIf(reference, (last, step), kind = 'done') AS reference, maxIf(last, kind = 'intent') AS last_intent,
    maxIf(written_at, kind = 'done') AS done_at
FROM {{.Database}}.road GROUP BY incarnation, partition;

-- Reference data: the version in force. Dates that were left out are 1970-01-01 and 2299-12-31.
CREATE OR REPLACE VIEW {{.Database}}.v_reference {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT max(revision) AS version FROM {{.Database}}.orders WHERE kind = 'reference';

CREATE OR REPLACE VIEW {{.Database}}.v_products {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT code, gtin, name, line, business_unit, toDate32(launch_day) AS launch, toDate32(if(end_day = 0, 120529, end_day)) AS end_of_life,
    reinterpret(units_per_pack, 'Decimal(18, 6)') AS units_per_pack, reinterpret(list_price, 'Decimal(18, 6)') AS list_price,
    reinterpret(cost, 'Decimal(18, 6)') AS cost, currency
FROM {{.Database}}.ref_products WHERE version = (SELECT version FROM {{.Database}}.v_reference);

CREATE OR REPLACE VIEW {{.Database}}.v_locations {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT code, name, partner, country, region, city, territory, time_zone, latitude, longitude
FROM {{.Database}}.ref_locations WHERE version = (SELECT version FROM {{.Database}}.v_reference);

CREATE OR REPLACE VIEW {{.Database}}.v_rates {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT currency, toDate32(day) AS date, reinterpret(rate, 'Decimal(18, 6)') AS rate
FROM {{.Database}}.ref_rates WHERE version = (SELECT version FROM {{.Database}}.v_reference);

CREATE OR REPLACE VIEW {{.Database}}.v_partners {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT partner, name, tier, channel_type, status, toDate32(since_day) AS since, toDate32(until_day) AS until, currency, time_zone, week_start
FROM {{.Database}}.ref_partners WHERE version = (SELECT version FROM {{.Database}}.v_reference);

CREATE OR REPLACE VIEW {{.Database}}.v_organisation {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT node, parent, name, partner, toDate32(from_day) AS from_date, toDate32(to_day) AS to_date, level
FROM {{.Database}}.ref_organisation WHERE version = (SELECT version FROM {{.Database}}.v_reference);

CREATE OR REPLACE VIEW {{.Database}}.v_ranging {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT location, product, toDate32(from_day) AS from_date, toDate32(to_day) AS to_date, lead_days
FROM {{.Database}}.ref_ranging WHERE version = (SELECT version FROM {{.Database}}.v_reference);

CREATE OR REPLACE VIEW {{.Database}}.v_calendar {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT name, year, toDate32(from_day) AS from_date, toDate32(to_day) AS to_date
FROM {{.Database}}.ref_calendar WHERE version = (SELECT version FROM {{.Database}}.v_reference);

CREATE OR REPLACE VIEW {{.Database}}.v_reporting {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT feed, frequency, weekdays, due, grace_days, toDate32(from_day) AS from_date, toDate32(to_day) AS to_date
FROM {{.Database}}.ref_reporting WHERE version = (SELECT version FROM {{.Database}}.v_reference);
