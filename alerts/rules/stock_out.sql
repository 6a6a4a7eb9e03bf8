-- ---
-- name: stock_out
-- title: {en: Stock-out, zh: 缺货}
-- formula:
--   en: the newest report says zero (or less) on hand of a product that is ranged at the location (listed there, or sold there in the last 12 weeks) and sells (velocity above 0); the location's reports are not overdue
--   zh: 最新报告显示在手为零（或更少），该商品在该门店在售（已列入商品清单，或最近 12 周内有销售）且有需求（日均销速大于 0）；该门店的报告未逾期
-- todo:
--   en: Ask the partner whether the count is right. If it is, ship or move stock, the most money at stake first.
--   zh: 先向渠道伙伴核实盘点数。若属实，按风险金额从高到低安排补货或调拨。
-- text:
--   en: "{product} is out of stock at {location} ({partner}) since {out_since}: {on_hand} on hand, sells {velocity} a day"
--   zh: "{partner} 的 {location} 自 {out_since} 起 {product} 缺货：在手 {on_hand}，日均销 {velocity}"
-- over: {en: not a stock-out any more, zh: 不再缺货}
-- severity: critical
-- evidence: [on_hand, velocity, lead_days, out_since, reported_at, last_sale, price]
-- thresholds:
--   lead_days: {default: 7, about: lead time where ranging.csv has none; the units at stake are velocity × lead time}
--   stale_days: {default: 3, about: a location without a report for longer says nothing about its stock; where reporting.csv knows the partner's stock feeds it is their interval and grace}
--   min_velocity: {default: 0, about: units a day that a product has to sell more than}
-- ---
WITH
    zero AS
    (
        SELECT c.partner AS partner, c.location AS location, c.product AS product, c.on_hand AS on_hand, c.velocity AS velocity, c.reported_at AS reported_at,
            c.lead_days AS lead_days, c.price AS price, c.last_sale AS last_sale
        FROM {{view "v_cover"}}(day = {{day}}) AS c
        WHERE c.product != '' AND c.on_hand <= 0 AND c.ranged AND c.velocity > 0
    ),
    found AS
    (
        SELECT z.partner AS partner, z.location AS location, z.product AS product, z.on_hand AS on_hand, z.velocity AS velocity, z.reported_at AS reported_at,
            z.price AS price, z.last_sale AS last_sale, p.line AS line, if(z.lead_days > 0, toFloat64(z.lead_days), {{limit "lead_days" "z.partner" "p.line"}}) AS lead
        FROM zero AS z
        INNER JOIN (SELECT partner, location, max(reported_at) AS at FROM {{view "v_cover"}}(day = {{day}}) GROUP BY partner, location) AS l ON l.partner = z.partner AND l.location = z.location
        LEFT JOIN {{view "v_products"}} AS p ON p.code = z.product
        LEFT JOIN {{stale}} AS t ON t.partner = z.partner
        WHERE z.velocity > {{limit "min_velocity" "z.partner" "p.line"}}
            AND l.at > {{now}} - toIntervalSecond(86400 * if(t.days > 0, t.days, {{limit "stale_days" "z.partner" "p.line"}}))
    ),
    -- The first report of zero after the last one of stock.
    began AS
    (
        SELECT partner, location, product, arrayMin(arrayConcat(arrayFilter((a, c) -> c > 0, ages, covers), [255])) AS had,
            {{day}} - arrayMax(arrayFilter((a, c) -> c = 0 AND a < had AND a < 62, ages, covers)) AS day
        FROM {{view "v_cover_history"}}(day = {{day}}, back = 62)
        WHERE (partner, location, product) IN (SELECT partner, location, product FROM zero)
    )
SELECT f.partner AS partner, f.location AS location, f.product AS product, '' AS subject, f.line AS line,
    b.day AS since, f.reported_at AS data_at, toFloat64(f.velocity) * f.lead AS units, units * toFloat64(f.price) AS money,
    f.on_hand AS on_hand, f.velocity AS velocity, f.lead AS lead_days, b.day AS out_since, f.reported_at AS reported_at, f.last_sale AS last_sale, f.price AS price
FROM found AS f
LEFT JOIN began AS b ON b.partner = f.partner AND b.location = f.location AND b.product = f.product

-- gone
-- Where the newest report of the location is overdue, or there is none of the product, nothing new is known. A product that is
-- out for so long that its velocity is not known any more is still out.
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject,
    c.product = '' OR (c.on_hand <= 0 AND c.ranged AND NOT (c.velocity <= {{limit "min_velocity" "g.partner"}})) AS stay,
    multiIf(c.on_hand > 0, concat('a newer report says ', toString(c.on_hand), ' on hand'), NOT c.ranged, 'no longer ranged', 'no demand any more') AS why_en,
    multiIf(c.on_hand > 0, concat('新的报告显示在手 ', toString(c.on_hand)), NOT c.ranged, '不再列为在售', '不再有需求') AS why_zh
FROM {{gone}} AS g
LEFT JOIN
(
    SELECT partner, location, product, on_hand, ranged, ifNull(velocity, toDecimal64(1000000, 6)) AS velocity
    FROM {{view "v_cover"}}(day = {{day}})
    WHERE (partner, location, product) IN (SELECT partner, location, product FROM {{gone}})
) AS c ON c.partner = g.partner AND c.location = g.location AND c.product = g.product
