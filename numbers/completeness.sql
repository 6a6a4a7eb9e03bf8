-- ---
-- name: completeness
-- title: {en: Completeness, zh: 数据完整率}
-- formula: {en: location-days received ÷ location-days expected, zh: 已收到的门店日 ÷ 应收到的门店日}
-- variant: {en: "A day is received when a sale or an on-hand level of the location is known for it, and expected when it was received for the same weekday of any of the four weeks before.", zh: 某日有该门店的销售或在手库存即为收到；前四周中任一周的同一星期几收到过即为应收到。}
-- edges: {en: "A new location is expected from its second week on, one that fell silent for four weeks no longer. Nothing expected gives no value.", zh: 新门店自第二周起计入；沉默四周后不再计入。无应收则无值。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: 100 * countIf(received) / nullIf(count(), 0)
-- examples:
--   - says: S1 reported on Monday the 2nd, Tuesday the 3rd and Wednesday the 4th; a week later on Monday, and a level on Tuesday. 2 of 3.
--     given:
--       sales: |
--         acme S1 A 2026-03-02 sell_out 1
--         acme S1 A 2026-03-03 sell_out 1
--         acme S1 A 2026-03-04 sell_out 1
--         acme S1 A 2026-03-09 sell_out 1
--       stock: acme S1 A 2026-03-10T20:00 5
--     with: {from: 2026-03-09, to: 2026-03-15}
--     expect: 66.66666666666667
--   - says: Nothing before, so nothing expected.
--     given:
--       sales: acme S1 A 2026-03-02 sell_out 1
--     with: {from: 2026-03-02, to: 2026-03-03}
--     expect: null
-- ---
SELECT partner, location, toDate32(expected.1) AS business_date, expected.2 AS received
FROM
(
    SELECT partner, location, arrayJoin(arrayMap(d -> (d, has(days, d)), arrayFilter(d -> has(days, d - 7) OR has(days, d - 14) OR has(days, d - 21) OR has(days, d - 28),
        range(toInt32({from:Date32}), toInt32({to:Date32}) + 1)))) AS expected
    FROM
    (
        SELECT partner, location, groupArray(day) AS days
        FROM
        (
            SELECT partner, location, toInt32(business_date) AS day
            FROM published
            WHERE facts IN ('sales', 'on_hand') AND business_date >= {from:Date32} - 28 AND business_date <= {to:Date32}
            GROUP BY partner, location, business_date
            HAVING sumIf(lines_in - lines_out, facts = 'sales') > 0 OR sumIf(lines_in - lines_out, facts = 'on_hand') > 0
        )
        GROUP BY partner, location
    )
)
