-- ---
-- name: timeliness
-- title: {en: Timeliness, zh: 及时率}
-- formula: {en: reports on time ÷ reports due, zh: 按时报告数 ÷ 到期报告数}
-- variant: {en: "By reporting.csv: a report of a day, week (to Sunday) or month is due at its time on the day after the period and its days of grace, in the partner's time zone. It is in when the first line or level of the period is known.", zh: 依 reporting.csv：日、周（至周日）或月报在期末次日（加宽限天数）的规定时间到期，以伙伴时区计。该期首行数据或库存获知即为已报。}
-- edges: {en: "Feeds without a rule are not due. A report that is not due yet is not counted. Nothing due gives no value.", zh: 无规则的数据源不计；未到期的不计。无到期则无值。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: 100 * countIf(state = 'on time') / nullIf(count(), 0)
-- examples:
--   - says: Due at 09:00 in Shanghai, which is 01:00 UTC, on the next day. The report of the 2nd came at 00:30 UTC, that of the 3rd at 01:30, that of the 4th never; Sunday the 8th is not due. 1 of 3.
--     given:
--       partners: acme specialist - Asia/Shanghai
--       reporting: pos day 1-3 09:00
--       sales: |
--         acme S1 A 2026-03-02 sell_out 1 - new 2026-03-03T00:30 pos
--         acme S1 A 2026-03-03 sell_out 1 - new 2026-03-04T01:30 pos
--     with: {from: 2026-03-02, to: 2026-03-08}
--     expect: 33.333333333333336
--   - says: No rule.
--     given:
--       sales: acme S1 A 2026-03-02 sell_out 1 - new 2026-03-03T00:30 pos
--     with: {from: 2026-03-02, to: 2026-03-08}
--     expect: null
-- ---
WITH wall - toIntervalSecond((toInt32(substring(offset, 1, 3)) * 60 + toInt32(concat(substring(offset, 1, 1), substring(offset, 4, 2)))) * 60) AS due
SELECT partner, feed, period_from, period_to, due AS due_at, if(known > toDateTime64(0, 3, 'UTC'), known, NULL) AS known_at,
    multiIf(known = toDateTime64(0, 3, 'UTC'), 'missing', known <= due, 'on time', 'late') AS state
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
    LEFT JOIN (SELECT feed, day, first FROM v_feed_days WHERE day >= {from:Date32} - 31 AND day <= {to:Date32}) AS k ON k.feed = r.feed
    GROUP BY partner, feed, period_from, period_to, wall, offset
)
WHERE due <= now64(3)
