-- ---
-- name: compliance
-- title: {en: Franchise compliance, zh: 加盟合规率}
-- formula: {en: obligations kept ÷ obligations, zh: 已履行义务数 ÷ 义务数}
-- variant:
--   en: "Of partners that were franchises on the last day. Obligations: each product listed for a location (kept where it was in stock or sold in the period), each report due (kept on time), each product that a location bought (kept where all came from the vendor)."
--   zh: 限期末为特许模式的伙伴。义务：门店清单内的每个产品（期内有货或有售即履行）、每份到期报告（按时即履行）、门店采购的每个产品（全部来自厂商即履行）。
-- edges: {en: "No obligation gives no value. Prices are another number's: price discipline.", zh: 无义务则无值。价格另见价格纪律。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: 100 * countIf(kept) / nullIf(count(), 0)
-- examples:
--   - says: "Of A, B and C, which F1 lists, A was in stock and B sold. It bought A of the vendor, and D of a dealer. 3 of 5."
--     given:
--       partners: |
--         fran franchise retailer
--         acme specialist dealer
--       products: |
--         A
--         B
--         C
--         D
--       locations: F1 fran
--       modes: fran franchise
--       ranging: |
--         F1 A - - 7
--         F1 B - - 7
--         F1 C - - 7
--       sales: |
--         fran F1 A 2026-03-02 sell_in 20
--         fran F1 D 2026-03-02 sell_in 5 party=acme
--         fran F1 B 2026-03-03 sell_out 2
--         fran F1 C 2026-02-03 sell_out 2
--       stock: fran F1 A 2026-03-05T20:00 9
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 60
--   - says: acme is a distributor.
--     given:
--       partners: acme specialist dealer
--       products: A
--       locations: S1 acme
--       ranging: S1 A - - 7
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
WITH franchises AS (SELECT partner FROM v_tree_at(tree = 'then', day = {to:Date32}) WHERE mode = 'franchise')
SELECT l.partner AS partner, r.location AS location, r.product AS product, 'range' AS what,
    (r.location, r.product) IN
    (
        SELECT location, product FROM v_stock_daily
        WHERE level = 'on_hand' AND qty > 0 AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (SELECT partner FROM franchises)
    )
    OR (r.location, r.product) IN
    (
        SELECT location, product FROM v_net_sell_out
        WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (SELECT partner FROM franchises)
        GROUP BY location, product HAVING sum(units) > 0
    ) AS kept
FROM v_ranging AS r
INNER JOIN (SELECT code, partner FROM v_locations WHERE partner IN (SELECT partner FROM franchises)) AS l ON l.code = r.location
WHERE r.from_date <= {to:Date32} AND r.to_date >= {to:Date32}
UNION ALL
SELECT partner, '', '', 'report', state = 'on time'
FROM v_timeliness(from = {from:Date32}, to = {to:Date32})
WHERE partner IN (SELECT partner FROM franchises)
UNION ALL
SELECT partner, location, product, 'supply', countIf(reads = 'bought' AND units > 0) = 0
FROM v_stages
WHERE reads IN ('sell_in', 'bought') AND kind = 'sell_in' AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (SELECT partner FROM franchises)
GROUP BY partner, location, product
