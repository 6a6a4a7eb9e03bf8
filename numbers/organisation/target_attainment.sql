-- ---
-- name: target_attainment
-- title: {en: Target attainment, zh: 目标达成率}
-- formula: {en: actual ÷ target, zh: 实际 ÷ 目标}
-- variant:
--   en: "Of targets whose period contains the day; the actual goes up to that day. A node's target is met by everything below it, a partner's by the partner; unit and line narrow it. The basis (sell-in, sell-through, sell-out) is net of returns, and read by the mode of the day."
--   zh: 期间含当日的目标，实际截至当日。节点目标由其下全部实现，伙伴目标由伙伴实现；事业部与产品线限定范围。口径（进货、分销、终端销售）均扣除退货，按当日经营模式解读。
-- edges: {en: "A target of 0 gives no value. Units and money, and one basis and another, are never added; nor is a node's target to those below it.", zh: 目标为 0 则无值。数量与金额、不同口径、上级与下级目标均不相加。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [tree String, day Date32]
-- measure: 100 * sum(actual) / nullIf(sum(target), 0)
-- examples:
--   - says: "b, over acme until the 9th and over zeta, sold out 6 + 4 of 40 by the 16th; the 20 of acme after the 9th are those of c. The 7 of the 20th come later."
--     given: &given
--       partners: |
--         acme specialist dealer
--         zeta specialist dealer
--       products: |
--         A audio - div1
--         B video - div2
--       organisation: |
--         hq -
--         b hq
--         c hq
--         b - acme - 2026-03-09
--         c - acme 2026-03-10
--         b - zeta
--       targets: |
--         2026-03 sell_out units 40 b
--         2026-Q1 sell_out money 500 - zeta div1 audio
--         2026-04 sell_out units 9 b
--         2026-03 sell_through units 0 b
--       sales: |
--         acme S1 A 2026-03-02 sell_out 7 70
--         acme S1 A 2026-03-03 return_in -1 -10
--         acme S1 A 2026-03-12 sell_out 20 200
--         zeta Z1 A 2026-03-12 sell_out 4 40
--         zeta Z1 B 2026-01-12 sell_out 5 90
--         zeta Z1 A 2026-01-12 sell_out 6 60
--         zeta Z1 A 2026-03-20 sell_out 7 70
--     with: {tree: then, day: 2026-03-16}
--     where: node = 'b' AND basis = 'sell_out'
--     expect: 25
--   - says: "zeta's of its division and line, in money: 60 + 40 of 500, over the quarter."
--     given: *given
--     with: {tree: then, day: 2026-03-16}
--     where: partner = 'zeta'
--     expect: 20
--   - says: The target is 0.
--     given: *given
--     with: {tree: then, day: 2026-03-16}
--     where: basis = 'sell_through'
--     expect: null
-- ---
-- One row per target. What was sold is added by whom, unit, line and day first, and then handed to every target that it is for:
-- that of the partner, and of each node above it. due is the share of the target that corresponds to the days gone.
WITH targets AS (SELECT * FROM v_targets WHERE from_date <= {day:Date32} AND to_date >= {day:Date32})
SELECT t.node AS node, t.partner AS partner, t.unit AS unit, t.line AS line, t.period AS period, t.from_date AS from_date, t.to_date AS to_date,
    t.basis AS basis, t.measure AS measure, toDecimal128(any(t.target), 6) AS target,
    toDecimal128(sumIf(if(t.measure = 'units', f.units, f.money), f.business_date >= t.from_date AND (t.unit = '' OR t.unit = f.unit) AND (t.line = '' OR t.line = f.line)), 6) AS actual,
    toDecimal128(target * (toInt32({day:Date32}) - toInt32(t.from_date) + 1) / (toInt32(t.to_date) - toInt32(t.from_date) + 1), 6) AS due
FROM targets AS t
LEFT JOIN
(
    SELECT arrayJoin(arrayConcat([('', s.partner)], arrayMap(n -> (n, ''), d.path))) AS of, of.1 AS node, of.2 AS partner, s.reads AS reads, s.unit AS unit, s.line AS line,
        s.business_date AS business_date, s.units AS units, s.money AS money
    FROM
    (
        SELECT g.partner AS partner, g.business_date AS business_date, g.reads AS reads, p.business_unit AS unit, p.line AS line,
            sum(toDecimal128(g.units, 6)) AS units, sum(toDecimal128(g.money, 6)) AS money
        FROM v_stages AS g
        LEFT ANY JOIN v_products AS p ON p.code = g.product
        WHERE g.business_date >= (SELECT min(from_date) FROM targets) AND g.business_date <= {day:Date32} AND g.reads IN (SELECT basis FROM targets)
        GROUP BY partner, business_date, reads, unit, line
    ) AS s
    LEFT JOIN v_tree_days(tree = {tree:String}, from = toDate32({day:Date32} - 370), to = {day:Date32}) AS d ON d.partner = s.partner AND d.business_date = s.business_date
) AS f ON f.node = t.node AND f.partner = t.partner AND f.reads = t.basis
GROUP BY node, partner, unit, line, period, from_date, to_date, basis, measure
