-- ---
-- name: weighted_distribution
-- title: {en: Weighted distribution, zh: 加权铺货率}
-- formula: {en: weight of the locations that sold the product in the period ÷ weight of all locations, zh: 期内售出该商品的门店权重 ÷ 全部门店权重}
-- variant: {en: "Weights are those of weights.csv in force on the last day: the one without a line, else the sum of a location's lines. All locations are those of locations.csv with a weight; net sales above zero count as sold.", zh: 权重取 weights.csv 期末生效值：优先取未注明产品线者，否则为该门店各产品线之和。全部门店为 locations.csv 中有权重者；净销售大于零即为售出。}
-- edges: {en: "A location without a weight is left out on both sides. Of several products, a location counts once that sold any. No weight gives no value.", zh: 无权重的门店两边都不计；多个商品时售出任一即计一次。无权重则无值。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: "100 * arraySum(x -> x.2, groupUniqArrayIf((location, weight), sells)) / nullIf(sumIf(weight, NOT sells), 0)"
-- examples:
--   - says: "S1 with a weight of 6 sold, of 6 + 3 + (1 + 2); S2 took it back, S4 has no weight."
--     given:
--       locations: |
--         S1 acme
--         S2 acme
--         S3 acme
--         S4 acme
--       weights: |
--         S1 6 - - 2026-03-31
--         S1 5 audio
--         S1 99 - 2026-04-01
--         S2 3
--         S3 1 audio
--         S3 2 video
--       sales: |
--         acme S1 A 2026-03-02 sell_out 1
--         acme S1 B 2026-03-02 sell_out 1
--         acme S2 A 2026-03-02 sell_out 1
--         acme S2 A 2026-03-03 return_in -1
--         acme S4 A 2026-03-02 sell_out 1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 50
--   - says: No weights.
--     given:
--       locations: S1 acme
--       sales: acme S1 A 2026-03-02 sell_out 1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
-- A row with sells for each product that a location sold, and one without, of no product, for each location there is.
WITH weights AS
(
    SELECT location, if(countIf(line = '') > 0, sumIf(toDecimal128(w.weight, 6), line = ''), sum(toDecimal128(w.weight, 6))) AS weight
    FROM v_weights AS w
    WHERE from_date <= {to:Date32} AND to_date >= {to:Date32} AND location IN (SELECT code FROM v_locations)
    GROUP BY location
)
SELECT s.partner AS partner, s.location AS location, s.product AS product, w.weight AS weight, true AS sells
FROM
(
    SELECT partner, location, product
    FROM v_net_sell_out
    WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
    GROUP BY partner, location, product
    HAVING sum(units) > 0
) AS s
INNER JOIN weights AS w ON w.location = s.location
UNION ALL
SELECT l.partner, l.code, '', w.weight, false
FROM v_locations AS l
INNER JOIN weights AS w ON w.location = l.code
