-- ---
-- name: stock_cells
-- relation: true
-- title: {en: Levels by day, zh: 每日库存水平}
-- ---
-- v_stock_daily by a shorter way: the last report of each item on a day, and the items of a product added. Nearly always
-- there is one row, which is taken as it is.
SELECT partner, location, product, level, business_date,
    if(length(reports) = 1, reports[1].3, arraySum((now, next) -> if(now.1 = next.1, toDecimal64(0, 6), now.3),
        arraySort(reports) AS sorted, arrayPushBack(arrayPopFront(sorted), (concat(sorted[-1].1, '.'), toInt64(0), toDecimal64(0, 6))))) AS qty,
    toDateTime64(arrayMax(x -> x.2, reports), 0, 'UTC') AS at
FROM
(
    SELECT partner, location, product, level, business_date, groupArray((item, at_seconds, reinterpret(qty_micros, 'Decimal(18, 6)'))) AS reports
    FROM stock_daily FINAL
    WHERE lines > 0
    GROUP BY level, business_date, partner, location, product
)
