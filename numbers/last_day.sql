-- ---
-- name: last_day
-- relation: true
-- title: {en: Last day of which anything is known, zh: 最后一个有数据的日子}
-- takes: [from Date32, to Date32]
-- ---
-- The last day of a period of which anything is known: a period ends with it, and what it is compared with is as long. A
-- month that is half over is half a month.
SELECT max(day) AS last
FROM (SELECT business_date AS day FROM v_sales_rows WHERE business_date >= {from:Date32} AND business_date <= {to:Date32} GROUP BY day HAVING sum(lines) > 0)
