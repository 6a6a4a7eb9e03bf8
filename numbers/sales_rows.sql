-- ---
-- name: sales_rows
-- relation: true
-- title: {en: Rows of daily sales, zh: 每日销售行}
-- ---
-- v_sales_daily before it is grouped: rows may be many per key and add up to it. For sums, which need no grouping first.
SELECT partner, business_date, location, product, kind, currency, reinterpret(qty_micros, 'Decimal(18, 6)') AS qty,
    reinterpret(amount_micros, 'Decimal(18, 6)') AS amount, reinterpret(base_micros, 'Decimal(18, 6)') AS base_amount,
    lines, lines_unmatched, lines_without_amount, lines_without_rate
FROM sales_daily
