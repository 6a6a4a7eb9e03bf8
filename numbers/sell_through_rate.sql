-- ---
-- name: sell_through_rate
-- title: {en: "Sell-through rate", zh: "售罄率"}
-- formula: {en: "net units sold ÷ (net units sold + on hand at the end)", zh: "净销售量 ÷ （净销售量 + 期末在手库存）"}
-- variant: {en: "The default of several definitions; over products and locations, sums are divided.", zh: "多种定义中的默认者；跨商品与门店时以合计相除。"}
-- edges: {en: "A location's product whose level at the end is unknown (no report within 7 days) is left out on both sides. Nothing sold and nothing on hand gives no value.", zh: "期末库存未知（7 天内无报告）的门店商品，分子分母都不计。无销售且无库存则无值。"}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_sell_through
-- takes: [from Date32, to Date32]
-- measure: 100 * sum(sold) / nullIf(sum(sold) + sum(closing), 0)
-- examples:
--   - says: 8 sold, 24 on hand, 8 ÷ 32. Of B at S2 no level is known.
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
--     expect: 25
--   - says: No levels and no receipts.
--     given:
--       sales: acme S2 B 2026-03-09 sell_out 70
--     with: {from: 2026-03-01, to: 2026-03-10}
--     expect: null
-- ---
-- What stood at the end of the period, and what was sold of that: of each product of a location whose level is known.
SELECT partner, location, product, toDecimal64(0, 6) AS sold, on_hand AS closing
FROM v_cover(day = {to:Date32})
WHERE stands
UNION ALL
SELECT partner, location, product, units, toDecimal64(0, 6)
FROM v_net_sell_out
WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND (partner, location, product) IN (SELECT partner, location, product FROM v_cover(day = {to:Date32}) WHERE stands)
