-- ---
-- name: net_sell_through_units
-- title: {en: Net sell-through, zh: 净分销量}
-- formula: {en: units sold to the next partner in the channel − units it returned, zh: 对下级伙伴的销售数量 − 其退货数量}
-- variant: {en: "In base units, by business date. Returns at a location that sells through are taken for its trade customers'.", zh: 以基本单位、按营业日计。向下级供货的门店，其退货视为下级退货。}
-- edges: {en: "It is never added to sell-out: the same unit may be sold through and then out.", zh: 不与终端销售相加：同一件商品可能先分销再零售。}
-- unit: units
-- decimals: 0
-- better: more
-- adds_up: [day, product, location, partner]
-- view: v_net_sell_through
-- measure: sum(units)
-- examples:
--   - says: 40 sold through, 4 back; the sell-out of S1 and its return are another number.
--     given:
--       sales: |
--         acme S1 A 2026-03-02 sell_out 3
--         acme S1 A 2026-03-02 return_in -1
--         acme W A 2026-03-02 sell_through 40
--         acme W A 2026-03-02 return_in -4
--     expect: 36
-- ---
SELECT partner, business_date, location, product, qty AS units, base_amount AS money
FROM v_sales_rows
WHERE kind = 'sell_through' OR kind = 'return_in' AND (partner, location) IN (SELECT partner, location FROM v_sales_rows WHERE kind = 'sell_through' GROUP BY partner, location HAVING sum(lines) > 0)
