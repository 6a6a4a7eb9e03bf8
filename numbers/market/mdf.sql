-- ---
-- name: mdf
-- relation: true
-- title: {en: Marketing support and what it moved, zh: 市场支持资金与拉动销售}
-- takes: [from Date32, to Date32]
-- ---
-- Marketing support of support.csv that was given and used in a period, in the reporting currency at the rate of its day (as it
-- is where no rate is known); and what the partners that used any sold of the lines that it was for, of all where it names none,
-- in the period and on the same days last year. Sold is to the next partner or to end customers, less returns.
WITH used_for AS (SELECT partner, line FROM v_support WHERE what = 'used' AND date >= {from:Date32} AND date <= {to:Date32} GROUP BY partner, line)
SELECT partner, line, sumIf(money, what = 'given') AS given, sumIf(money, what = 'used') AS used, toDecimal128(0, 6) AS sales, toDecimal128(0, 6) AS sales_year
FROM
(
    SELECT s.partner AS partner, s.line AS line, s.what AS what, toDecimal128(toDecimal128(s.amount, 6) * if(r.rate > 0, r.rate, 1), 6) AS money
    FROM (SELECT * FROM v_support WHERE date >= {from:Date32} AND date <= {to:Date32}) AS s
    ASOF LEFT JOIN v_rates AS r ON r.currency = s.currency AND r.date <= s.date
)
GROUP BY partner, line
UNION ALL
SELECT s.partner, p.line, toDecimal128(0, 6), toDecimal128(0, 6), sumIf(toDecimal128(s.money, 6), s.business_date >= {from:Date32}), sumIf(toDecimal128(s.money, 6), s.business_date < {from:Date32})
FROM v_stages AS s
LEFT ANY JOIN v_products AS p ON p.code = s.product
WHERE s.reads IN ('sell_out', 'sell_through') AND (s.business_date >= {from:Date32} AND s.business_date <= {to:Date32} OR s.business_date >= addYears({from:Date32}, -1) AND s.business_date <= addYears({to:Date32}, -1))
    AND ((s.partner, '') IN (SELECT partner, line FROM used_for) OR (s.partner, p.line) IN (SELECT partner, line FROM used_for))
GROUP BY s.partner, p.line
