-- ---
-- name: phantom_stock
-- title: {en: Phantom stock, zh: 虚库存}
-- formula:
--   en: on hand above zero, sold in the last 12 weeks, and no sale for longer than the usual gap explains (chance below 0.1 %); v_phantom_stock
--   zh: 账面在手大于零，最近 12 周有销售，但无销售的时间超出通常间隔所能解释的范围（概率低于 0.1 %）；见 v_phantom_stock
-- todo:
--   en: Have the shelf counted. The units may be lost, damaged, or not where customers can buy them.
--   zh: 请门店实盘。货品可能丢失、损坏，或不在顾客可购买之处。
-- text:
--   en: "{product} at {location} ({partner}): {on_hand} on hand, but no sale since {last_sale}; it used to sell every {usual_gap} days and was silent for {silent_days} days in stock"
--   zh: "{partner} 的 {location} {product} 账面在手 {on_hand}，但自 {last_sale} 起无销售；通常每 {usual_gap} 天售出一次，有货却沉默已 {silent_days} 天"
-- over: {en: "it sells again, or the count was put right", zh: "已恢复销售，或盘点已更正"}
-- severity: warning
-- evidence: [on_hand, last_sale, usual_gap, longest_gap, silent_days, sale_days, reported_at, price]
-- thresholds:
--   min_units: {default: 1, about: units on hand from which on it is worth a count}
--   max_chance: {default: 0.001, about: "chance of such a silence above which it is taken for chance; at most 0.001"}
-- ---
SELECT v.partner AS partner, v.location AS location, v.product AS product, '' AS subject, p.line AS line, v.last_sale + 1 AS since, v.reported_at AS data_at,
    v.on_hand AS units, toFloat64(v.on_hand) * c.price AS money,
    v.on_hand AS on_hand, v.last_sale AS last_sale, v.usual_gap AS usual_gap, v.longest_gap AS longest_gap, v.silent_days AS silent_days, v.sale_days AS sale_days,
    v.reported_at AS reported_at, c.price AS price
FROM {{view "v_phantom_stock"}}(day = {{day}}) AS v
LEFT JOIN
(
    SELECT partner, location, product, toFloat64(price) AS price
    FROM {{view "v_cover"}}(day = {{day}})
    WHERE (partner, location, product) IN (SELECT partner, location, product FROM {{view "v_phantom_stock"}}(day = {{day}}))
) AS c ON c.partner = v.partner AND c.location = v.location AND c.product = v.product
LEFT JOIN {{view "v_products"}} AS p ON p.code = v.product
WHERE v.product != '' AND v.on_hand >= {{limit "min_units" "v.partner" "p.line"}} AND v.chance < {{limit "max_chance" "v.partner" "p.line"}}

-- gone
-- While no newer level stands, nothing is known of the shelf.
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject,
    c.product = '' OR NOT (c.stands OR c.last_sale > {{day}} - 7) AS stay,
    multiIf(c.on_hand <= 0, 'a newer report says none on hand', concat('sold again on ', toString(c.last_sale), ', or explained by its usual gap')) AS why_en,
    multiIf(c.on_hand <= 0, '新的报告显示已无在手', concat('已于 ', toString(c.last_sale), ' 再次售出，或间隔属正常')) AS why_zh
FROM {{gone}} AS g
LEFT JOIN (SELECT * FROM {{view "v_cover"}}(day = {{day}}) WHERE (partner, location, product) IN (SELECT partner, location, product FROM {{gone}})) AS c ON c.partner = g.partner AND c.location = g.location AND c.product = g.product
