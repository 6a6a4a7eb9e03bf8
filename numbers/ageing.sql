-- ---
-- name: ageing
-- title: {en: Stock older than 90 days, zh: 库龄 90 天以上的库存}
-- formula: {en: "units on hand whose layer, first in first out, was received more than 90 days ago", zh: 按先进先出，入库超过 90 天的在手数量}
-- variant:
--   en: "Layers are made of sell-in where any is reported for the location's product in these 90 days, else of increases of the reported level, which understates a layer by what was sold before the next report. Stock for which no receipt is seen is older than 90 days if a level was reported then, else of unknown age."
--   zh: "如该门店商品 90 天内报告过 sell-in，则据此分层；否则以库存水平的上升分层，会少计下次报告前已售出的部分。未见入库的库存：若 90 天前已有报告则计为 90 天以上，否则库龄未知。"
-- edges:
--   en: A level older than 7 days is unknown and left out. Unknown age is in no bucket of days.
--   zh: 超过 7 天的库存报告视为未知，不计入。库龄未知者不入任何天数段。
-- unit: units
-- decimals: 0
-- better: less
-- adds_up: [product, location, partner]
-- takes: [day Date32]
-- kept: {key: [partner, location, product]}
-- measure: sum(days_91_up)
-- examples:
--   - says: 30 on hand. The level rose by 12 ten days ago and by 5 forty days ago; 17 of 30 are younger, and a level was reported 100 days ago.
--     given:
--       stock: |
--         acme S1 A 2026-03-01T20:00 20
--         acme S1 A 2026-04-30T20:00 25
--         acme S1 A 2026-05-25T20:00 18
--         acme S1 A 2026-05-30T20:00 30
--         acme S1 A 2026-06-08T20:00 30
--     with: {day: 2026-06-09}
--     expect: 13
--   - says: The same without the level of 100 days ago; nobody knows how old the 13 are.
--     given:
--       stock: |
--         acme S1 A 2026-04-29T20:00 20
--         acme S1 A 2026-04-30T20:00 25
--         acme S1 A 2026-05-25T20:00 18
--         acme S1 A 2026-05-30T20:00 30
--         acme S1 A 2026-06-08T20:00 30
--     with: {day: 2026-06-09}
--     expect: 0
-- ---
SELECT partner, location, product, on_hand,
    least(on_hand, arraySum(x -> if(x.1 <= 30, x.2, toDecimal64(0, 6)), receipts)) AS days_0_30,
    least(on_hand - days_0_30, arraySum(x -> if(x.1 > 30 AND x.1 <= 60, x.2, toDecimal64(0, 6)), receipts)) AS days_31_60,
    least(on_hand - days_0_30 - days_31_60, arraySum(x -> if(x.1 > 60 AND x.1 <= 90, x.2, toDecimal64(0, 6)), receipts)) AS days_61_90,
    on_hand - days_0_30 - days_31_60 - days_61_90 AS older,
    if(reaches, older, 0) AS days_91_up,
    if(reaches, 0, older) AS unknown
FROM
(
    SELECT s.partner AS partner, s.location AS location, s.product AS product,
        arraySort(x -> -x.1, s.levels) AS sorted, -- the oldest first
        toDecimal128(sorted[-1].2, 6) AS on_hand,
        sorted[1].1 > 90 AS reaches,
        arrayMap((now, before) -> (toInt32(now.1), greatest(now.2 - before.2, toDecimal64(0, 6))), arrayPopFront(sorted), arrayPopBack(sorted)) AS rises,
        if(empty(b.bought), rises, b.bought) AS receipts
    FROM v_item_days(day = {day:Date32}, levels = 120, sales = 0) AS s
    LEFT JOIN
    (
        SELECT partner, location, product, groupArray((toInt32({day:Date32}) - toInt32(business_date), qty)) AS bought
        FROM v_sales_rows
        WHERE kind = 'sell_in' AND business_date > {day:Date32} - 91 AND business_date <= {day:Date32}
        GROUP BY partner, location, product
    ) AS b ON b.partner = s.partner AND b.location = s.location AND b.product = s.product
    WHERE sorted[-1].1 < 7 AND on_hand > 0
)
