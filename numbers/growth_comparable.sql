-- ---
-- name: growth_comparable
-- title: {en: "Growth, same partners", zh: "同口径增长"}
-- formula: {en: "net sell-out of the period ÷ that of the same days last year − 1, of partners that reported in both", zh: "两期均有报告的伙伴：本期净销售量 ÷ 去年同期净销售量 − 1"}
-- variant:
--   en: "By units (同口径): partners that joined or left in between are on neither side."
--   zh: "按数量计（同口径）：期间新增或退出的伙伴两边都不计。"
-- edges: {en: "Nothing sold in the other period gives no value. The period ends with its last day of which anything is known, and the other is as long.", zh: "对比期无销售则无值。本期截至最后一个有数据的日子，对比期等长。"}
-- unit: percent
-- decimals: 1
-- better: more
-- view: v_growth_comparable
-- takes: [from Date32, to Date32]
-- measure: 100 * (sum(this) / nullIf(sum(year), 0) - 1)
-- examples:
--   - says: zeta did not report last year, so acme's 12 stand beside its 10.
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
--     expect: 20
--   - says: Nothing sold then.
--     given:
--       sales: acme S1 A 2026-03-01 sell_out 12
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
SELECT partner, business_date, location, product, this, year
FROM v_growth_year(from = {from:Date32}, to = {to:Date32})
WHERE partner IN (SELECT partner FROM v_sales_rows WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} GROUP BY partner HAVING sum(lines) > 0)
    AND partner IN (SELECT partner FROM v_sales_rows WHERE business_date >= addYears({from:Date32}, -1) AND business_date <= addYears({to:Date32}, -1) GROUP BY partner HAVING sum(lines) > 0)
