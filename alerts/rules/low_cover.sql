-- ---
-- name: low_cover
-- title: {en: Low cover, zh: 库存覆盖不足}
-- formula:
--   en: days of supply (on hand ÷ velocity) below the lead time of the product at the location, from ranging.csv, else lead_days
--   zh: 可供天数（在手 ÷ 日均销速）低于该商品在该门店的补货提前期（取自 ranging.csv，否则取 lead_days）
-- todo:
--   en: Order or move stock now; it will run out before a normal delivery arrives.
--   zh: 立即补货或调拨；按正常提前期到货前即会断货。
-- text:
--   en: "{product} at {location} ({partner}) lasts {days_of_supply} days, a delivery takes {lead_days}: {on_hand} on hand, sells {velocity} a day"
--   zh: "{partner} 的 {location} {product} 仅可供 {days_of_supply} 天，补货需 {lead_days} 天：在手 {on_hand}，日均销 {velocity}"
-- over: {en: cover is sufficient again, zh: 库存覆盖已恢复}
-- severity: warning
-- evidence: [on_hand, velocity, days_of_supply, lead_days, reported_at, price]
-- thresholds:
--   lead_days: {default: 7, about: lead time where ranging.csv has none}
--   stale_days: {default: 3, about: as in stock_out}
--   clear_percent: {default: 10, about: "an open incident closes only when the cover is above the lead time by this much, so that it does not go on and off"}
--   min_velocity: {default: 0, about: units a day that a product has to sell more than}
-- ---
SELECT c.partner AS partner, c.location AS location, c.product AS product, '' AS subject, p.line AS line, c.reported_at AS since, c.reported_at AS data_at,
    greatest(toFloat64(c.velocity) * lead_days - toFloat64(c.on_hand), 0) AS units, units * toFloat64(c.price) AS money,
    c.on_hand AS on_hand, c.velocity AS velocity, c.days_of_supply AS days_of_supply,
    if(c.lead_days > 0, toFloat64(c.lead_days), {{limit "lead_days" "c.partner" "p.line"}}) AS lead_days, c.reported_at AS reported_at, c.price AS price
FROM (SELECT * FROM {{view "v_cover"}}(day = {{day}}) WHERE product != '' AND on_hand > 0 AND ranged AND velocity > 0) AS c
INNER JOIN (SELECT partner, location, max(reported_at) AS at FROM {{view "v_cover"}}(day = {{day}}) GROUP BY partner, location) AS l ON l.partner = c.partner AND l.location = c.location
LEFT JOIN {{view "v_products"}} AS p ON p.code = c.product
LEFT JOIN {{stale}} AS t ON t.partner = c.partner
WHERE c.velocity > {{limit "min_velocity" "c.partner" "p.line"}}
    AND toFloat64(c.on_hand) < toFloat64(c.velocity) * if(c.lead_days > 0, toFloat64(c.lead_days), {{limit "lead_days" "c.partner" "p.line"}})
    AND l.at > {{now}} - toIntervalSecond(86400 * if(t.days > 0, t.days, {{limit "stale_days" "c.partner" "p.line"}}))

-- gone
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject,
    c.product = '' OR l.at <= {{now}} - toIntervalSecond(86400 * if(t.days > 0, t.days, {{limit "stale_days" "g.partner" "p.line"}}))
        OR (c.ranged AND c.on_hand > 0 AND c.velocity > 0
            AND toFloat64(c.on_hand) < (1 + {{limit "clear_percent" "g.partner" "p.line"}} / 100) * toFloat64(c.velocity) * if(c.lead_days > 0, toFloat64(c.lead_days), {{limit "lead_days" "g.partner" "p.line"}})) AS stay,
    multiIf(NOT c.ranged, 'no longer ranged', c.on_hand <= 0, 'it ran out', NOT (c.velocity > 0), 'no demand any more', concat('a newer report says ', toString(c.on_hand), ' on hand')) AS why_en,
    multiIf(NOT c.ranged, '不再列为在售', c.on_hand <= 0, '已断货', NOT (c.velocity > 0), '不再有需求', concat('新的报告显示在手 ', toString(c.on_hand))) AS why_zh
FROM {{gone}} AS g
LEFT JOIN
(
    SELECT partner, location, product, on_hand, ranged, lead_days, ifNull(velocity, toDecimal64(0, 6)) AS velocity
    FROM {{view "v_cover"}}(day = {{day}})
    WHERE (partner, location, product) IN (SELECT partner, location, product FROM {{gone}})
) AS c ON c.partner = g.partner AND c.location = g.location AND c.product = g.product
LEFT JOIN (SELECT partner, location, max(reported_at) AS at FROM {{view "v_cover"}}(day = {{day}}) GROUP BY partner, location) AS l ON l.partner = g.partner AND l.location = g.location
LEFT JOIN {{view "v_products"}} AS p ON p.code = g.product
LEFT JOIN {{stale}} AS t ON t.partner = g.partner
