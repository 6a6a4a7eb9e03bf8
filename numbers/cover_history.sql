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
SELECT partner, location, product, arrayMap(x -> x.1, levels) AS ages,
    greatest(arraySum(x -> if(bitTest(in_stock, x.1), x.2, toDecimal64(0, 6)), moves), 0) / nullIf(toDecimal64(bitCount(bitAnd(in_stock, 0xFFFFFFF)), 0), 0) AS velocity,
    arrayMap(x -> toUInt8(multiIf(x.2 <= 0, 0, ifNull(velocity, 0) <= 0, 5, x.2 / velocity <= 7, 1, x.2 / velocity <= 14, 2, x.2 / velocity <= 28, 3, x.2 / velocity <= 56, 4, 5)), levels) AS covers
FROM v_item_days(day = {day:Date32}, levels = greatest({back:Int32}, 34), sales = 28)
