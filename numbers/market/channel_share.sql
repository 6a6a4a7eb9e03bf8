-- ---
-- name: channel_share
-- title: {en: Channel share, zh: 渠道份额}
-- formula: {en: "own net sell-out ÷ what the partner sold of the category, of every make", zh: 自有产品净销售量 ÷ 伙伴该品类全部品牌销售量}
-- variant: {en: "By units. Of category_sales.csv, the periods that ended in the 92 days up to the day; own units are those of the same partner, line and period.", zh: 按数量计。取 category_sales.csv 中截至当日 92 天内结束的期间；自有数量取同一伙伴、产品线与期间。}
-- edges: {en: "What a partner does not report is left out on both sides. A period with a shorter one of the same partner and line inside it is left out. No category units give no value. Above 100 % where the partner reports too little.", zh: 伙伴未报告者两边都不计；含有同一伙伴与产品线更短期间者不计。无品类数量则无值；伙伴少报时可超过 100 %。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [day Date32]
-- measure: 100 * sumIf(own_units, category_units > 0) / nullIf(sum(category_units), 0)
-- examples:
--   - says: "February: 10 + 2 − 2 of 40 audio. March has not ended; video of zeta is in no report; the quarter has a month of its own inside."
--     given: &given
--       products: |
--         A audio
--         B video
--       category_sales: |
--         acme audio 2026-02 40 400
--         acme audio 2026-03 90 900
--         acme audio 2025-Q4 7 70
--         acme audio 2025-12 - 50
--       sales: |
--         acme S1 A 2026-02-01 sell_out 10 100
--         acme S1 A 2026-02-28 sell_out 2 20
--         acme S1 A 2026-02-27 return_in -2 -20
--         acme S1 A 2026-03-01 sell_out 5 50
--         acme S1 A 2025-12-24 sell_out 3 25
--         zeta Z1 B 2026-02-03 sell_out 9 90
--     with: {day: 2026-03-15}
--     expect: 25
--   - says: Nobody reports a category.
--     given:
--       sales: zeta Z1 B 2026-02-03 sell_out 9 90
--     with: {day: 2026-03-15}
--     expect: null
-- ---
WITH reported AS
(
    SELECT partner, line, period, from_date, to_date, units, money
    FROM (SELECT *, groupArray((from_date, to_date)) OVER (PARTITION BY partner, line) AS spans FROM v_category_sales WHERE to_date <= {day:Date32} AND to_date > {day:Date32} - 92)
    WHERE NOT arrayExists(s -> s.1 >= from_date AND s.2 <= to_date AND s != (from_date, to_date), spans)
)
SELECT r.partner AS partner, r.line AS line, r.period AS period, r.from_date AS from_date, r.to_date AS to_date,
    toDecimal128(any(r.units), 6) AS category_units, toDecimal128(any(r.money), 6) AS category_money,
    sumIf(s.units, s.business_date >= r.from_date AND s.business_date <= r.to_date) AS own_units,
    sumIf(s.money, s.business_date >= r.from_date AND s.business_date <= r.to_date) AS own_money
FROM reported AS r
LEFT JOIN
(
    SELECT n.partner AS partner, p.line AS line, n.business_date AS business_date, sum(toDecimal128(n.units, 6)) AS units, sum(toDecimal128(n.money, 6)) AS money
    FROM v_net_sell_out AS n
    INNER JOIN v_products AS p ON p.code = n.product
    WHERE n.partner IN (SELECT partner FROM reported) AND n.business_date >= (SELECT min(from_date) FROM reported) AND n.business_date <= {day:Date32}
    GROUP BY partner, line, business_date
) AS s ON s.partner = r.partner AND s.line = r.line
GROUP BY partner, line, period, from_date, to_date
