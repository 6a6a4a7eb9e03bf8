-- ---
-- name: reconciliation_as_of
-- relation: true
-- title: {en: Reconciliation of goods as it was known, zh: 某时点所知的货物对账}
-- takes: [from Date32, to Date32, as_of String]
-- ---
-- One row per product of a location with a level at both ends: opening is the newest of the seven days before `from`, reported
-- the newest of the last seven days up to `to`. What came and went counts from the day after the one level to the day of the
-- other, so that a level that is some days old is compared with what was known on its day. as_of as in v_levels_at.
--
-- The gap is reported − calculated, and made of five parts that add up to it. in_transit: received − bought, of a partner that
-- reports both: goods that were bought and have not come, or came and were bought before. returns: what was taken back and waits
-- (level returns_pending) is not on hand. damaged: what went to the level damaged and was not booked as an adjustment.
-- unreported: net sales of a day on which the location told of sales × days without any sale on which it would have, by the
-- weekday of the four weeks before. rest: nobody knows.
SELECT partner, location, product, opened, closed, opening, reported, sell_in, returned_to_vendor, sold, returned, transfers, adjustments, missing_days,
    opening + sell_in - sold + returned - returned_to_vendor + transfers + adjustments AS calculated, reported - calculated AS gap,
    in_transit, returns, damaged, if(told_days > 0, -(sold - returned) * missing_days / told_days, toDecimal128(0, 6)) AS unreported,
    gap - in_transit - returns - damaged - unreported AS rest
FROM
(
    SELECT p.partner AS partner, p.location AS location, p.product AS product, p.opened AS opened, p.closed AS closed, p.opening AS opening, p.reported AS reported,
        if(p.tells_bought, bought, received) AS sell_in, p.returned_to_vendor AS returned_to_vendor, p.sold AS sold, p.returned AS returned, p.transfers AS transfers, p.adjustments AS adjustments,
        if(p.tells_bought AND p.tells_received, received - bought, 0) AS in_transit, p.returns AS returns, p.damaged AS damaged,
        toInt32(arrayCount(d -> d > toInt32(p.opened) AND d <= toInt32(p.closed), l.told)) AS told_days,
        toInt32(arrayCount(d -> d > toInt32(p.opened) AND d <= toInt32(p.closed), l.missing)) AS missing_days
    FROM
    (
        SELECT *, max(has_bought) OVER (PARTITION BY partner) AS tells_bought, max(has_received) OVER (PARTITION BY partner) AS tells_received,
            max(has_in) OVER (PARTITION BY partner) AS tells_in, max(has_sold) OVER (PARTITION BY partner) AS tells_sold
        FROM
        (
            SELECT partner, location, product, on_hand_before.1 AS opened, on_hand_before.2 AS opening, on_hand_after.1 AS closed, on_hand_after.2 AS reported, leveled,
                arrayFilter(m -> m.1 > opened AND m.1 <= closed, moves) AS within,
                arraySum(m -> if(m.2 = 'sell_in', m.3, toDecimal128(0, 6)), within) AS bought, arraySum(m -> if(m.2 = 'received', m.3, toDecimal128(0, 6)), within) AS received,
                -arraySum(m -> if(m.2 = 'return_out', m.3, toDecimal128(0, 6)), within) AS returned_to_vendor,
                arraySum(m -> if(m.2 IN ('sell_out', 'sell_through'), m.3, toDecimal128(0, 6)), within) AS sold, -arraySum(m -> if(m.2 = 'return_in', m.3, toDecimal128(0, 6)), within) AS returned,
                arraySum(m -> multiIf(m.2 IN ('transfer', 'arrived'), m.3, m.2 = 'sent', -m.3, toDecimal128(0, 6)), within) AS transfers,
                arraySum(m -> if(m.2 = 'adjustment', m.3, toDecimal128(0, 6)), within) AS adjustments,
                if(waits = 3, waiting_before.2 - waiting_after.2, toDecimal128(0, 6)) AS returns,
                if(broken = 3, -greatest(broken_after.2 - broken_before.2 + least(adjustments, 0), toDecimal128(0, 6)), toDecimal128(0, 6)) AS damaged,
                arrayExists(m -> m.2 = 'sell_in', moves) AS has_bought, arrayExists(m -> m.2 = 'received', moves) AS has_received,
                arrayExists(m -> m.2 IN ('sell_in', 'received', 'arrived', 'transfer'), moves) AS has_in, arrayExists(m -> m.2 IN ('sell_out', 'sell_through'), moves) AS has_sold
            FROM
            (
                SELECT partner, location, product, groupArrayIf((day, kind, qty), what = 0) AS moves,
                    maxIf((day, qty), what = 1) AS on_hand_before, maxIf((day, qty), what = 2) AS on_hand_after, groupBitOrIf(toUInt8(what), what IN (1, 2)) = 3 AS leveled,
                    maxIf((day, qty), what = 5) AS waiting_before, maxIf((day, qty), what = 6) AS waiting_after, groupBitOrIf(toUInt8(what - 4), what IN (5, 6)) AS waits,
                    maxIf((day, qty), what = 9) AS broken_before, maxIf((day, qty), what = 10) AS broken_after, groupBitOrIf(toUInt8(what - 8), what IN (9, 10)) AS broken
                FROM
                (
                    SELECT partner, location, product, business_date AS day, 0 AS what, kind, units AS qty
                    FROM v_goods_rows(from = {from:Date32} - 6, to = {to:Date32}, as_of = {as_of:String})
                    UNION ALL
                    SELECT partner, location, product, business_date, if(business_date < {from:Date32}, 1, 2) + multiIf(level = 'on_hand', 0, level = 'returns_pending', 4, 8), '', qty
                    FROM v_levels_at(from = {from:Date32} - 7, to = {to:Date32}, as_of = {as_of:String})
                    WHERE level IN ('on_hand', 'returns_pending', 'damaged') AND (business_date < {from:Date32} OR business_date > {to:Date32} - 7)
                )
                WHERE product != ''
                GROUP BY partner, location, product
            )
        )
    ) AS p
    LEFT JOIN
    (
        SELECT partner, location, days AS told,
            arrayFilter(d -> NOT has(days, d) AND (has(days, d - 7) OR has(days, d - 14) OR has(days, d - 21) OR has(days, d - 28)), range(toInt32({from:Date32}) - 6, toInt32({to:Date32}) + 1)) AS missing
        FROM
        (
            SELECT partner, location, groupArray(day) AS days
            FROM
            (
                SELECT partner, location, toInt32(business_date) AS day
                FROM v_goods_rows(from = {from:Date32} - 34, to = {to:Date32}, as_of = {as_of:String})
                WHERE kind IN ('sell_out', 'sell_through', 'return_in')
                GROUP BY partner, location, day
                HAVING sum(lines) > 0
            )
            GROUP BY partner, location
        )
    ) AS l ON l.partner = p.partner AND l.location = p.location
    WHERE p.leveled AND p.tells_in AND p.tells_sold
)
