-- ---
-- name: sell_through
-- relation: true
-- title: {en: What became of the stock of a period, zh: 期间库存去向}
-- takes: [from Date32, to Date32]
-- ---
-- One row per product of a location: sold (net sell-out), received (sell-in) and the on-hand level at the start and at the
-- end of the period. A level counts for 7 days; where none stands it is NULL, never 0.
SELECT partner, location, product, sum(sold) AS sold, sum(received) AS received,
    if(max(opening_at) > toDate32('1970-01-01'), argMax(level, opening_at), NULL) AS opening,
    if(max(closing_at) > toDate32('1970-01-01'), argMax(level, closing_at), NULL) AS closing
FROM
(
    SELECT partner, location, product, units AS sold, toDecimal64(0, 6) AS received, toDecimal64(0, 6) AS level, toDate32('1970-01-01') AS opening_at, toDate32('1970-01-01') AS closing_at
    FROM v_net_sell_out
    WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
    UNION ALL
    SELECT partner, location, product, 0, qty, 0, toDate32('1970-01-01'), toDate32('1970-01-01')
    FROM v_sales_rows
    WHERE kind = 'sell_in' AND business_date >= {from:Date32} AND business_date <= {to:Date32}
    UNION ALL
    SELECT partner, location, product, 0, 0, toDecimal64(qty, 6), if(business_date < {from:Date32}, business_date, toDate32('1970-01-01')), if(business_date > {to:Date32} - 7, business_date, toDate32('1970-01-01'))
    FROM v_stock_cells
    WHERE level = 'on_hand' AND (business_date > {to:Date32} - 7 AND business_date <= {to:Date32} OR business_date >= {from:Date32} - 7 AND business_date < {from:Date32})
)
GROUP BY partner, location, product
