-- ---
-- name: shipped_not_received
-- title: {en: Shipped and not received, zh: 已发未收}
-- formula: {en: "for each delivery and product: shipped − received, where above 0; transfers alike: sent − arrived", zh: 逐发货单逐产品：发货 − 收货，取正值；调拨同理：发出 − 到达}
-- variant: {en: "Over the deliveries of the 180 days up to the day. A receipt belongs to the delivery that it names, else to that of its own number.", zh: 截至当日 180 天内的发货；收货归属其注明的发货单，未注明则归同号发货单。}
-- edges: {en: "A partner that reports no receipts (or arrivals) at all is left out: nothing is known of its deliveries.", zh: 从不报告收货（到达）的伙伴不计（无从判断）。}
-- unit: units
-- decimals: 0
-- better: less
-- adds_up: [product, location, partner]
-- takes: [day Date32]
-- measure: sum(open)
-- examples:
--   - says: "28 of 30 arrived, and 4 of 9 that acme sent to its other store. zeta reports no receipts."
--     given:
--       partners: |
--         head - vendor
--         acme specialist dealer
--         zeta specialist dealer
--       flows: |
--         head - A 2026-03-04T09:00 shipped 30 - acme D1 O1
--         acme S1 A 2026-03-06T09:00 received 20 - head D1
--         acme S1 A 2026-03-07T09:00 received 8 - head R7 D1
--         acme S1 A 2026-03-07T09:00 sent 9 - S2 T1
--         acme S2 A 2026-03-08T09:00 arrived 4 - S1 T1
--         head - A 2026-03-04T09:00 shipped 80 - zeta D3
--     with: {day: 2026-03-10}
--     expect: 7
-- ---
SELECT partner, location, product, document, since, shipped, received, greatest(shipped - received, 0) AS open
FROM
(
    SELECT partner, if(kind IN ('received', 'arrived') AND refers_to != '', refers_to, document) AS document, product, kind IN ('sent', 'arrived') AS moved,
        argMaxIf(location, location != '', kind IN ('received', 'sent')) AS location, minIf(business_date, kind IN ('shipped', 'sent')) AS since,
        toDecimal128(sumIf(units, kind IN ('shipped', 'sent')), 6) AS shipped, toDecimal128(sumIf(units, kind IN ('received', 'arrived')), 6) AS received,
        max(countIf(kind IN ('received', 'arrived'))) OVER (PARTITION BY partner, moved) > 0 AS told
    FROM v_goods_lines(day = {day:Date32})
    WHERE kind IN ('shipped', 'received', 'sent', 'arrived') AND NOT inside
    GROUP BY partner, document, product, moved
)
WHERE told AND shipped > 0 AND open > 0
