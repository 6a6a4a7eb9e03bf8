-- ---
-- name: levels_at
-- relation: true
-- title: {en: Levels by day as they were known, zh: 某时点所知的每日库存水平}
-- takes: [from Date32, to Date32, as_of String]
-- ---
-- The last report of each day, items of a product added. as_of is an instant like 2026-03-04 00:00:00, in UTC: what was known
-- before it, from the ledger; empty: what is known now, from the sums.
SELECT CAST(partner, 'String') AS partner, CAST(location, 'String') AS location, CAST(product, 'String') AS product, CAST(level, 'String') AS level, business_date, toDecimal128(qty, 6) AS qty
FROM v_stock_daily
WHERE {as_of:String} = '' AND business_date >= {from:Date32} AND business_date <= {to:Date32}
UNION ALL
SELECT partner, location, product, level, business_date, toDecimal128(sum(item_qty), 6) AS qty
FROM
(
    SELECT partner, location, product, item, level, business_date, argMax(q, at) AS item_qty
    FROM
    (
        SELECT partner, place AS location, CAST(product, 'String') AS product, item, namespace, CAST(kind, 'String') AS level, business_date, sold_at AS at, sum(r.qty) AS q
        FROM stock_reports AS r
        WHERE known_at < toDateTime64OrZero({as_of:String}, 3, 'UTC') AND business_date >= {from:Date32} AND business_date <= {to:Date32}
        GROUP BY partner, location, product, item, namespace, level, business_date, at
        HAVING sum(sign) > 0
    )
    GROUP BY partner, location, product, item, level, business_date
)
GROUP BY partner, location, product, level, business_date
