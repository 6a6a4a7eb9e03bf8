-- ---
-- name: growth_festival
-- title: {en: "Growth, festivals aligned", zh: "节日对齐增长"}
-- formula: {en: "net sell-out of the days of the period that have a counterpart ÷ net sell-out of the counterparts last year − 1", zh: "有对应日的本期净销售量 ÷ 去年对应日净销售量 − 1"}
-- variant:
--   en: "By units. A day of a festival of calendar.csv (春节, 618, 双11) stands beside its own day of last year's festival, every other day beside its date."
--   zh: "按数量计。calendar.csv 中的节日（春节、618、双11）按节日的第几天对齐，其余按日期对齐。"
-- edges: {en: "Nothing sold in the other period gives no value. The period ends with its last day of which anything is known, and the other is as long.", zh: "对比期无销售则无值。本期截至最后一个有数据的日子，对比期等长。"}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_growth_festival
-- takes: [from Date32, to Date32]
-- measure: 100 * (sum(this) / nullIf(sum(year), 0) - 1)
-- examples:
--   - says: The festival moved from the 29th of January 2025 to the 17th of February 2026. Its first day sold 30, beside 20; the 16th sold 3 beside the 1 of its date. The 30th of January 2025 is the festival's second day, beside the 18th with nothing.
--     given:
--       calendar: |
--         spring-festival 2025 2025-01-29 2025-01-30
--         spring-festival 2026 2026-02-17 2026-02-18
--       sales: |
--         acme S1 A 2026-02-16 sell_out 3
--         acme S1 A 2026-02-17 sell_out 30
--         acme S1 A 2026-02-18 return_in -1
--         acme S1 A 2025-01-29 sell_out 20
--         acme S1 A 2025-02-16 sell_out 1
--         acme S1 A 2025-02-17 sell_out 500
--     with: {from: 2026-02-16, to: 2026-02-20}
--     expect: 52.3809
--   - says: Nothing sold then.
--     given:
--       sales: acme S1 A 2026-03-01 sell_out 12
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
-- Each day of a festival is beside its own of last year's, every other day beside its date; a day without a counterpart is
-- left out on both sides.
WITH
    (SELECT last FROM v_last_day(from = {from:Date32}, to = {to:Date32})) AS last,
    (
        SELECT groupArray((now.from_date, now.to_date, then.from_date, then.to_date))
        FROM v_calendar AS now INNER JOIN v_calendar AS then ON then.name = now.name
        WHERE then.year = now.year - 1
    ) AS festivals,
    arrayMap(i -> {from:Date32} + i, range(toUInt32(greatest(toInt32(last) - toInt32({from:Date32}) + 1, 0)))) AS days,
    arrayMap(d -> multiIf(
        arrayExists(f -> d BETWEEN f.1 AND f.2, festivals), arrayFirst(f -> d BETWEEN f.1 AND f.2, festivals).3 + (toInt32(d) - toInt32(arrayFirst(f -> d BETWEEN f.1 AND f.2, festivals).1)),
        addYears(d, -1)), days) AS beside,
    arrayMap((d, b) -> if(arrayExists(f -> d BETWEEN f.1 AND f.2, festivals), b <= arrayFirst(f -> d BETWEEN f.1 AND f.2, festivals).4, NOT arrayExists(f -> b BETWEEN f.3 AND f.4, festivals)), days, beside) AS paired
SELECT partner, business_date, location, product,
    if(business_date IN (SELECT arrayJoin(arrayFilter((d, p) -> p, days, paired))), units, 0) AS this,
    if(business_date IN (SELECT arrayJoin(arrayFilter((b, p) -> p, beside, paired))), units, 0) AS year
FROM v_net_sell_out
WHERE business_date IN (SELECT arrayJoin(arrayConcat(arrayFilter((d, p) -> p, days, paired), arrayFilter((b, p) -> p, beside, paired))))
