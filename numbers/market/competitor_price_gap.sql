-- ---
-- name: competitor_price_gap
-- title: {en: Price against competitors, zh: 相对竞品价格}
-- formula: {en: "net sell-out value ÷ (units × mean reported price of the competitor) − 1", zh: 净销售额 ÷（数量 × 已报竞品均价）− 1}
-- variant: {en: "Product by product and competitor by competitor, where competitor_prices.csv has a price noted in the period, then added; above 0: dearer than the competitor. A price that names a partner or a territory is compared with sales there.", zh: 按产品与竞品逐一比较后汇总，限 competitor_prices.csv 期内有记录者；大于 0 表示高于竞品。注明伙伴或区域的价格仅与该范围销售比较。}
-- edges: {en: "In the reporting currency at the rate of the day on which the price was noted. A product without a noted price, or of which nothing was sold, is left out. Nothing left gives no value.", zh: 按记录当日汇率折算为报告货币。无记录价或无销售的产品不计；无可比则无值。}
-- unit: percent
-- decimals: 1
-- better: neither
-- takes: [from Date32, to Date32]
-- measure: 100 * (sumIf(money, units > 0) / nullIf(sumIf(expected, units > 0), 0) - 1)
-- examples:
--   - says: "10 A for 90, where the other asks 8 and 12 on the mean of two notes; 10 × 10 is 100."
--     given: &given
--       products: |
--         A
--         B
--       territories: |
--         cn
--         east cn
--       locations: |
--         S1 acme east
--         Z1 zeta
--       competitor_prices: |
--         2026-03-02 A otherco 8 GBP
--         2026-03-09 A otherco 12 GBP
--         2026-02-09 A otherco 99 GBP
--         2026-03-09 B otherco 5 GBP
--         2026-03-09 A local 6 GBP - cn
--       sales: |
--         acme S1 A 2026-03-05 sell_out 8 72
--         acme S1 A 2026-03-06 return_in -1 -9
--         zeta Z1 A 2026-03-06 sell_out 3 27
--     with: {from: 2026-03-01, to: 2026-03-31}
--     where: competitor = 'otherco'
--     expect: -10
--   - says: "Against the local one in the country: 63 for 7, who asks 6 each."
--     given: *given
--     with: {from: 2026-03-01, to: 2026-03-31}
--     where: competitor = 'local'
--     expect: 50
--   - says: B was not sold.
--     given: *given
--     with: {from: 2026-03-01, to: 2026-03-31}
--     where: product = 'B'
--     expect: null
-- ---
SELECT c.product AS product, c.competitor AS competitor, c.partner AS partner, c.territory AS territory, any(c.price) AS price, any(c.notes) AS notes,
    sum(s.units) AS units, sum(s.money) AS money, toDecimal128(units * any(c.price), 6) AS expected
FROM
(
    SELECT n.product AS product, n.competitor AS competitor, n.partner AS partner, n.territory AS territory, count() AS notes,
        toDecimal128(sum(toDecimal128(toDecimal128(n.price, 6) * if(r.rate > 0, r.rate, 1), 6)) / count(), 6) AS price
    FROM (SELECT * FROM v_competitor_prices WHERE date >= {from:Date32} AND date <= {to:Date32}) AS n
    ASOF LEFT JOIN v_rates AS r ON r.currency = n.currency AND r.date <= n.date
    GROUP BY product, competitor, partner, territory
) AS c
LEFT JOIN
(
    SELECT n.product AS product, n.partner AS partner, t.path AS path, toDecimal128(sum(n.units), 6) AS units, toDecimal128(sum(n.money), 6) AS money
    FROM v_net_sell_out AS n
    LEFT ANY JOIN v_locations AS l ON l.code = n.location
    LEFT ANY JOIN v_territory_tree AS t ON t.territory = l.territory
    WHERE n.business_date >= {from:Date32} AND n.business_date <= {to:Date32}
        AND n.product IN (SELECT product FROM v_competitor_prices WHERE date >= {from:Date32} AND date <= {to:Date32})
    GROUP BY product, partner, path
) AS s ON s.product = c.product
WHERE (c.partner = '' OR c.partner = s.partner) AND (c.territory = '' OR has(s.path, c.territory))
GROUP BY product, competitor, partner, territory
