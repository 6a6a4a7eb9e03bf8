-- ---
-- name: growth_year
-- title: {en: "Growth on last year", zh: "同比增长"}
-- formula: {en: "net sell-out of the period ÷ that of the same days last year − 1", zh: "本期净销售量 ÷ 去年同期净销售量 − 1"}
-- variant:
--   en: "By units, every partner that reports now or then (同比)."
--   zh: "按数量计，包含任一期有报告的全部伙伴（同比）。"
-- edges: {en: "Nothing sold in the other period gives no value. The period ends with its last day of which anything is known, and the other is as long.", zh: "对比期无销售则无值。本期截至最后一个有数据的日子，对比期等长。"}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_growth_year
-- takes: [from Date32, to Date32]
-- measure: 100 * (sum(this) / nullIf(sum(year), 0) - 1)
-- examples:
--   - says: 20 units from the 1st to the 10th, the last day known; 10 on these days last year.
--     given:
--       sales: |
--         acme S1 A 2026-03-01 sell_out 6
--         acme S1 A 2026-03-10 sell_out 6
--         zeta Z1 A 2026-03-05 sell_out 8
--         acme S1 A 2026-02-20 sell_out 16
--         acme S1 A 2026-02-18 sell_out 90
--         acme S1 A 2025-03-02 sell_out 10
--         acme S1 A 2025-03-11 sell_out 99
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 100
--   - says: Nothing sold then.
--     given:
--       sales: acme S1 A 2026-03-01 sell_out 12
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
WITH (SELECT last FROM v_last_day(from = {from:Date32}, to = {to:Date32})) AS last
SELECT partner, business_date, location, product, if(business_date >= {from:Date32} AND business_date <= last, units, 0) AS this,
    if(business_date >= addYears({from:Date32}, -1) AND business_date <= addYears(last, -1), units, 0) AS year
FROM v_net_sell_out
WHERE (business_date >= {from:Date32} AND business_date <= last) OR (business_date >= addYears({from:Date32}, -1) AND business_date <= addYears(last, -1))
