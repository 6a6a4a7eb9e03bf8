-- ---
-- name: missing_report
-- title: {en: Missing report, zh: 报告缺失}
-- formula:
--   en: the due time of a period has passed, in the partner's time zone and by reporting.csv, and no report speaks of the period; by location where some of the feed's locations reported, else once for the feed
--   zh: 按 reporting.csv 及渠道伙伴所在时区，某期报告已过截止时间，而没有任何报告涉及该期；若该数据源有部分门店已报告，则按门店列出，否则按数据源列出一次
-- todo:
--   en: Ask the partner for the report. A day without sales is reported too, as a file without lines.
--   zh: 联系渠道伙伴补报。没有销售的日子也应报告，即发送一份无明细行的文件。
-- text:
--   en: "{partner} has not sent {feed} for {period}, due {due}: {silent} of {known} locations {location}, {missing} periods missing, last report {last_report}"
--   zh: "{partner} 未报送 {feed} 的 {period}，截止 {due}：{known} 家门店中 {silent} 家缺报 {location}，缺 {missing} 期，最近报告 {last_report}"
-- over: {en: reported again, zh: 已恢复报送}
-- severity: warning
-- clock: true
-- evidence: [feed, period, due, missing, silent, known, last_report]
-- thresholds:
--   look_back_days: {default: 14, about: "a report that was due longer ago is not asked for any more; of weekly feeds at least 21, of monthly ones 62"}
-- ---
WITH
    due AS
    (
        SELECT feed, any(partner) AS partner, any(kind) AS kind, any(time_zone) AS time_zone, arraySort(x -> -x.3, groupArray((first, last, due_at))) AS periods
        FROM
        (
            SELECT f.feed AS feed, f.partner AS partner, f.kind AS kind, f.time_zone AS time_zone, {{day}} + 1 - k AS last,
                multiIf(r.frequency = 'week', last - 6, r.frequency = 'month', toDate32(toStartOfMonth(last)), last) AS first,
                {{instant "concat(toString(last + 1 + r.grace_days), ' ', r.due, ':00')" "f.time_zone"}} AS due_at
            FROM {{feeds}} AS f
            INNER JOIN {{view "v_reporting"}} AS r ON r.feed = f.feed
            LEFT JOIN {{view "v_partners"}} AS p ON p.partner = f.partner
            ARRAY JOIN range(100) AS k
            WHERE last >= r.from_date AND last <= r.to_date AND (p.partner = '' OR last >= p.since AND (p.until < toDate32('1970-01-02') OR last <= p.until))
                AND multiIf(
                    r.frequency = 'week', toDayOfWeek(last) = multiIf(p.week_start = 'sunday', 6, p.week_start = 'saturday', 5, 7),
                    r.frequency = 'month', toMonth(last + 1) != toMonth(last),
                    r.weekdays = '' OR arrayExists(x -> toDayOfWeek(last) BETWEEN toUInt8OrZero(x[1]) AND toUInt8OrZero(x[-1]), arrayMap(x -> splitByChar('-', x), splitByChar(',', r.weekdays))))
                AND due_at <= toUnixTimestamp({{now}})
                AND due_at > toUnixTimestamp({{now}}) - 86400 * greatest({{limit "look_back_days" "f.partner"}}, multiIf(r.frequency = 'month', 62, r.frequency = 'week', 21, 0))
        )
        GROUP BY feed
    ),
    reports AS
    (
        -- What submissions declared, also of days without lines.
        SELECT s.feed AS feed, if(x.target != '', x.target, s.place) AS location, s.from_day AS first, s.to_day AS last
        FROM
        (
            SELECT feed, partner, arrayJoin(if(JSONLength(receipt, 'scope', 'locations') > 0, JSONExtract(receipt, 'scope', 'locations', 'Array(String)'), [''])) AS place, toDate32OrZero(JSONExtractString(receipt, 'scope', 'from')) AS from_day,
                toDate32OrZero(JSONExtractString(receipt, 'scope', 'to')) AS to_day
            FROM {{view "submissions"}} WHERE received_at > {{now}} - toIntervalDay(100) AND JSONHas(receipt, 'scope', 'from')
        ) AS s
        LEFT JOIN (SELECT partner, code, any(target) AS target FROM {{view "ref_crossreferences"}} WHERE kind = 'location' AND version = (SELECT version FROM {{view "v_reference"}}) GROUP BY partner, code) AS x
            ON x.partner = s.partner AND x.code = s.place
        UNION DISTINCT
        SELECT feed, location, business_date, business_date
        FROM {{view "published"}}
        WHERE business_date > {{day}} - 84 AND business_date <= {{day}} + 1
        GROUP BY feed, location, business_date
        HAVING sum(lines_in - lines_out) > 0
    ),
    places AS
    (
        SELECT feed, location, groupUniqArray((first, last)) AS got, min(first) AS began, max(last) AS newest FROM reports GROUP BY feed, location
    ),
    missing AS
    (
        SELECT d.feed AS feed, d.partner AS partner, d.kind AS kind, d.time_zone AS time_zone, d.periods[1] AS latest, l.location AS location, greatest(l.newest, e.newest) AS newest,
            arrayFilter(p -> p.2 >= l.began AND NOT arrayExists(g -> g.1 <= p.2 AND g.2 >= p.1, arrayConcat(l.got, e.got)), d.periods) AS periods
        FROM due AS d
        INNER JOIN (SELECT * FROM places WHERE location != '') AS l ON l.feed = d.feed
        LEFT JOIN (SELECT * FROM places WHERE location = '') AS e ON e.feed = d.feed
        UNION ALL
        -- Nothing is known of its locations: the newest period is asked for.
        SELECT d.feed, d.partner, d.kind, d.time_zone, d.periods[1], '', e.newest, arrayFilter(p -> NOT arrayExists(g -> g.1 <= p.2 AND g.2 >= p.1, e.got), [d.periods[1]])
        FROM due AS d
        LEFT JOIN (SELECT * FROM places WHERE location = '') AS e ON e.feed = d.feed
        WHERE d.feed NOT IN (SELECT feed FROM places WHERE location != '')
    ),
    judged AS
    (
        SELECT *, count() OVER (PARTITION BY feed) AS known, countIf(has(periods, latest)) OVER (PARTITION BY feed) AS silent FROM missing
    ),
    money AS
    (
        SELECT s.partner AS partner, s.location AS location, toFloat64(sum(s.base_amount)) / uniqExact(s.business_date) AS by_day
        FROM {{view "v_sales_rows"}} AS s WHERE s.business_date > {{day}} - 56 AND s.business_date <= {{day}} GROUP BY s.partner, s.location
    ),
    found AS
    (
        SELECT feed, partner, kind, time_zone, if(known = silent, '', j.location) AS location, periods, newest, known, silent, m.by_day AS by_day
        FROM judged AS j
        LEFT JOIN money AS m ON m.partner = j.partner AND m.location = j.location
        WHERE notEmpty(periods)
    )
SELECT f.partner AS partner, f.location AS location, '' AS product, f.feed AS subject, '' AS line, fromUnixTimestamp(min(arrayMin(x -> x.3, f.periods))) AS since,
    if(max(f.newest) > toDate32('1970-01-01'), toDateTime(toString(max(f.newest)), 'UTC'), since) AS data_at, toDecimal64(0, 6) AS units,
    if(any(f.kind) = 'sales', sum(f.by_day * arraySum(x -> toInt32(x.2) - toInt32(x.1) + 1, f.periods)), NULL) AS money,
    f.feed AS feed, argMax(if(f.periods[1].1 = f.periods[1].2, toString(f.periods[1].2), concat(toString(f.periods[1].1), ' – ', toString(f.periods[1].2))), f.periods[1].3) AS period,
    concat({{clock "max(f.periods[1].3)" "any(f.time_zone)"}}, ' ', any(f.time_zone)) AS due,
    max(length(f.periods)) AS missing, any(f.silent) AS silent, any(f.known) AS known, if(max(f.newest) > toDate32('1970-01-01'), toString(max(f.newest)), '-') AS last_report
FROM found AS f
GROUP BY f.partner, f.feed, f.location

-- gone
SELECT partner, location, product, subject, false AS stay,
    if(location = '', 'reported again, at least by some locations', 'reported again, or the whole feed is silent, or it was due too long ago') AS why_en,
    if(location = '', '已恢复报送（至少部分门店）', '已恢复报送，或整个数据源缺报，或逾期过久不再追报') AS why_zh
FROM {{gone}}
