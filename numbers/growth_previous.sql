-- ---
-- name: growth_previous
-- title: {en: "Growth on the period before", zh: "环比增长"}
-- formula: {en: "net sell-out of the period ÷ that of as many days right before it − 1", zh: "本期净销售量 ÷ 紧邻上期（等长）净销售量 − 1"}
-- variant:
--   en: "By units (环比)."
--   zh: "按数量计（环比）。"
-- edges: {en: "Nothing sold in the other period gives no value. The period ends with its last day of which anything is known, and the other is as long.", zh: "对比期无销售则无值。本期截至最后一个有数据的日子，对比期等长。"}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_growth_previous
-- takes: [from Date32, to Date32]
-- measure: 100 * (sum(this) / nullIf(sum(previous), 0) - 1)
-- examples:
--   - says: 20 units from the 1st to the 10th; the ten days before are the 19th to the 28th of February with 16.
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
--     expect: 25
--   - says: Nothing sold then.
--     given:
--       sales: acme S1 A 2026-03-01 sell_out 12
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
WITH (SELECT last FROM v_last_day(from = {from:Date32}, to = {to:Date32})) AS last, {from:Date32} - (toInt32(last) - toInt32({from:Date32}) + 1) AS begin
SELECT partner, business_date, location, product, if(business_date >= {from:Date32}, units, 0) AS this, if(business_date < {from:Date32}, units, 0) AS previous
FROM v_net_sell_out
WHERE business_date >= begin AND business_date <= last
