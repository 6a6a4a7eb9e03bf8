-- ---
-- name: market_response_time
-- title: {en: Response time of the market, zh: 市场响应时间}
-- formula: {en: "days from the day of an order to the day on which it was shipped, weighted by units shipped", zh: 从下单日到发货日的天数，按发货数量加权}
-- variant: {en: "Of deliveries in the 180 days up to the day that name their order; a delivery in parts counts by its parts.", zh: 限截至当日 180 天内注明订单的发货；分批发货按批计。}
-- edges: {en: "A delivery whose order is not known, or is older than the 180 days, is left out, and so is what stays inside the vendor's tree. Nothing shipped gives no value. Below 0 where it was shipped before the order was written.", zh: 订单未知或早于 180 天的发货不计，厂商组织内部流转不计。无发货则无值；先发货后补单时为负。}
-- unit: days
-- decimals: 1
-- better: less
-- takes: [day Date32]
-- measure: sum(units * days) / nullIf(sum(units), 0)
-- examples:
--   - says: "30 after 2 days, and 10 after 6: 120 ÷ 40. Nobody ordered D9."
--     given:
--       partners: |
--         head - vendor
--         acme specialist dealer
--       flows: |
--         head - A 2026-03-02T09:00 ordered 40 - acme O1
--         head - A 2026-03-04T09:00 shipped 30 - acme D1 O1
--         head - A 2026-03-08T09:00 shipped 10 - acme D2 O1
--         head - A 2026-03-08T09:00 shipped 10 - acme D9 O9
--     with: {day: 2026-03-10}
--     expect: 3
--   - says: Nothing was shipped.
--     given:
--       flows: acme - A 2026-03-02T09:00 ordered 40 - - O1
--     with: {day: 2026-03-10}
--     expect: null
-- ---
WITH goods AS
(
    SELECT partner, product, if(kind = 'ordered', document, refers_to) AS document, kind, business_date, toDecimal128(sum(g.units), 6) AS moved, argMax(location, location) AS location
    FROM v_goods_lines(day = {day:Date32}) AS g
    WHERE kind IN ('ordered', 'shipped') AND NOT inside
    GROUP BY partner, product, document, kind, business_date
    HAVING moved > 0 AND document != ''
)
SELECT s.partner AS partner, s.location AS location, s.product AS product, s.document AS document, o.ordered AS ordered, s.business_date AS business_date, s.moved AS units,
    toInt64(s.business_date) - toInt64(o.ordered) AS days
FROM (SELECT * FROM goods WHERE kind = 'shipped') AS s
INNER JOIN (SELECT partner, product, document, min(business_date) AS ordered FROM goods WHERE kind = 'ordered' GROUP BY partner, product, document) AS o
    ON o.partner = s.partner AND o.product = s.product AND o.document = s.document
