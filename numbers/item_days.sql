-- ---
-- name: item_days
-- relation: true
-- title: {en: Days of a location's product, zh: 门店商品的逐日状态}
-- takes: [day Date32, levels Int32, sales Int32, back Int32]
-- ---
-- One row per product of a location for which a level was reported in the last `levels` days (at most 62). Bit i of a mask
-- is the day i days before `day`. A level stands on its own day and, until the next report, on six more; on such a day there
-- is stock where the level is above zero, or where something was sold: what sold out by evening was there in the morning.
-- moves: (age in days, units, money in the reporting currency) of every sale and return of the last `sales` days.
-- older_*: sums of those before, up to `back` days ago, and the age of the last sale among them, 255 for none.
SELECT partner, location, product, on_hand, reported_at,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(with_stock, 1))) AS s1,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s1, 1))) AS s2,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s2, 1))) AS s3,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s3, 1))) AS s4,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s4, 1))) AS s5,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s5, 1))) AS s6,
    bitOr(reported, bitShiftRight(reported, 1)) AS r1,
    bitOr(r1, bitShiftRight(r1, 2)) AS r3,
    bitOr(r3, bitShiftRight(r3, 3)) AS known,
    bitOr(s6, bitAnd(sold, known)) AS in_stock,
    moves, older_sale, older_units, older_money
FROM
(
    SELECT partner, location, product, groupBitOr(report) AS reported, groupBitOr(stock) AS with_stock, groupBitOrIf(bitShiftLeft(toUInt64(1), least(age, 63)), NOT is_level AND qty > 0 AND age < 63) AS sold,
        argMaxIf(qty, at, is_level) AS on_hand, maxIf(at, is_level) AS reported_at, groupArrayIf((age, qty, money), NOT is_level AND age < {sales:Int32}) AS moves,
        min(older_sale) AS older_sale, sum(older_units) AS older_units, sum(older_money) AS older_money
    FROM
    (
        SELECT partner, location, product, toUInt8(toInt32({day:Date32}) - toInt32(business_date)) AS age, bitShiftLeft(toUInt64(1), age) AS report,
            if(qty > 0, report, 0) AS stock, true AS is_level, toDecimal64(qty, 6) AS qty, toDecimal64(0, 6) AS money, toDateTime64(at, 0, 'UTC') AS at,
            toUInt8(255) AS older_sale, toDecimal64(0, 6) AS older_units, toDecimal64(0, 6) AS older_money
        FROM v_stock_cells
        WHERE level = 'on_hand' AND business_date > {day:Date32} - {levels:Int32} AND business_date <= {day:Date32}
        UNION ALL
        SELECT partner, location, product, toUInt8(toInt32({day:Date32}) - toInt32(business_date)), 0, 0, false, qty, base_amount, toDateTime64(0, 0, 'UTC'), 255, 0, 0
        FROM v_sales_cells
        WHERE kind IN ('sell_out', 'sell_through', 'return_in') AND business_date > {day:Date32} - {sales:Int32} AND business_date <= {day:Date32}
        UNION ALL
        SELECT partner, location, product, 255, 0, 0, false, 0, 0, toDateTime64(0, 0, 'UTC'), if(qty > 0, toUInt8(toInt32({day:Date32}) - toInt32(business_date)), 255), qty, base_amount
        FROM v_sales_cells
        WHERE kind IN ('sell_out', 'sell_through', 'return_in') AND business_date > {day:Date32} - {back:Int32} AND business_date <= {day:Date32} - {sales:Int32}
    )
    GROUP BY partner, location, product
)
WHERE reported != 0
