-- ---
-- name: partner_score
-- title: {en: Partner score, zh: 伙伴评分}
-- formula: {en: "sum of points × weight ÷ sum of weights", zh: 分项得分 × 权重之和 ÷ 权重之和}
-- variant:
--   en: "Parts, each from 0 to 100: attainment (mean pace of the partner's own targets on the last day), growth on last year of what it sold on or out (50 + percent), timeliness, match rate by units, stock health (ranged products of locations that are not at zero), returns (100 − 5 × percent), price discipline (100 − 5 × the percent of units below the floor price). Weights are those of score_weights.csv in force on the last day, else 30, 15, 10, 10, 15, 10 and 10."
--   zh: "各分项 0–100：达成（期末自身目标进度均值）、同比增长（50 + 百分数，含分销与终端）、及时率、按数量匹配率、库存健康（在售且未缺货占比）、退货（100 − 5 × 百分数）、价格纪律（100 − 5 × 低于底价数量的百分数）。权重取 score_weights.csv 期末生效值，否则依次为 30、15、10、10、15、10、10。"
-- edges:
--   en: "A part of which nothing is known leaves the score, and the weights of the others share the whole; so it is never 0 for want of data. Of several partners, all their parts count together. The vendor's own units have none. Needs the grant floor; without it, see the score without prices."
--   zh: "无数据的分项不计入，其余权重按比例放大，因此不会因缺数据而得 0。多个伙伴时其全部分项合并计算。厂商自有单位无评分。需要 floor 权限；无此权限时见不含价格的评分。"
-- unit: count
-- decimals: 0
-- better: more
-- takes: [from Date32, to Date32]
-- measure: sum(weighted) / nullIf(sum(weight), 0)
-- examples:
--   - says: "4625 as without prices; all was sold at 10, where the floor is 12: 0 at a weight of 10. 4625 ÷ 75."
--     given:
--       partners: acme specialist dealer
--       products: A audio
--       targets: 2026-03 sell_out units 20 - acme
--       floors: A 12 GBP
--       sales: |
--         acme S1 A 2026-03-10 sell_out 10 100
--         acme S1 A 2025-03-05 sell_out 8 80
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 61.666666
--   - says: Nothing is known of it.
--     given:
--       partners: acme specialist dealer
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
SELECT partner, part, value, points, weight, weighted
FROM v_score_parts(from = {from:Date32}, to = {to:Date32})
UNION ALL
SELECT s.partner, w.part, s.value, greatest(toDecimal128(100 - 5 * s.value, 6), toDecimal128(0, 6)) AS points, w.weight, toDecimal128(points * w.weight, 6)
FROM
(
    SELECT partner, toDecimal128(100 * sumIf(toDecimal128(d.units, 6), below) / sum(toDecimal128(d.units, 6)), 6) AS value
    FROM v_price_discipline(from = {from:Date32}, to = {to:Date32}) AS d
    WHERE partner NOT IN (SELECT partner FROM v_partners WHERE tier = 'vendor')
    GROUP BY partner
) AS s
CROSS JOIN (SELECT part, weight FROM v_score_weight(day = {to:Date32}) WHERE part = 'price') AS w
