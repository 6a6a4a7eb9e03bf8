-- ---
-- name: capital_turnover
-- title: {en: Capital turnover (times a year), zh: 资金周转（次/年）}
-- formula: {en: "annualised sales that left the tree ÷ mean of stock at cost and receivables, at the beginning and at the end", zh: 离开组织的销售额（年化）÷ 期初与期末（库存成本 + 应收账款）的均值}
-- variant:
--   en: "Of the vendor's own units. Stock at cost is the newest on-hand level of 7 days, at the cost of the day; receivables are what is owed to the unit itself."
--   zh: 厂商自有单位。库存成本取 7 天内最新在手库存与当日成本；应收为欠该单位的账款。
-- edges: {en: "No capital known at either end gives no value. Products without a cost tie up nothing. Needs the grant cost.", zh: 期初期末均无资金占用则无值。无成本的产品不计占用。需要 cost 权限。}
-- unit: count
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: sum(yearly) / nullIf(sum(capital), 0)
-- examples:
--   - says: "Branch sold 730 in the 73 days to 14 March, 3650 a year. At the beginning 10 A at 6 lay there, at the end 20, and 360 were owed: (60 + 480) ÷ 2 = 270. 3650 ÷ 270 = 13.518518."
--     given:
--       partners: |
--         branch - vendor
--         acme specialist dealer
--       products: A audio - div1 6
--       locations: B1 branch
--       sales: branch B1 A 2026-02-20 sell_through 73 730 party=acme
--       stock: |
--         branch B1 A 2025-12-30T20:00 10
--         branch B1 A 2026-03-10T20:00 19
--         branch B1 A 2026-03-12T20:00 20
--         acme S1 A 2026-03-12T20:00 50
--       flows: branch - - 2026-02-20T09:00 invoiced - 360 acme I1
--     with: {from: 2026-01-01, to: 2026-03-14}
--     expect: 13.518518
--   - says: Nothing is tied up.
--     given:
--       partners: branch - vendor
--       sales: branch B1 A 2026-02-20 sell_out 73 730
--     with: {from: 2026-01-01, to: 2026-03-14}
--     expect: null
-- ---
-- One row per partner and what it is made of; a row of stock is a product of a location.
SELECT partner, toDecimal128(money * 365 / (toInt32({to:Date32}) - toInt32({from:Date32}) + 1), 6) AS yearly, toDecimal128(0, 6) AS capital
FROM (SELECT partner, toDecimal128(sum(money), 6) AS money FROM v_vendor_sales
    WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (SELECT code FROM v_inside WHERE partner = '') GROUP BY partner)
UNION ALL
SELECT s.partner, 0, toDecimal128(s.qty * if(c.to_date >= s.at, c.cost, p.cost) * if(r.rate > 0, r.rate, 1) / 2, 6)
FROM
(
    SELECT partner, location, product, business_date < {from:Date32} AS opening, toDecimal128(argMax(qty, business_date), 6) AS qty, if(opening, {from:Date32} - 1, {to:Date32}) AS at
    FROM v_stock_daily
    WHERE level = 'on_hand' AND partner IN (SELECT code FROM v_inside WHERE partner = '')
        AND (business_date >= {from:Date32} - 7 AND business_date < {from:Date32} OR business_date > {to:Date32} - 7 AND business_date >= {from:Date32} AND business_date <= {to:Date32})
    GROUP BY partner, location, product, opening
) AS s
LEFT ANY JOIN v_products AS p ON p.code = s.product
ASOF LEFT JOIN v_product_costs AS c ON c.product = s.product AND c.from_date <= s.at
ASOF LEFT JOIN v_rates AS r ON r.currency = if(c.to_date >= s.at, c.currency, p.currency) AND r.date <= s.at
UNION ALL
SELECT reporter, 0, toDecimal128(sum(if(kind = 'invoiced', money, -money) * if(business_date < {from:Date32}, 2, 1)), 6) / 2
FROM v_flow_rows
WHERE kind IN ('invoiced', 'paid', 'credited') AND business_date <= {to:Date32} AND vendors AND NOT inside
GROUP BY reporter
