-- ---
-- name: statement_difference
-- title: {en: Statement against sales, zh: 对账单与销售差异}
-- formula: {en: settled by statements − net sell-out value, zh: 对账单结算金额 − 净销售额}
-- variant: {en: "Of partners that settle by statement: in the mode e-commerce on the last day, or with a statement in the period. Both by business date, in the reporting currency.", zh: 限按对账单结算的伙伴：期末为电子商务模式，或期内有对账单。均按营业日，报告货币计。}
-- edges: {en: "Below zero where less was settled than sold. Statements come later than sales: compare periods that are settled.", zh: 结算少于销售为负。对账单晚于销售，宜看已结算的期间。}
-- unit: money
-- decimals: 0
-- better: neither
-- adds_up: [day, partner]
-- takes: [from Date32, to Date32]
-- measure: sum(settled) - sum(sold)
-- examples:
--   - says: 300 and 40 settled, 400 sold and 20 returned. acme settles otherwise.
--     given: &given
--       partners: |
--         head - vendor
--         shop marketplace retailer
--         acme specialist dealer
--       modes: shop e-commerce
--       sales: |
--         shop W A 2026-03-02 sell_out 12 400
--         shop W A 2026-03-03 return_in -2 -20
--         acme S1 A 2026-03-03 sell_out 3 33
--       flows: |
--         shop - - 2026-03-15T09:00 settled - 300
--         head - - 2026-03-31T09:00 settled - 40 shop
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: -40
-- ---
SELECT partner, business_date, toDecimal128(money, 6) AS settled, toDecimal128(0, 6) AS sold
FROM v_flow_rows
WHERE kind = 'settled' AND business_date >= {from:Date32} AND business_date <= {to:Date32}
UNION ALL
SELECT partner, business_date, 0, toDecimal128(money, 6)
FROM v_net_sell_out
WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (
    SELECT partner FROM v_tree_at(tree = 'then', day = {to:Date32}) WHERE mode = 'e-commerce'
    UNION ALL
    SELECT partner FROM v_flow_rows WHERE kind = 'settled' AND business_date >= {from:Date32} AND business_date <= {to:Date32})
