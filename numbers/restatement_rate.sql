-- ---
-- name: restatement_rate
-- title: {en: Restatement rate, zh: 更正率}
-- formula: {en: lines corrected or withdrawn after they were first published ÷ lines first published, zh: 首次发布后被更正或撤回的行数 ÷ 首次发布的行数}
-- variant: {en: "By the time at which we came to know, to the quarter of an hour. Lines that re-flow because a mapping changed are no restatement.", zh: 按我方获知时间计（精确到一刻钟）。因映射变更而重算的行不算更正。}
-- edges: {en: No line published in the period gives no value., zh: 期内无新发布的行则无值。}
-- unit: percent
-- decimals: 2
-- better: less
-- view: v_restatements
-- measure: 100 * sum(changed) / nullIf(sum(first), 0)
-- examples:
--   - says: Of four lines one was corrected and one withdrawn; the one that was mapped anew does not count.
--     given:
--       sales: |
--         acme S1 A 2026-03-01 sell_out 5 50 new 2026-03-02T08:00
--         acme S1 B 2026-03-01 sell_out 5 50 new 2026-03-02T08:00
--         acme S1 C 2026-03-01 sell_out 5 50 new 2026-03-02T08:00
--         acme S1 - 2026-03-01 sell_out 5 50 new 2026-03-02T08:00
--         acme S1 A 2026-03-01 sell_out -5 -50 -corrected 2026-03-04T08:00
--         acme S1 A 2026-03-01 sell_out 3 30 +corrected 2026-03-04T08:00
--         acme S1 B 2026-03-01 sell_out -5 -50 -withdrawn 2026-03-04T08:00
--         acme S1 - 2026-03-01 sell_out -5 -50 -reflowed 2026-03-05T08:00
--         acme S1 D 2026-03-01 sell_out 5 50 +reflowed 2026-03-05T08:00
--     expect: 50
--   - says: Nothing was published.
--     given:
--       products: A
--     expect: null
-- ---
-- changed and first are numbers of lines; product is that of changed lines, and empty for others. known_at is the quarter of
-- an hour.
SELECT partner, feed, location, product, business_date, known_at, cause, if(cause IN ('corrected', 'withdrawn'), lines_out, 0) AS changed, if(cause = 'new', lines_in, 0) AS first,
    dateDiff('day', business_date, toDate32(known_at, {zone})) AS age_days, reinterpret(qty_micros, 'Decimal(18, 6)') AS units, reinterpret(base_micros, 'Decimal(18, 6)') AS money
FROM published
WHERE facts = 'sales'
