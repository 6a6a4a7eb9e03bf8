-- ---
-- name: price_discipline
-- title: {en: "Share of units below the floor price", zh: "低于底价的数量占比"}
-- formula: {en: "units sold below the floor price ÷ units sold that have a floor and a price", zh: "低于底价售出的数量 ÷ 有底价且有价格的销售数量"}
-- variant: {en: "By floors.csv: of the floors that fit tier, partner and territory the one that names most counts, a partner before a territory before a tier. The price is the mean of a day, location, product, kind and buyer, in the reporting currency.", zh: "依 floors.csv：符合层级、伙伴、区域的底价中取最具体者，伙伴优先于区域，区域优先于层级。价格取同日、同门店、同产品、同类、同买方的均价，报告货币计。"}
-- edges: {en: "What has no floor, no amount or no rate is left out on both sides; returns too, and what stays inside the vendor's tree. At the floor is not below it. Nothing left gives no value. Needs the grant floor.", zh: "无底价、无金额或无汇率者两边都不计；退货与厂商组织内部流转不计。等于底价不算低于。无可计者无值。需要 floor 权限。"}
-- unit: percent
-- decimals: 1
-- better: less
-- takes: [from Date32, to Date32]
-- measure: 100 * sumIf(units, below) / nullIf(sum(units), 0)
-- examples:
--   - says: "10 of 25: S1 sold at 8.50, where the north has 9; S2 at 8, which is the floor; zeta at 5.20 of 5. B has no floor, the sale of the 3rd no price."
--     given: &given
--       partners: |
--         head - vendor
--         branch - vendor
--         acme specialist dealer
--         zeta marketplace retailer
--       products: |
--         A audio
--         B audio
--       territories: |
--         cn
--         north cn
--       locations: |
--         S1 acme north
--         S2 acme cn
--       floors: |
--         A 8 GBP dealer
--         A 9 GBP dealer - north 2026-03-01 -
--         A 5 GBP
--       sales: |
--         acme S1 A 2026-02-27 sell_out 5 40
--         acme S1 A 2026-03-02 sell_out 10 85
--         acme S2 A 2026-03-02 sell_out 10 80
--         acme S2 A 2026-03-03 sell_out 10 -
--         zeta Z1 A 2026-03-02 sell_out 5 26
--         acme S1 B 2026-03-02 sell_out 10 1
--         acme S1 A 2026-03-03 return_in -1 -1
--         head H A 2026-03-02 sell_through 10 10 party=branch
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 40
--   - says: B has no floor.
--     given: *given
--     with: {from: 2026-03-01, to: 2026-03-31}
--     where: product = 'B'
--     expect: null
-- ---
SELECT c.partner AS partner, c.location AS location, c.product AS product, c.business_date AS business_date, c.kind AS kind, c.party AS party, c.units AS units, c.money AS money,
    c.best.2 AS floor, c.best.3 AS floor_currency, toDecimal128(c.units * floor * if(r.rate > 0, r.rate, 1), 6) AS floor_money, c.money < floor_money AS below
FROM
(
    SELECT s.partner AS partner, s.location AS location, s.product AS product, s.business_date AS business_date, s.kind AS kind, s.party AS party, s.units AS units, s.money AS money,
        -- (what it names, floor, currency, whether there is one)
        arrayMax(arrayMap(x -> (toUInt8(4 * (x.2 != '') + 2 * (x.3 != '') + (x.1 != '')), x.6, x.7, true),
            arrayFilter(x -> x.4 <= s.business_date AND x.5 >= s.business_date AND (x.1 = '' OR x.1 = p.tier) AND (x.2 = '' OR x.2 = s.partner) AND (x.3 = '' OR x.3 = l.territory OR has(t.path, x.3)), f.list))) AS best
    FROM
    (
        SELECT CAST(partner, 'String') AS partner, CAST(location, 'String') AS location, CAST(product, 'String') AS product, business_date, CAST(kind, 'String') AS kind, CAST(party, 'String') AS party,
            sum(qty) AS units, sum(base_amount) AS money
        FROM v_sales_rows
        WHERE kind IN ('sell_out', 'sell_through') AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND product IN (SELECT product FROM v_floors)
        GROUP BY partner, location, product, business_date, kind, party
        HAVING units > 0 AND sum(lines_without_amount) = 0 AND sum(lines_without_rate) = 0
    ) AS s
    INNER JOIN (SELECT product, groupArray((tier, partner, territory, from_date, to_date, floor, currency)) AS list FROM v_floors GROUP BY product) AS f ON f.product = s.product
    LEFT ANY JOIN v_partners AS p ON p.partner = s.partner
    LEFT ANY JOIN v_locations AS l ON l.code = s.location
    LEFT ANY JOIN v_territory_tree AS t ON t.territory = l.territory
) AS c
ASOF LEFT JOIN v_rates AS r ON r.currency = c.best.3 AND r.date <= c.business_date
ASOF LEFT JOIN v_inside AS here ON here.code = c.partner AND here.from_date <= c.business_date
ASOF LEFT JOIN v_inside AS there ON there.code = c.party AND there.from_date <= c.business_date
WHERE c.best.4 AND NOT (here.to_date >= c.business_date AND there.to_date >= c.business_date)
