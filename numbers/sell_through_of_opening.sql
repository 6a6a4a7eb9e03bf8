-- ---
-- name: sell_through_of_opening
-- title: {en: "Sell-through of opening stock", zh: "期初库存售罄率"}
-- formula: {en: "net units sold ÷ on hand at the start", zh: "净销售量 ÷ 期初在手库存"}
-- variant: {en: "The level at the start is the newest of the 7 days before.", zh: "期初库存取之前 7 天内的最新报告。"}
-- edges: {en: "A location's product whose level at the start is unknown is left out on both sides.", zh: "期初库存未知的门店商品，分子分母都不计。"}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_sell_through_of_opening
-- takes: [from Date32, to Date32]
-- measure: 100 * sum(sold) / nullIf(sum(opening), 0)
-- examples:
--   - says: 8 sold of 16.
--     given:
--       sales: |
--         acme S1 A 2026-03-01 sell_in 20
--         acme S1 A 2026-03-02 sell_out 9
--         acme S1 A 2026-03-09 return_in -1
--         acme S2 B 2026-03-09 sell_out 70
--       stock: |
--         acme S1 A 2026-02-26T20:00 16
--         acme S1 A 2026-03-08T20:00 24
--     with: {from: 2026-03-01, to: 2026-03-10}
--     expect: 50
--   - says: No levels and no receipts.
--     given:
--       sales: acme S2 B 2026-03-09 sell_out 70
--     with: {from: 2026-03-01, to: 2026-03-10}
--     expect: null
-- ---
-- What stood at the start of the period, and what was sold of that: of each product of a location whose level was known.
SELECT partner, location, product, toDecimal64(0, 6) AS sold, on_hand AS opening
FROM v_item_days(day = {from:Date32} - 1, levels = 7, sales = 0)
UNION ALL
SELECT partner, location, product, units, toDecimal64(0, 6)
FROM v_net_sell_out
WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND (partner, location, product) IN
    (SELECT partner, location, product FROM v_item_days(day = {from:Date32} - 1, levels = 7, sales = 0))
