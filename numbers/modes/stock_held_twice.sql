-- ---
-- name: stock_held_twice
-- title: {en: Stock held twice, zh: 两级重复库存}
-- formula: {en: "for each product, the smaller of what lies at branches and what lies at headquarters", zh: 各产品：分公司在手库存与总部在手库存中的较小者}
-- variant: {en: "Of branches that own their stock (branch company, branch with offices, with the stock at their offices). Of what several branches hold each has its share by what it holds, so that they add up.", zh: 限自有库存的分公司（分公司、分公司+办事处，含其办事处库存）。多个分公司按各自持有量分摊，可相加。}
-- edges: {en: "A level older than 7 days is unknown, not zero, and left out. What only one of the two holds is not held twice.", zh: 超过 7 天的库存报告视为未知而非零，不计入。仅一方持有的不算重复。}
-- unit: units
-- decimals: 0
-- better: less
-- adds_up: [product, partner]
-- takes: [day Date32]
-- measure: sum(twice)
-- examples:
--   - says: "Of A 40 lie at headquarters and 30 at the branch, of which 10 at its office: 30. Of B 5 lie at headquarters and 8 at the branch: 5. What lies at the representative office is headquarters' own, and at neither."
--     given:
--       partners: |
--         head - vendor
--         branch - vendor
--         office - vendor
--         rep - vendor
--       organisation: |
--         hq - head
--         b hq branch
--         o b office
--         r hq rep
--       modes: |
--         b branch-offices
--         r representative-office
--       stock: |
--         head H A 2026-03-08T20:00 40
--         head H B 2026-03-08T20:00 5
--         branch B1 A 2026-03-08T20:00 20
--         branch B1 B 2026-03-08T20:00 8
--         branch B1 C 2026-03-08T20:00 9
--         office O1 A 2026-03-09T20:00 10
--         rep R1 A 2026-03-09T20:00 99
--         branch B1 D 2026-02-09T20:00 50
--         head H D 2026-03-08T20:00 50
--     with: {day: 2026-03-10}
--     expect: 35
-- ---
SELECT partner, product, at_branch, at_headquarters,
    if(at_branches > 0, toDecimal128(toDecimal128(at_branch, 6) * least(at_branches, at_headquarters) / at_branches, 6), 0) AS twice
FROM
(
    SELECT partner, product, is_branch, sum(qty) AS held, if(is_branch, held, 0) AS at_branch,
        toDecimal128(sum(at_branch) OVER (PARTITION BY product), 6) AS at_branches,
        toDecimal128(sum(if(is_branch, 0, held)) OVER (PARTITION BY product), 6) AS at_headquarters
    FROM
    (
        SELECT s.partner AS partner, s.product AS product, s.qty AS qty, t.branch != '' AS is_branch
        FROM
        (
            SELECT partner, location, product, greatest(toDecimal64(argMax(qty, business_date), 6), 0) AS qty
            FROM v_stock_daily
            WHERE level = 'on_hand' AND partner IN (SELECT code FROM v_inside WHERE partner = '') AND business_date > {day:Date32} - 7 AND business_date <= {day:Date32}
            GROUP BY partner, location, product
        ) AS s
        INNER JOIN v_tree_at(tree = 'then', day = {day:Date32}) AS t ON t.partner = s.partner
        WHERE t.own AND product != '' AND (t.branch = '' AND t.mode NOT IN ('representative-office') OR t.mode IN ('branch-company', 'branch-offices'))
    )
    GROUP BY partner, product, is_branch
)
WHERE is_branch
