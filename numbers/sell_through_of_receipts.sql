-- ---
-- name: sell_through_of_receipts
-- title: {en: "Sell-through of receipts", zh: "进货售罄率"}
-- formula: {en: "net units sold ÷ units received", zh: "净销售量 ÷ 进货数量"}
-- variant: {en: "Received is sell-in as reported for the location.", zh: "进货为该门店报告的 sell-in。"}
-- edges: {en: "Where no receipts are reported for a location's product, it is left out on both sides.", zh: "未报告进货的门店商品，分子分母都不计。"}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_sell_through_of_receipts
-- takes: [from Date32, to Date32]
-- measure: 100 * sum(sold) / nullIf(sum(received), 0)
-- examples:
--   - says: 8 sold of 20 received.
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
--     expect: 40
--   - says: No levels and no receipts.
--     given:
--       sales: acme S2 B 2026-03-09 sell_out 70
--     with: {from: 2026-03-01, to: 2026-03-10}
--     expect: null
-- ---
-- What was received in the period, and what was sold of that: of each product of a location for which receipts are reported.
SELECT partner, location, product, toDecimal64(0, 6) AS sold, sum(qty) AS received
FROM v_sales_rows
WHERE kind = 'sell_in' AND business_date >= {from:Date32} AND business_date <= {to:Date32}
GROUP BY partner, location, product
HAVING received > 0
UNION ALL
SELECT partner, location, product, units, 0
FROM v_net_sell_out
WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND (partner, location, product) IN
    (SELECT partner, location, product FROM v_sales_rows WHERE kind = 'sell_in' AND business_date >= {from:Date32} AND business_date <= {to:Date32} GROUP BY partner, location, product HAVING sum(qty) > 0)
