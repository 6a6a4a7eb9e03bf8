-- ---
-- name: growth
-- relation: true
-- title: {en: Periods to compare, zh: 对比期间}
-- takes: [from Date32, to Date32]
-- ---
-- Units of a period and of the periods that it is compared with, side by side in every row. The period ends with its last
-- day of which anything is known, and what it is compared with is as long: a month that is half over is half a month.
-- in_both: the partner reported sales in the period and in the same one of last year. aligned_*: each day of a festival is
-- beside its own of last year's, every other day beside its date; a day without a counterpart is left out on both sides.
WITH
    (SELECT max(day) FROM (SELECT business_date AS day FROM v_sales_rows WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} GROUP BY day HAVING sum(lines) > 0)) AS last,
    toInt32(last) - toInt32({from:Date32}) + 1 AS length,
    (
        SELECT groupArray((now.from_date, now.to_date, then.from_date, then.to_date))
        FROM v_calendar AS now INNER JOIN v_calendar AS then ON then.name = now.name
        WHERE then.year = now.year - 1
    ) AS festivals,
    arrayMap(i -> {from:Date32} + i, range(toUInt32(greatest(length, 0)))) AS days,
    arrayMap(d -> multiIf(
        arrayExists(f -> d BETWEEN f.1 AND f.2, festivals), arrayFirst(f -> d BETWEEN f.1 AND f.2, festivals).3 + (toInt32(d) - toInt32(arrayFirst(f -> d BETWEEN f.1 AND f.2, festivals).1)),
        addYears(d, -1)), days) AS beside,
    arrayMap((d, b) -> if(arrayExists(f -> d BETWEEN f.1 AND f.2, festivals), b <= arrayFirst(f -> d BETWEEN f.1 AND f.2, festivals).4, NOT arrayExists(f -> b BETWEEN f.3 AND f.4, festivals)), days, beside) AS paired,
    arrayFilter((d, p) -> p, days, paired) AS aligned_days,
    arrayFilter((b, p) -> p, beside, paired) AS aligned_beside
SELECT partner, business_date, location, product,
    business_date >= {from:Date32} AND business_date <= last AS is_this,
    business_date >= {from:Date32} - length AND business_date < {from:Date32} AS is_previous,
    business_date >= addYears({from:Date32}, -1) AND business_date <= addYears(last, -1) AS is_year,
    if(is_this, units, 0) AS this, if(is_previous, units, 0) AS previous, if(is_year, units, 0) AS year,
    if(business_date IN (SELECT arrayJoin(aligned_days)), units, 0) AS aligned_this, if(business_date IN (SELECT arrayJoin(aligned_beside)), units, 0) AS aligned_year,
    partner IN (SELECT partner FROM v_sales_rows WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} GROUP BY partner HAVING sum(lines) > 0)
        AND partner IN (SELECT partner FROM v_sales_rows WHERE business_date >= addYears({from:Date32}, -1) AND business_date <= addYears({to:Date32}, -1) GROUP BY partner HAVING sum(lines) > 0) AS in_both
FROM v_net_sell_out
WHERE (business_date >= {from:Date32} - (toInt32({to:Date32}) - toInt32({from:Date32}) + 1) AND business_date <= {to:Date32})
    OR (business_date >= addYears({from:Date32}, -1) - 70 AND business_date <= addYears({to:Date32}, -1) + 70)
