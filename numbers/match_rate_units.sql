-- ---
-- name: match_rate_units
-- title: {en: Match rate by units, zh: 匹配率（按数量）}
-- formula: {en: units whose code is known as a product ÷ all units, zh: 代码已识别为商品的数量 ÷ 全部数量}
-- variant: {en: "Over sales, purchases and returns; returns count as positive.", zh: 含销售、进货与退货；退货按正数计。}
-- edges: {en: No units give no value., zh: 无数量则无值。}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_match_rate
-- measure: 100 * sumIf(units, product != '') / nullIf(sum(units), 0)
-- examples:
--   - says: 5 + 1 returned of 8 are known.
--     given:
--       sales: |
--         acme S1 A 2026-03-01 sell_out 5 50
--         acme S1 A 2026-03-01 return_in -1 -10
--         acme S1 - 2026-03-01 sell_out 2 40
--     expect: 75
--   - says: Only an adjustment.
--     given:
--       sales: acme S1 A 2026-03-01 adjustment 5
--     expect: null
-- ---
SELECT partner, business_date, location, product, if(kind IN ('return_in', 'return_out'), -qty, qty) AS units, if(kind IN ('return_in', 'return_out'), -base_amount, base_amount) AS money
FROM v_sales_rows
WHERE kind IN ('sell_out', 'sell_in', 'sell_through', 'return_in', 'return_out')
