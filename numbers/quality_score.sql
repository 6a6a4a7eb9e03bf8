-- ---
-- name: quality_score
-- title: {en: Quality score, zh: 数据质量评分}
-- formula: {en: "mean of timeliness, completeness, match rate by units, and rows read ÷ rows received", zh: 及时率、数据完整率、匹配率（按数量）与可读行占比的平均值}
-- variant: {en: "Equal weights. Each part is the number of that name, in the same days; rows read are those that were not refused, of what was received in these days (UTC).", zh: 四项等权。各项即同名指标在同一期间的值；可读行为该期间（UTC）收到且未被拒收的行。}
-- edges: {en: "A part without a value is left out of the mean. Without any part there is no value.", zh: 无值的分项不计入平均；四项均无值则无评分。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: if(length(arrayFilter(x -> isNotNull(x), [100 * sum(on_time) / nullIf(sum(due), 0), 100 * sum(days_received) / nullIf(sum(days_expected), 0), 100 * toFloat64(sum(units_known)) / nullIf(toFloat64(sum(units_all)), 0), 100 * sum(rows_read) / nullIf(sum(rows_received), 0)]) AS parts) = 0, NULL, arrayAvg(arrayMap(x -> assumeNotNull(x), parts)))
-- examples:
--   - says: 1 of 2 reports on time (50), the expected day was received (100), 3 of 4 units known (75), 9 of 10 rows read (90). Their mean.
--     given:
--       partners: acme specialist - UTC
--       reporting: pos day 1-7 09:00
--       sales: |
--         acme S1 A 2026-02-23 sell_out 1 - new 2026-02-23T12:00 pos
--         acme S1 A 2026-03-02 sell_out 3 - new 2026-03-03T08:00 pos
--         acme S1 - 2026-03-03 sell_out 1 - new 2026-03-04T10:00 pos
--       submissions: acme pos 2026-03-03T08:00 10 1 9 0 0 0
--     with: {from: 2026-03-02, to: 2026-03-03}
--     expect: 78.75
--   - says: Nothing due, nothing expected, nothing sold; 9 of 10 rows read alone.
--     given:
--       submissions: acme pos 2026-03-03T08:00 10 1 9 0 0 0
--     with: {from: 2026-03-02, to: 2026-03-03}
--     expect: 90
--   - says: Nothing at all.
--     given:
--       products: A
--     with: {from: 2026-03-02, to: 2026-03-03}
--     expect: null
-- ---
SELECT partner, sum(a) AS on_time, sum(b) AS due, sum(c) AS days_received, sum(d) AS days_expected, sum(e) AS units_known, sum(f) AS units_all, sum(g) AS rows_read, sum(h) AS rows_received
FROM
(
    SELECT partner, toInt64(countIf(state = 'on time')) AS a, toInt64(count()) AS b, toInt64(0) AS c, toInt64(0) AS d, toDecimal128(0, 6) AS e, toDecimal128(0, 6) AS f, toInt64(0) AS g, toInt64(0) AS h
    FROM v_timeliness(from = {from:Date32}, to = {to:Date32}) GROUP BY partner
    UNION ALL
    SELECT partner, 0, 0, toInt64(countIf(received)), toInt64(count()), toDecimal128(0, 6), toDecimal128(0, 6), 0, 0
    FROM v_completeness(from = {from:Date32}, to = {to:Date32}) GROUP BY partner
    UNION ALL
    SELECT partner, 0, 0, 0, 0, sumIf(units, product != ''), sum(units), 0, 0
    FROM v_match_rate WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} GROUP BY partner
    UNION ALL
    SELECT partner, 0, 0, 0, 0, toDecimal128(0, 6), toDecimal128(0, 6), sum(received - refused), sum(received)
    FROM v_submissions WHERE toDate32(received_at) >= {from:Date32} AND toDate32(received_at) <= {to:Date32} GROUP BY partner
)
GROUP BY partner
