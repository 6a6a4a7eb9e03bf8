-- ---
-- name: promotion_lift
-- title: {en: Promotion lift, zh: 促销提升率}
-- formula: {en: "(sold in the promotion − baseline) ÷ baseline", zh: （促销期销售 − 基线）÷ 基线}
-- variant:
--   en: "By units, net of returns, of promotions with a day in the period, each from its first day to its last or to the end of the period. Baseline: for each day of the promotion, the mean of the same weekdays of the 8 weeks before it began, at the same location and of the same product, days of any promotion left out."
--   zh: 按净销售数量计；含期内有活动日的促销，各自从首日计至末日或期末。基线：对促销的每一天，取促销开始前 8 周内同一门店、同一商品、相同星期的日均，任何促销日除外。
-- edges:
--   en: "A day without sales is 0. A weekday of which all 8 were days of a promotion is left out on both sides. What was not sold in the 8 weeks has a baseline of 0; a baseline of 0 gives no value. A product in two promotions counts in each."
--   zh: 无销售之日按 0 计。8 个同星期日均为促销日者两边都不计。8 周内未售者基线为 0；基线为 0 则无值。同时处于两个促销的商品在各促销中均计。
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: 100 * (sum(sold) - sum(baseline)) / nullIf(sum(baseline), 0)
-- examples:
--   - says: "Monday the 2nd and Tuesday the 3rd: 12 sold. Of 8 Mondays before 6 were free and sold 12, so 2 each; of 8 Tuesdays 8 were free and sold 8. 12 after 3."
--     given: &given
--       products: |
--         A audio
--         B audio
--       locations: S1 acme
--       promotions: |
--         spring 2026-03-02 2026-03-03 A
--         early 2026-02-22 2026-02-23 - audio acme
--         old 2026-01-26 2026-01-26 A
--       sales: |
--         acme S1 A 2026-03-02 sell_out 9 90
--         acme S1 A 2026-03-03 sell_out 4 40
--         acme S1 A 2026-03-03 return_in -1 -10
--         acme S1 A 2026-03-04 sell_out 50 500
--         acme S1 A 2026-01-05 sell_out 7 70
--         acme S1 A 2026-02-16 sell_out 5 50
--         acme S1 A 2026-02-23 sell_out 80 800
--         acme S1 A 2026-01-26 sell_out 80 800
--         acme S1 A 2026-02-10 sell_out 8 80
--         acme S1 A 2026-02-11 sell_out 70 80
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 300
--   - says: Nothing of B was sold before.
--     given:
--       products: B audio
--       promotions: spring 2026-03-02 2026-03-03 B
--       sales: acme S1 B 2026-03-02 sell_out 9 90
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
-- One row per promotion, location and product that sold anything in the promotion or in the 8 weeks before it.
WITH
    asked AS (SELECT * FROM v_promotions WHERE from_date <= {to:Date32} AND to_date >= {from:Date32}),
    items AS
    (
        SELECT a.promotion AS promotion, a.name AS name, a.line AS line, a.partner AS whose, a.territory AS territory, a.from_date AS first, least(a.to_date, {to:Date32}) AS last,
            arrayJoin(if(a.product != '', [a.product], p.codes)) AS item
        FROM asked AS a
        LEFT JOIN (SELECT line, groupUniqArray(code) AS codes FROM v_products GROUP BY line) AS p ON p.line = a.line
    ),
    promoted AS
    (
        SELECT item, groupArray((partner, territory, first, last)) AS spans
        FROM
        (
            SELECT a.partner AS partner, a.territory AS territory, toInt32(a.from_date) AS first, toInt32(a.to_date) AS last, arrayJoin(if(a.product != '', [a.product], p.codes)) AS item
            FROM v_promotions AS a
            LEFT JOIN (SELECT line, groupUniqArray(code) AS codes FROM v_products GROUP BY line) AS p ON p.line = a.line
            WHERE a.to_date >= (SELECT min(from_date) FROM asked) - 56 AND a.from_date <= {to:Date32}
        )
        WHERE item IN (SELECT item FROM items)
        GROUP BY item
    )
SELECT promotion, name, partner, location, product, first AS from_date, last AS to_date, sold, sold_money, toDecimal128(arraySum(x -> x.2, counted), 6) AS baseline
FROM
(
    SELECT i.promotion AS promotion, i.name AS name, i.first AS first, i.last AS last, s.partner AS partner, s.location AS location, s.product AS product,
        arrayFilter(d -> NOT arrayExists(x -> (x.1 = '' OR x.1 = partner) AND (x.2 = '' OR has(any(s.path), x.2)) AND d >= x.3 AND d <= x.4, any(o.spans)), range(toInt32(first) - 56, toInt32(first))) AS free,
        range(toInt32(first), toInt32(last) + 1) AS days,
        groupArray((toInt32(s.business_date), toDecimal128(s.units, 6), toDecimal128(s.money, 6))) AS sales,
        -- by weekday: (is there a free day of it, what the days of the promotion would have sold)
        arrayMap(w -> (arrayCount(d -> d % 7 = w, free) > 0,
            toDecimal128(arraySum(x -> if(x.1 % 7 = w AND has(free, x.1), x.2, toDecimal128(0, 6)), sales) * arrayCount(d -> d % 7 = w, days) / nullIf(arrayCount(d -> d % 7 = w, free), 0), 6)), range(7)) AS weekdays,
        arrayMap(x -> (x.1, ifNull(x.2, toDecimal128(0, 6))), weekdays) AS counted,
        arraySum(x -> if(x.1 >= toInt32(first) AND weekdays[x.1 % 7 + 1].1, x.2, toDecimal128(0, 6)), sales) AS sold,
        arraySum(x -> if(x.1 >= toInt32(first) AND weekdays[x.1 % 7 + 1].1, x.3, toDecimal128(0, 6)), sales) AS sold_money
    FROM items AS i
    INNER JOIN
    (
        SELECT n.partner AS partner, n.location AS location, n.product AS product, n.business_date AS business_date, any(t.path) AS path, sum(n.units) AS units, sum(n.money) AS money
        FROM v_net_sell_out AS n
        LEFT ANY JOIN v_locations AS l ON l.code = n.location
        LEFT ANY JOIN v_territory_tree AS t ON t.territory = l.territory
        WHERE n.product IN (SELECT item FROM items) AND n.business_date >= (SELECT min(from_date) FROM asked) - 56 AND n.business_date <= {to:Date32}
        GROUP BY partner, location, product, business_date
    ) AS s ON s.product = i.item
    LEFT JOIN promoted AS o ON o.item = i.item
    WHERE (i.whose = '' OR i.whose = s.partner) AND (i.territory = '' OR has(s.path, i.territory)) AND s.business_date >= i.first - 56 AND s.business_date <= i.last
    GROUP BY promotion, name, first, last, partner, location, product
)
