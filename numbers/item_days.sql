-- ---
-- name: item_days
-- relation: true
-- title: {en: Days of a location's product, zh: 门店商品的逐日状态}
-- takes: [day Date32, levels Int32, sales Int32]
-- ---
-- One row per product of a location for which an on-hand level was reported in the last `levels` days (at most 120).
-- levels: (age in days, units, seconds since 1970) of the last report of each day, items of one product added.
-- moves: (age, units, money in the reporting currency) of what was sold and what came back in the last `sales` days.
-- Bit i of a mask is the day i days before `day`, up to 62. A level stands on its own day and, until the next report, on six
-- more; on such a day there is stock where the level is above zero, or where something was sold: what sold out by evening was
-- there in the morning.
-- The sums are read as they lie. Rows of one key that the server has not added yet are added here, and so are several reports
-- of a day: odd is the reports where there is such a thing, seldom.
SELECT partner, location, product, levels, moves, on_hand, toDateTime64(at, 0, 'UTC') AS reported_at, reported, with_stock, sold,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(with_stock, 1))) AS s1,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s1, 1))) AS s2,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s2, 1))) AS s3,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s3, 1))) AS s4,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s4, 1))) AS s5,
    bitOr(with_stock, bitAnd(bitNot(reported), bitShiftRight(s5, 1))) AS s6,
    bitOr(reported, bitShiftRight(reported, 1)) AS r1,
    bitOr(r1, bitShiftRight(r1, 2)) AS r3,
    bitOr(r3, bitShiftRight(r3, 3)) AS known,
    bitOr(s6, bitAnd(sold, known)) AS in_stock
FROM
(
    SELECT partner, location, product, levels, moves, newest.1 AS at, newest.2 AS on_hand,
        arrayReduce('groupBitOr', arrayMap(x -> bitShiftLeft(toUInt64(x.1 < 63), least(x.1, 63)), levels)) AS reported,
        arrayReduce('groupBitOr', arrayMap(x -> bitShiftLeft(toUInt64(x.1 < 63 AND x.2 > 0), least(x.1, 63)), levels)) AS with_stock,
        arrayReduce('groupBitOr', arrayMap(x -> bitShiftLeft(toUInt64(x.1 < 63 AND x.2 > 0), least(x.1, 63)), moves)) AS sold
    FROM
    (
        SELECT partner, location, product, levels, moves, arrayMax(arrayMap(x -> (x.3, x.2), levels)) AS newest
        FROM
        (
            SELECT partner, location, product,
                if(plain, arrayMap(x -> (x.1, reinterpret(x.5, 'Decimal(18, 6)'), x.4), reports),
                    arrayMap(a -> (a, reinterpret(arraySum(n -> if(n.1 = a, n.5, 0), lasts), 'Decimal(18, 6)'), arrayMax(n -> if(n.1 = a, n.4, 0), lasts)), arrayDistinct(arrayMap(n -> n.1, lasts)))) AS levels,
                if(single, arrayMap(x -> (x.1, reinterpret(x.3, 'Decimal(18, 6)'), reinterpret(x.4, 'Decimal(18, 6)')), parts),
                    arrayMap(k -> (k.1, reinterpret(arraySum(x -> if((x.1, x.2) = k, x.3, 0), parts), 'Decimal(18, 6)'), reinterpret(arraySum(x -> if((x.1, x.2) = k, x.4, 0), parts), 'Decimal(18, 6)')),
                        arrayDistinct(arrayMap(x -> (x.1, x.2), parts)))) AS moves
            FROM
            (
                -- Of each item the last report of a day.
                SELECT partner, location, product, plain, single, reports, parts, arrayFilter(n -> NOT arrayExists(m -> m.1 = n.1 AND m.2 = n.2 AND (m.4, m.5, m.3) > (n.4, n.5, n.3), standing), standing) AS lasts
                FROM
                (
                    -- Of the reports, by (age, item, namespace, at), those that stand.
                    SELECT partner, location, product, plain, single, reports, parts,
                        arrayFilter(n -> n.6 > 0, arrayMap(k -> (k.1, k.2, k.3, k.4, arraySum(x -> if((x.1, x.2, x.3, x.4) = k, x.5, 0), odd), arraySum(x -> if((x.1, x.2, x.3, x.4) = k, x.6, 0), odd)),
                            arrayDistinct(arrayMap(x -> (x.1, x.2, x.3, x.4), odd)))) AS standing
                    FROM
                    (
                        SELECT partner, location, product, groupArrayIf((age, code, namespace_code, at, qty, lines), is_level) AS reports, groupArrayIf((age, code, qty, money), NOT is_level) AS parts,
                            arrayAll(x -> x.6 = 1, reports) AND length(arrayDistinct(arrayMap(x -> x.1, reports))) = length(reports) AS plain, if(plain, arraySlice(reports, 1, 0), reports) AS odd,
                            length(arrayDistinct(arrayMap(x -> (x.1, x.2), parts))) = length(parts) AS single
                        FROM
                        (
                            SELECT partner, location, product, toUInt8(toInt32({day:Date32}) - toInt32(business_date)) AS age, true AS is_level, cityHash64(item) AS code, cityHash64(namespace) AS namespace_code,
                                at_seconds AS at, qty_micros AS qty, lines, toInt64(0) AS money
                            FROM stock_daily
                            WHERE level = 'on_hand' AND business_date > {day:Date32} - {levels:Int32} AND business_date <= {day:Date32}
                            UNION ALL
                            SELECT partner, location, product, toUInt8(toInt32({day:Date32}) - toInt32(business_date)), false, cityHash64(currency) + toUInt8(kind), 0, 0, qty_micros, 0, base_micros
                            FROM sales_daily
                            WHERE kind IN ('sell_out', 'sell_through', 'return_in') AND business_date > {day:Date32} - {sales:Int32} AND business_date <= {day:Date32}
                        )
                        GROUP BY partner, location, product
                        HAVING notEmpty(reports)
                    )
                )
            )
        )
        WHERE notEmpty(levels)
    )
)
