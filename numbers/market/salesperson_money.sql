-- ---
-- name: salesperson_money
-- title: {en: "Salesperson, value sold", zh: 业务员销售额}
-- formula: {en: value of what a salesperson sold − value of what came back to them, zh: 业务员销售金额 − 其退货金额}
-- variant: {en: "Of lines that name a salesperson (the partner's own code), to the next partner or to end customers; in the reporting currency, by business date.", zh: 限注明业务员（伙伴自有编码）的行，含分销与终端销售；报告货币，按营业日计。}
-- edges: {en: "A line without a salesperson belongs to nobody. The same code at two partners is two people. Lines without an amount count units, but no money.", zh: 未注明业务员的行不归任何人；两家伙伴的同一编码视为两人。无金额的行只计数量。}
-- unit: money
-- decimals: 0
-- better: more
-- adds_up: [day, product, location, partner, salesperson]
-- view: v_salespeople
-- measure: sum(money)
-- examples:
--   - says: "li sold for 50 and 30, and 10 came back; nobody is named for the 90."
--     given: &given
--       sales: |
--         acme S1 A 2026-03-01 sell_out 5 50 salesperson=li
--         acme S1 B 2026-03-02 sell_through 3 30 salesperson=li
--         acme S1 B 2026-03-03 return_in -1 -10 salesperson=li
--         acme S1 B 2026-03-03 sell_out 9 90
--         acme S1 B 2026-03-03 sell_in 9 90 salesperson=li
--     expect: 70
-- ---
SELECT partner, business_date, place AS location, product, salesperson, qty AS units, ifNull(base_amount, 0) AS money
FROM v_movements
WHERE salesperson != '' AND kind IN ('sell_out', 'sell_through', 'return_in')
