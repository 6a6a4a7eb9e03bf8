-- ---
-- name: sales_cells
-- relation: true
-- title: {en: Cells of daily sales, zh: 每日销售单元}
-- ---
-- The same rows, one to a key: what was withdrawn is not there. For questions that are no sums, such as whether anything
-- was sold on a day.
SELECT partner, business_date, location, product, kind, currency, reinterpret(qty_micros, 'Decimal(18, 6)') AS qty,
    reinterpret(base_micros, 'Decimal(18, 6)') AS base_amount, lines
FROM sales_daily FINAL
WHERE lines != 0 OR qty_micros != 0
