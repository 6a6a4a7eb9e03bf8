-- ---
-- name: ordered_not_shipped
-- title: {en: Ordered and not shipped, zh: 已订未发}
-- formula: {en: "for each order and product: ordered − cancelled − shipped, where above 0", zh: 逐订单逐产品：订货 − 取消 − 发货，取正值}
-- variant: {en: "Over the orders of the 180 days up to the day. A shipment belongs to the order that it names.", zh: 截至当日 180 天内的订单；发货归属其注明的订单。}
-- edges: {en: "A partner of whom no shipment names an order is left out: nothing is known of its orders. What was shipped beyond an order makes up for no other.", zh: 从无发货注明订单的伙伴不计（无从判断）。超发部分不抵其他订单。}
-- unit: units
-- decimals: 0
-- better: less
-- adds_up: [product, location, partner]
-- takes: [day Date32]
-- measure: sum(open)
-- examples:
--   - says: "Of O1, 50 − 10 − 30; O2 was shipped beyond. zeta's shipments name no order."
--     given:
--       partners: |
--         head - vendor
--         acme specialist dealer
--         zeta specialist dealer
--       flows: |
--         head - A 2026-03-02T09:00 ordered 50 500 acme O1
--         head - A 2026-03-03T09:00 cancelled 10 100 acme O1
--         head - A 2026-03-04T09:00 shipped 30 - acme D1 O1
--         acme - B 2026-03-02T09:00 ordered 5 50 - O2
--         head - B 2026-03-04T09:00 shipped 6 - acme D2 O2
--         head - A 2026-03-02T09:00 ordered 80 500 zeta O3
--         head - A 2026-03-04T09:00 shipped 80 - zeta D3
--         head - A 2026-03-20T09:00 shipped 10 - acme D4 O1
--     with: {day: 2026-03-10}
--     expect: 10
-- ---
SELECT partner, location, product, document, since, ordered, shipped, greatest(ordered - shipped, 0) AS open
FROM
(
    SELECT partner, if(kind = 'shipped', refers_to, document) AS document, product, anyIf(location, kind != 'shipped') AS location, minIf(business_date, kind = 'ordered') AS since,
        toDecimal128(sumIf(if(kind = 'ordered', units, -units), kind IN ('ordered', 'cancelled')), 6) AS ordered, toDecimal128(sumIf(units, kind = 'shipped'), 6) AS shipped,
        max(countIf(kind = 'shipped')) OVER (PARTITION BY partner) > 0 AS told
    FROM v_goods_lines(day = {day:Date32})
    WHERE (kind IN ('ordered', 'cancelled') OR kind = 'shipped' AND refers_to != '') AND NOT inside
    GROUP BY partner, document, product
)
WHERE told AND ordered > 0 AND open > 0
