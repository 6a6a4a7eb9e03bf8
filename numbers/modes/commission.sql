-- ---
-- name: commission
-- title: {en: Commission, zh: 佣金}
-- formula: {en: commissions earned by agents, zh: 代理人应得佣金之和}
-- variant: {en: "Lines of the kind commission, by the agent, whoever reports them; in the reporting currency.", zh: 类型为 commission 的行，归集到代理人，不论由谁报告；报告货币计。}
-- edges: {en: "Reported by both sides it stands twice: let one feed carry it. Taken back is a minus.", zh: 双方都报告会重复，请只由一方报告。追回为负。}
-- unit: money
-- decimals: 0
-- better: neither
-- adds_up: [day, partner]
-- takes: [from Date32, to Date32]
-- measure: sum(commission)
-- examples:
--   - says: 40 earned, 5 taken back.
--     given: &given
--       partners: |
--         head - vendor
--         amber regional-agent dealer
--       modes: amber agency
--       sales: |
--         amber G1 A 2026-03-02 sell_out 9 360
--         amber G1 A 2026-03-03 return_in -1 -40
--         amber G1 A 2026-03-04 sell_through 2 80 party=head
--       flows: |
--         head - - 2026-03-20T09:00 commission - 40 amber
--         head - - 2026-03-25T09:00 commission - -5 amber
--         head - - 2026-04-25T09:00 commission - 70 amber
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 35
-- ---
SELECT partner, business_date, toDecimal128(money, 6) AS commission, toDecimal128(0, 6) AS sales
FROM v_flow_rows
WHERE kind = 'commission' AND business_date >= {from:Date32} AND business_date <= {to:Date32}
UNION ALL
SELECT partner, business_date, 0, toDecimal128(money, 6)
FROM v_vendor_sales
WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (SELECT code FROM v_inside WHERE partner != '')
