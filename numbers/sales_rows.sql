-- ---
-- name: sales_rows
-- relation: true
-- title: {en: Rows of daily sales, zh: 每日销售行}
-- ---
-- v_sales_daily before it is grouped: a key may have many rows, which add up to it. For plain sums, which need no
-- grouping first and are the fastest so. party is to whom or from whom, a location or a partner.
SELECT partner, business_date, location, product, kind, currency, party, reinterpret(qty_micros, 'Decimal(18, 6)') AS qty,
    reinterpret(amount_micros, 'Decimal(18, 6)') AS amount, reinterpret(base_micros, 'Decimal(18, 6)') AS base_amount,
    lines, lines_unmatched, lines_without_amount, lines_without_rate
FROM sales_daily
