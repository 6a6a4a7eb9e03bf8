-- ---
-- name: goods_rows
-- relation: true
-- title: {en: What came to a shelf and left it, zh: 货架的进与出}
-- takes: [from Date32, to Date32, as_of String]
-- ---
-- Rows of sales, purchases, deliveries and transfers as the location reports them; a key may have many, which add up to it.
-- as_of as in v_levels_at.
SELECT CAST(partner, 'String') AS partner, CAST(location, 'String') AS location, CAST(product, 'String') AS product, business_date, CAST(kind, 'String') AS kind, toDecimal128(qty, 6) AS units, lines
FROM v_sales_rows
WHERE {as_of:String} = '' AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND kind != 'void'
UNION ALL
SELECT CAST(partner, 'String'), CAST(location, 'String'), CAST(product, 'String'), business_date, CAST(kind, 'String'), toDecimal128(reinterpret(qty_micros, 'Decimal(18, 6)'), 6), lines
FROM flow_daily
WHERE {as_of:String} = '' AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND kind IN ('received', 'sent', 'arrived')
UNION ALL
SELECT partner, place, CAST(product, 'String'), business_date, CAST(kind, 'String'), toDecimal128(qty, 6), toInt64(sign)
FROM v_movements
WHERE known_at < toDateTime64OrZero({as_of:String}, 3, 'UTC') AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND kind != 'void'
UNION ALL
SELECT partner, place, CAST(product, 'String'), business_date, CAST(kind, 'String'), toDecimal128(qty, 6), toInt64(sign)
FROM v_shipment_lines
WHERE known_at < toDateTime64OrZero({as_of:String}, 3, 'UTC') AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND kind = 'received'
UNION ALL
SELECT partner, place, CAST(product, 'String'), business_date, CAST(kind, 'String'), toDecimal128(qty, 6), toInt64(sign)
FROM v_transfer_lines
WHERE known_at < toDateTime64OrZero({as_of:String}, 3, 'UTC') AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND kind IN ('sent', 'arrived')
