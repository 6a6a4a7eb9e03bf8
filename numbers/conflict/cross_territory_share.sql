-- ---
-- name: cross_territory_share
-- title: {en: "Cross-territory share", zh: "窜货率"}
-- formula: {en: "units sold to an end customer or a store outside the assigned territory ÷ units sold", zh: "售予所分配区域以外的终端顾客或门店的数量 ÷ 销售数量"}
-- variant: {en: "By assignments.csv, of partners while they have a territory for the product line. Sold is sell-out and sell-through, less what came back. Where it went is the territory that the line names, else that of the location it was sold to.", zh: "依 assignments.csv，限当日对该产品线有分配区域的伙伴。销售为终端销售与分销减退货。去向为明细所注区域，否则为对方门店所在区域。"}
-- edges: {en: "A line that says no destination counts as sold inside. A partner without a territory is left out. Nothing sold gives no value. Passing on inside the vendor's tree is no sale.", zh: "未注去向者视为区域内。未分配区域的伙伴不计。无销售则无值。厂商组织内部流转不算销售。"}
-- unit: percent
-- decimals: 1
-- better: less
-- takes: [from Date32, to Date32]
-- view: v_cross_territory
-- measure: 100 * sum(outside) / nullIf(sum(sold), 0)
-- examples:
--   - says: "Outside the north went 3 + 2 − 1 = 4 A of 24 units; B may go anywhere in cn, and zeta has no territory."
--     given: &given
--       partners: |
--         acme specialist dealer
--         zeta specialist dealer
--       products: |
--         A audio
--         B video
--       territories: |
--         cn
--         north cn
--         n1 north
--         south cn
--       locations: |
--         S1 acme n1
--         Z1 zeta south
--       assignments: |
--         acme north audio
--         acme cn video
--       sales: |
--         acme S1 A 2026-03-02 sell_out 10 100
--         acme S1 A 2026-03-03 sell_out 6 60 region=n1
--         acme S1 A 2026-03-04 sell_out 3 30 region=south
--         acme S1 A 2026-03-05 sell_through 2 14 party=Z1
--         acme S1 A 2026-03-06 return_in -1 -10 region=south
--         acme S1 B 2026-03-06 sell_out 4 40 region=south
--         acme S1 A 2026-04-06 sell_out 4 40 region=south
--         zeta Z1 A 2026-03-04 sell_out 9 90 region=north
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 16.666666
--   - says: zeta has no territory.
--     given: *given
--     with: {from: 2026-03-01, to: 2026-03-31}
--     where: partner = 'zeta'
--     expect: null
-- ---
SELECT s.partner AS partner, s.business_date AS business_date, s.location AS location, s.product AS product, s.units AS sold, toDecimal128(0, 6) AS outside, toDecimal128(0, 6) AS outside_money
FROM
(
    SELECT CAST(partner, 'String') AS partner, business_date, CAST(location, 'String') AS location, CAST(product, 'String') AS product, toDecimal128(sum(v.units), 6) AS units
    FROM v_stages AS v
    WHERE reads IN ('sell_out', 'sell_through') AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (SELECT partner FROM v_assignments)
    GROUP BY partner, business_date, location, product
) AS s
LEFT ANY JOIN v_products AS p ON p.code = s.product
LEFT ANY JOIN (SELECT partner, groupArray((territory, line, from_date, to_date)) AS areas FROM v_assignments GROUP BY partner) AS a ON a.partner = s.partner
WHERE arrayExists(x -> x.3 <= s.business_date AND x.4 >= s.business_date AND (x.2 = '' OR x.2 = p.line), a.areas)
UNION ALL
SELECT partner, business_date, location, product, 0, units, money
FROM v_cross_territory_lines(from = {from:Date32}, to = {to:Date32})
