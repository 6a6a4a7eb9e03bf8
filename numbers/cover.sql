-- ---
-- name: cover
-- relation: true
-- title: {en: Cover of a location's product, zh: 门店商品的库存覆盖}
-- takes: [day Date32]
-- kept: {key: [partner, location, product]}
-- ---
-- One row per product of a location whose on-hand level was reported in the 34 days up to `day`. on_hand is the newest of
-- them, whatever its age; stands says that it is not older than 7 days, the time for which a level counts. ranged: listed
-- for the location, or sold there in the last 12 weeks. lead_days is 0 where no lead time is listed. price is the mean net
-- price of the last 12 weeks there, in the reporting currency. runs_out: the day on which the stock is gone at that velocity.
-- at_stake: money that is lost until the lead time, or 7 days where none is listed, has passed.
SELECT c.partner AS partner, c.location AS location, c.product AS product, c.on_hand AS on_hand, c.velocity AS velocity,
    if(c.velocity > 0, c.on_hand / c.velocity, NULL) AS days_of_supply, c.reported_at AS reported_at,
    (c.sold_lately OR r.listed)::Bool AS ranged, r.lead AS lead_days, c.stands AS stands, c.in_stock_days AS in_stock_days,
    c.out_days AS out_days, c.price AS price, c.last_sale AS last_sale,
    if(days_of_supply < 3650, {day:Date32} + toInt32(floor(greatest(days_of_supply, 0))), NULL) AS runs_out,
    if(r.lead > 0, r.lead, 7) AS lead_or_week,
    if(stands AND ranged AND c.velocity > 0, c.velocity * greatest(lead_or_week - greatest(days_of_supply, 0), 0), 0) AS units_at_stake,
    units_at_stake * c.price AS at_stake
FROM
(
    -- At most one row of a location and product is in force on a day.
    SELECT location, product, lead_days AS lead, true AS listed
    FROM v_ranging
    WHERE {day:Date32} > toDate32('1970-01-01') AND from_date <= {day:Date32} AND to_date >= {day:Date32}
) AS r
RIGHT JOIN
(
    SELECT partner, location, product, on_hand, reported_at, bitTest(known, 0)::Bool AS stands,
        toInt32(bitCount(bitAnd(in_stock, 0xFFFFFFF))) AS in_stock_days,
        toInt32(bitCount(bitAnd(bitXor(known, in_stock), 0xFFFFFFF))) AS out_days,
        greatest(arraySum(x -> if(x.1 < 28 AND bitTest(in_stock, least(x.1, 63)), x.2, toDecimal64(0, 6)), moves), 0) / nullIf(toDecimal64(in_stock_days, 0), 0) AS velocity,
        arrayMin(x -> if(x.2 > 0, x.1, 255), arrayPushBack(moves, (255, 0, 0))) AS sale_age,
        sale_age < 255 AS sold_lately,
        if(sold_lately, {day:Date32} - sale_age, toDate32('1970-01-01')) AS last_sale,
        arraySum(x -> x.2, moves) AS units,
        if(units > 0, toDecimal128(arraySum(x -> x.3, moves), 6) / units, NULL) AS price
    FROM v_item_days(day = {day:Date32}, levels = 34, sales = 84)
) AS c ON r.location = c.location AND r.product = c.product
