-- ---
-- name: layers
-- title: {en: Layers inside the tree, zh: 组织内流转层级}
-- formula: {en: (units passed on inside the tree + units that left it) ÷ units that left it, zh: （组织内部流转数量 + 离开组织数量）÷ 离开组织数量}
-- variant: {en: "How many hands of the vendor's a unit passes on its way out, on average: 1 where headquarters sells it itself, 3 where it goes over a branch and its office.", zh: 商品离开组织前平均经过几手：总部直接销售为 1，经分公司再经办事处为 3。}
-- edges: {en: "Nothing left gives no value. What is built up in stock on the way counts as passed on already, what was there before does not count.", zh: 无离开则无值。途中增加的库存已计为流转，期前已有的不计。}
-- unit: count
-- decimals: 2
-- better: less
-- takes: [from Date32, to Date32]
-- measure: (sum(handed_on) + sum(gone)) / nullIf(sum(gone), 0)
-- examples:
--   - says: "100 to the branch, 60 on to its office; the branch sold 40 to acme and the office 60: (160 + 100) ÷ 100."
--     given:
--       partners: |
--         head - vendor
--         branch - vendor
--         office - vendor
--         acme specialist dealer
--       sales: |
--         head H A 2026-03-02 sell_through 100 party=branch
--         branch B1 A 2026-03-03 sell_through 40 party=acme
--         office O1 A 2026-03-05 sell_out 60
--         acme S1 A 2026-03-06 sell_out 12
--       flows: branch B1 A 2026-03-04T09:00 sent 60 party=office
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 2.6
--   - says: Nothing left.
--     given:
--       partners: |
--         head - vendor
--         branch - vendor
--       sales: head H A 2026-03-02 sell_through 100 party=branch
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
-- Rows of who handed on, or whom it left.
SELECT partner, business_date, location, product, toDecimal128(units, 6) AS handed_on, toDecimal128(0, 6) AS gone
FROM v_inside_units(from = {from:Date32}, to = {to:Date32})
UNION ALL
SELECT partner, business_date, location, product, 0, toDecimal128(units, 6)
FROM v_vendor_sales
WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
