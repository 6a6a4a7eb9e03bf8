-- ---
-- name: reports_due
-- relation: true
-- title: {en: Reports that are due, zh: 应报的报告}
-- takes: [from Date32, to Date32]
-- ---
-- One row per report of each feed with a rule in reporting.csv whose period ends between `from` and `to`: when it is due, when
-- its first line or level, or a nil report of its days, was known (1970 is not yet), and how it stands: "on time", "late", "missing", or "due" where its time
-- has not come.
WITH wall - toIntervalSecond((toInt32(substring(offset, 1, 3)) * 60 + toInt32(concat(substring(offset, 1, 1), substring(offset, 4, 2)))) * 60) AS due
SELECT partner, feed, period_from, period_to, due AS due_at, if(known > toDateTime64(0, 3, 'UTC'), known, NULL) AS known_at,
    multiIf(known > toDateTime64(0, 3, 'UTC') AND known <= due, 'on time', due > now64(3), 'due', known = toDateTime64(0, 3, 'UTC'), 'missing', 'late') AS state
FROM
(
    SELECT r.partner AS partner, r.feed AS feed, r.period_from AS period_from, r.period_to AS period_to,
        toDateTime64(concat(toString(r.period_to + 1 + r.grace_days), ' ', r.due, ':00'), 3, 'UTC') AS wall,
        formatDateTime(wall, '%z', if(r.zone = '', 'UTC', r.zone)) AS offset,
        minIf(k.first, k.day >= r.period_from AND k.day <= r.period_to) AS known
    FROM
    (
        SELECT f.partner AS partner, f.feed AS feed, p.time_zone AS zone, f.due AS due, f.grace_days AS grace_days, period.1 AS period_from, period.2 AS period_to
        FROM
        (
            SELECT s.partner AS partner, rule.feed AS feed, rule.due AS due, rule.grace_days AS grace_days,
                arrayJoin(arrayDistinct(arrayMap(d -> multiIf(rule.frequency = 'week', (toDate32(toMonday(d)), toDate32(toMonday(d)) + 6), rule.frequency = 'month', (toDate32(toStartOfMonth(d)), toDate32(toLastDayOfMonth(d))), (d, d)),
                    arrayFilter(d -> d >= rule.from_date AND d <= rule.to_date AND (rule.weekdays = '' OR rule.frequency != 'day' OR has(flatten(arrayMap(part -> range(toUInt8OrZero(substring(part, 1, 1)), toUInt8OrZero(substring(part, -1)) + 1), splitByChar(',', rule.weekdays))), toDayOfWeek(d))),
                        arrayMap(i -> {from:Date32} + i, range(toUInt32(greatest(toInt32({to:Date32}) - toInt32({from:Date32}) + 1, 0)))))))) AS period
            FROM v_reporting AS rule
            INNER JOIN (SELECT feed, any(partner) AS partner FROM v_feed_days GROUP BY feed) AS s ON s.feed = rule.feed
        ) AS f
        LEFT JOIN v_partners AS p ON p.partner = f.partner
        WHERE period.2 <= {to:Date32}
    ) AS r
    LEFT JOIN
    (
        SELECT feed, day, first FROM v_feed_days WHERE day >= {from:Date32} - 31 AND day <= {to:Date32}
        UNION ALL
        SELECT feed, arrayJoin(arrayMap(i -> toDate32(n.since) + i, range(toUInt32(greatest(0, least(366, toInt32(toDate32(n.until)) - toInt32(toDate32(n.since)) + 1)))))) AS day, n.received_at AS first
        FROM
        (
            SELECT feed, received_at, toDate32OrZero(JSONExtractString(receipt, 'scope', 'from')) AS since, toDate32OrZero(JSONExtractString(receipt, 'scope', 'to')) AS until
            FROM submissions
            WHERE rows = 0 AND JSONExtractBool(receipt, 'scope', 'declared') AND JSONHas(receipt, 'scope', 'from')
        ) AS n
    ) AS k ON k.feed = r.feed
    GROUP BY partner, feed, period_from, period_to, wall, offset
)
