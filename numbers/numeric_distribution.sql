-- ---
-- name: numeric_distribution
-- title: {en: Numeric distribution, zh: 铺货率}
-- formula: {en: locations that sold the product in the period ÷ all locations, zh: 期内售出该商品的门店数 ÷ 全部门店数}
-- variant: {en: All locations are those of locations.csv; net sales above zero count as sold., zh: 全部门店取自 locations.csv；净销售大于零即为售出。}
-- edges: {en: "Of several products, a location counts that sold any. Locations that nobody listed are left out. No location gives no value.", zh: 多个商品时，售出任一即计。未登记的门店不计。无门店则无值。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: 100 * uniqExactIf(location, sells) / nullIf(uniqExactIf(location, NOT sells), 0)
-- examples:
--   - says: Of four stores S1 sold it; S2 took it back, S3 sold it before, X is not listed.
--     given:
--       locations: |
--         S1 acme
--         S2 acme
--         S3 acme
--         S4 acme
--       sales: |
--         acme S1 A 2026-03-02 sell_out 1
--         acme S2 A 2026-03-02 sell_out 1
--         acme S2 A 2026-03-03 return_in -1
--         acme S3 A 2026-02-02 sell_out 1
--         acme X A 2026-03-02 sell_out 1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 25
--   - says: No locations.
--     given:
--       sales: acme X A 2026-03-02 sell_out 1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
-- A row with sells for each product that a location sold, and one without, of no product, for each location there is.
SELECT partner, location, product, true AS sells
FROM v_net_sell_out
WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND location IN (SELECT code FROM v_locations)
GROUP BY partner, location, product
HAVING sum(units) > 0
UNION ALL
SELECT partner, code, '', false
FROM v_locations
