-- ---
-- name: stock_turn
-- title: {en: "Stock turn (times a year)", zh: "库存周转（次/年）"}
-- formula: {en: "annualised cost of sales ÷ mean stock at cost", zh: "销售成本（年化）÷ 平均库存成本"}
-- variant: {en: "Cost of sales is units sold to end customers and partners − returned, each day at the cost of the day; stock the mean of the levels at the beginning and at the end, each the newest of 7 days at the cost of that day. 365 days are a year.", zh: "销售成本为售予终端顾客与下级伙伴的数量 − 退货，逐日按当日成本计；库存取期初与期末（各 7 天内最新水平，按其日成本）的均值。一年按 365 天。"}
-- edges: {en: "A product of a location without a level at both ends or without a cost is left out on both sides. No stock gives no value. Needs the grant cost.", zh: "任一端无库存水平或无成本的门店商品两边都不计；无库存则无值。需要 cost 权限。"}
-- unit: count
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: sum(yearly) / nullIf(sum(stock), 0)
-- examples:
--   - says: "73 days. 10 sold and 1 returned in January at 6, 10 sold in March at 5: 104, 520 a year. 20 lay there at 6, and 16 at 5 at the end: (120 + 80) ÷ 2 = 100. B has no level at the beginning."
--     given: &given
--       products: |
--         A audio - div1 9
--         B audio - div1 9
--       locations: S1 acme
--       product_costs: |
--         A 6 GBP - 2026-02-28
--         A 5 GBP 2026-03-01 -
--       sales: |
--         acme S1 A 2026-01-10 sell_out 10
--         acme S1 A 2026-01-12 return_in -1
--         acme S1 A 2026-03-05 sell_through 10
--         acme S1 B 2026-03-05 sell_through 10
--       stock: |
--         acme S1 A 2025-12-31T20:00 20
--         acme S1 A 2026-03-12T20:00 16
--         acme S1 B 2026-03-12T20:00 16
--     with: {from: 2026-01-01, to: 2026-03-14}
--     expect: 5.2
--   - says: B has no mean stock.
--     given: *given
--     with: {from: 2026-01-01, to: 2026-03-14}
--     where: product = 'B'
--     expect: null
-- ---
-- One row per product of a location, with what it cost by the cost of each day.
SELECT partner, location, product, toDecimal128(sum(sold) * 365 / (toInt32({to:Date32}) - toInt32({from:Date32}) + 1), 6) AS yearly, toDecimal128(sum(held) / 2, 6) AS stock
FROM
(
    SELECT m.partner AS partner, m.location AS location, m.product AS product, m.what AS what, if(c.to_date >= m.at, c.cost, p.cost) AS cost,
        toDecimal128(m.qty * cost * if(r.rate > 0, r.rate, 1), 6) AS valued, if(m.what = 'sold', valued, 0) AS sold, if(m.what = 'sold', 0, valued) AS held
    FROM
    (
        SELECT partner, location, product, 'sold' AS what, business_date AS at, sum(units) AS qty
        FROM v_goods_rows(from = {from:Date32}, to = {to:Date32}, as_of = '')
        WHERE kind IN ('sell_out', 'sell_through', 'return_in') AND product != ''
        GROUP BY partner, location, product, business_date
        UNION ALL
        SELECT partner, location, product, if(business_date < {from:Date32}, 'opening', 'closing') AS what, max(business_date) AS at, greatest(argMax(qty, business_date), 0) AS qty
        FROM v_levels_at(from = {from:Date32} - 7, to = {to:Date32}, as_of = '')
        WHERE level = 'on_hand' AND product != '' AND (business_date < {from:Date32} OR business_date > {to:Date32} - 7)
        GROUP BY partner, location, product, what
    ) AS m
    LEFT ANY JOIN v_products AS p ON p.code = m.product
    ASOF LEFT JOIN v_product_costs AS c ON c.product = m.product AND c.from_date <= m.at
    ASOF LEFT JOIN v_rates AS r ON r.currency = if(c.to_date >= m.at, c.currency, p.currency) AND r.date <= m.at
)
GROUP BY partner, location, product
HAVING uniqExactIf(what, what != 'sold') = 2 AND min(cost) > 0
