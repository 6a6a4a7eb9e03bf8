-- ---
-- name: cover_history
-- relation: true
-- title: {en: Cover by day, zh: 每日库存覆盖}
-- takes: [day Date32, back Int32]
-- kept: {key: [partner, location, product], most: {back: 120}}
-- ---
-- One row per product of a location whose on-hand level was reported in the `back` days up to `day`, with one element for
-- each day on which it was: how many days before `day` that was, and how long what was reported would last at the velocity of
-- `day`. cover is 0 for nothing on hand, 1 for up to 7 days, 2 for up to 14, 3 for up to 28, 4 for up to 56, 5 for more, or for
-- ever because nothing is sold.
SELECT s.partner AS partner, s.location AS location, s.product AS product, arrayMap(x -> x.1, s.levels) AS ages,
    arrayMap(x -> toUInt8(multiIf(x.2 <= 0, 0, ifNull(v.velocity, 0) <= 0, 5, x.2 / v.velocity <= 7, 1, x.2 / v.velocity <= 14, 2, x.2 / v.velocity <= 28, 3, x.2 / v.velocity <= 56, 4, 5)), s.levels) AS covers
FROM
(
    SELECT partner, location, product, groupArray((toUInt8(toInt32({day:Date32}) - toInt32(business_date)), qty)) AS levels
    FROM v_stock_cells
    WHERE level = 'on_hand' AND business_date > {day:Date32} - {back:Int32} AND business_date <= {day:Date32}
    GROUP BY partner, location, product
) AS s
LEFT JOIN (SELECT partner, location, product, velocity FROM v_velocity(day = {day:Date32})) AS v
ON v.partner = s.partner AND v.location = s.location AND v.product = s.product
