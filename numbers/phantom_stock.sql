-- ---
-- name: phantom_stock
-- title: {en: Phantom stock, zh: 虚库存}
-- formula:
--   en: products of locations with stock on hand that sold in the last 12 weeks and have now been silent for longer than their usual gap explains
--   zh: 账面有货、最近 12 周有过销售、而如今无销售的时间超出其通常间隔所能解释的门店商品数
-- variant:
--   en: "Silent longer than ever in the 12 weeks, and so long that at its share of days with a sale the silence had a chance below 0.1 %: (1 − share) ^ silent days in stock. At least 3 days with a sale."
--   zh: "沉默时间超过 12 周内的最长间隔，且按其有销售日占比计算，出现如此沉默的概率低于 0.1 %：(1 − 占比) ^ 有货沉默天数。至少 3 个有销售日。"
-- edges:
--   en: Days for which no level stands are no evidence of silence. A level older than 7 days is never phantom stock.
--   zh: 没有有效库存报告的日子不作为沉默的证据。超过 7 天的库存报告不判为虚库存。
-- unit: count
-- decimals: 0
-- better: less
-- adds_up: [product, location, partner]
-- takes: [day Date32]
-- kept: {key: [partner, location, product]}
-- measure: count()
-- examples:
--   - says: A sold on every second day, 5 times in 10 days, and then on none of 10 days that had stock; (1 − 5/10) ^ 10 is 0.098 %. B sold on one day only, C yesterday.
--     given:
--       stock: |
--         acme S1 A 2026-03-01T20:00 9
--         acme S1 B 2026-03-01T20:00 9
--         acme S1 C 2026-03-01T20:00 9
--         acme S1 A 2026-03-08T20:00 9
--         acme S1 B 2026-03-08T20:00 9
--         acme S1 C 2026-03-08T20:00 9
--         acme S1 A 2026-03-15T20:00 9
--         acme S1 B 2026-03-15T20:00 9
--         acme S1 C 2026-03-15T20:00 9
--       sales: |
--         acme S1 A 2026-03-01 sell_out 1
--         acme S1 A 2026-03-03 sell_out 1
--         acme S1 A 2026-03-05 sell_out 1
--         acme S1 A 2026-03-07 sell_out 1
--         acme S1 A 2026-03-10 sell_out 1
--         acme S1 B 2026-03-01 sell_out 1
--         acme S1 C 2026-03-01 sell_out 1
--         acme S1 C 2026-03-03 sell_out 1
--         acme S1 C 2026-03-05 sell_out 1
--         acme S1 C 2026-03-19 sell_out 1
--     with: {day: 2026-03-20}
--     expect: 1
-- ---
SELECT partner, location, product, on_hand, reported_at, last_sale, sale_days, usual_gap, longest_gap, silent_days, chance
FROM
(
    SELECT partner, location, product, on_hand, reported_at,
        arraySort(arrayDistinct(arrayMap(x -> x.1, arrayFilter(x -> x.2 > 0, moves)))) AS ages,
        toInt32(length(ages)) AS sale_days,
        {day:Date32} - ages[1] AS last_sale,
        toInt32(arrayMax(arrayDifference(arrayMap(x -> toInt32(x), ages)))) AS longest_gap,
        (ages[-1] - ages[1] + 1) / sale_days AS usual_gap,
        -- The last sale's own day is not a silent one.
        toInt32(bitCount(bitAnd(in_stock, bitShiftLeft(toUInt64(1), least(ages[1], 62)) - 1))) AS silent_days,
        pow(1 - least(1 / usual_gap, 0.95), silent_days) AS chance
    FROM v_item_days(day = {day:Date32}, levels = 62, sales = 84)
    WHERE on_hand > 0 AND bitTest(known, 0) AND length(moves) > 2
)
WHERE sale_days >= 3 AND silent_days > longest_gap AND chance < 0.001
