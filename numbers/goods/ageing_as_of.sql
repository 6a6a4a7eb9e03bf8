-- ---
-- name: ageing_as_of
-- relation: true
-- title: {en: Ageing as it was known, zh: 某时点所知的库龄}
-- takes: [day Date32, as_of String]
-- ---
-- One row per product of a location with a level not older than 7 days. The units of each bucket and older add up to what is
-- on hand. price is the list price in the reporting currency at the rate of the day, 0 where none is known. as_of as in
-- v_levels_at.
SELECT a.partner AS partner, a.location AS location, a.product AS product, a.on_hand AS on_hand, a.days_0_30 AS days_0_30, a.days_31_60 AS days_31_60, a.days_61_90 AS days_61_90,
    a.older AS older, if(a.reaches, a.older, 0) AS days_91_up, if(a.reaches, 0, a.older) AS unknown, toDecimal128(p.list_price * if(r.rate > 0, r.rate, 1), 6) AS price
FROM
(
    SELECT partner, location, product, on_hand, reaches,
        greatest(least(on_hand, arraySum(x -> if(x.1 <= 30, x.2, toDecimal128(0, 6)), receipts)), toDecimal128(0, 6)) AS days_0_30,
        greatest(least(on_hand - days_0_30, arraySum(x -> if(x.1 > 30 AND x.1 <= 60, x.2, toDecimal128(0, 6)), receipts)), toDecimal128(0, 6)) AS days_31_60,
        greatest(least(on_hand - days_0_30 - days_31_60, arraySum(x -> if(x.1 > 60 AND x.1 <= 90, x.2, toDecimal128(0, 6)), receipts)), toDecimal128(0, 6)) AS days_61_90,
        on_hand - days_0_30 - days_31_60 - days_61_90 AS older
    FROM
    (
        SELECT s.partner AS partner, s.location AS location, s.product AS product,
            arraySort(x -> -x.1, s.levels) AS sorted, -- the oldest first
            sorted[-1].2 AS on_hand,
            sorted[1].1 > 90 AS reaches,
            arrayMap((now, before) -> (now.1, greatest(now.2 - before.2, toDecimal128(0, 6))), arrayPopFront(sorted), arrayPopBack(sorted)) AS rises,
            multiIf(notEmpty(b.received), arrayConcat(b.received, b.arrived), notEmpty(b.bought), arrayConcat(b.bought, b.arrived), rises) AS receipts
        FROM
        (
            SELECT CAST(partner, 'String') AS partner, CAST(location, 'String') AS location, CAST(product, 'String') AS product, arrayMap(x -> (toInt32(x.1), toDecimal128(x.2, 6)), levels) AS levels
            FROM v_item_days(day = {day:Date32}, levels = 120, sales = 0)
            WHERE {as_of:String} = ''
            UNION ALL
            SELECT partner, location, product, groupArray((toInt32({day:Date32}) - toInt32(business_date), qty))
            FROM v_levels_at(from = {day:Date32} - 119, to = {day:Date32}, as_of = {as_of:String})
            WHERE {as_of:String} != '' AND level = 'on_hand'
            GROUP BY partner, location, product
        ) AS s
        LEFT JOIN
        (
            SELECT partner, location, product, groupArrayIf((toInt32({day:Date32}) - toInt32(business_date), units), kind = 'received') AS received,
                groupArrayIf((toInt32({day:Date32}) - toInt32(business_date), units), kind = 'sell_in') AS bought, groupArrayIf((toInt32({day:Date32}) - toInt32(business_date), units), kind = 'arrived') AS arrived
            FROM v_goods_rows(from = {day:Date32} - 90, to = {day:Date32}, as_of = {as_of:String})
            WHERE kind IN ('received', 'sell_in', 'arrived')
            GROUP BY partner, location, product
        ) AS b ON b.partner = s.partner AND b.location = s.location AND b.product = s.product
        WHERE sorted[-1].1 < 7 AND on_hand > 0
    )
) AS a
LEFT ANY JOIN v_products AS p ON p.code = a.product
LEFT JOIN (SELECT currency, argMax(rate, date) AS rate FROM v_rates WHERE date <= {day:Date32} GROUP BY currency) AS r ON r.currency = p.currency
