-- ---
-- name: price_against_others
-- title: {en: Price against the rest of the channel, zh: 相对渠道其他伙伴的价格}
-- formula: {en: "net sell-out value ÷ what the same units cost end customers at all other partners", zh: 净销售额 ÷ 同样数量按其他伙伴终端均价计的金额}
-- variant: {en: "Product by product at the mean net price of the others in the period, then added; 100 is their price.", zh: 逐产品按其他伙伴期内平均净价计算后相加；100 即与其持平。}
-- edges: {en: "A product that nobody else sold is left out on both sides. Nothing left gives no value. Who sees only its own sales sees no others'.", zh: 他人未售的产品两边都不计；无可比产品则无值。仅能看到自身销售者无对比值。}
-- unit: percent
-- decimals: 1
-- better: neither
-- takes: [from Date32, to Date32]
-- measure: 100 * sumIf(money, expected > 0) / nullIf(sumIf(expected, expected > 0), 0)
-- examples:
--   - says: "The shop sold 10 A for 90 where others got 10 each: 90 ÷ 100. B nobody else sold."
--     given: &given
--       sales: |
--         shop W A 2026-03-02 sell_out 12 108
--         shop W A 2026-03-03 return_in -2 -18
--         shop W B 2026-03-03 sell_out 2 50
--         acme S1 A 2026-03-03 sell_out 3 33
--         zeta Z1 A 2026-03-04 sell_out 1 7
--     with: {from: 2026-03-01, to: 2026-03-31}
--     where: partner = 'shop'
--     expect: 90
--   - says: Nobody sells what it sells.
--     given:
--       sales: shop W B 2026-03-03 sell_out 2 50
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
SELECT partner, product, units, money,
    toDecimal128(sum(money) OVER (PARTITION BY product) - money, 6) AS money_of_others, toDecimal128(sum(units) OVER (PARTITION BY product) - units, 6) AS units_of_others,
    if(units > 0 AND units_of_others > 0 AND money_of_others > 0, toDecimal128(money_of_others * units / units_of_others, 6), 0) AS expected
FROM
(
    SELECT partner, product, toDecimal128(sum(s.units), 6) AS units, toDecimal128(sum(s.money), 6) AS money
    FROM v_net_sell_out AS s
    WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND product != ''
    GROUP BY partner, product
)
