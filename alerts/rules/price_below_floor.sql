-- ---
-- name: price_below_floor
-- title: {en: Price below the floor, zh: 低于底价}
-- formula:
--   en: units of a product that a location sold in the last look_back_days below its floor price by more than min_depth percent, at least min_units; v_price_discipline
--   zh: 门店最近 look_back_days 天内低于底价超过 min_depth% 售出的数量，不少于 min_units；见 v_price_discipline
-- todo:
--   en: Look at the sales on the board of channel conflict; ask for the reason, or set a floor or promotion right.
--   zh: 在渠道冲突看板查看销售；询问原因，或更正底价与促销资料。
-- text:
--   en: "{location} ({partner}) sold {sold} {product} below the floor price, at {price} on average; the last on {last_day}"
--   zh: "{partner} 的 {location} 低于底价售出 {product} {sold} 件，均价 {price}；最近一次 {last_day}"
-- over: {en: its latest prices keep the floor, zh: 最近价格未低于底价}
-- severity: warning
-- evidence: [sold, price, first_day, last_day, days, buyers]
-- thresholds:
--   look_back_days: {default: 14, about: "how long a sale is looked at, at most 90 days"}
--   min_units: {default: 1, about: units from which on it is told}
--   min_depth: {default: 0, about: percent below the floor that is let pass}
-- ---
-- Money at stake is what was asked, not what was asked too little, and the floor is no evidence: incidents are seen by people
-- who may not see it.
SELECT s.partner AS partner, s.location AS location, s.product AS product, '' AS subject, any(p.line) AS line, min(s.business_date) AS since,
    assumeNotNull((SELECT max(business_date) FROM {{view "v_sales_rows"}} WHERE business_date > {{day}} - 90 AND business_date <= {{day}})) AS data_at, sum(s.units) AS units, units AS sold, sum(s.money) AS money,
    round(toFloat64(money) / toFloat64(units), 2) AS price, min(s.business_date) AS first_day, max(s.business_date) AS last_day, uniqExact(s.business_date) AS days,
    arrayStringConcat(arraySort(groupUniqArrayIf(s.party, s.party != '')), ', ') AS buyers
FROM {{view "v_price_discipline"}}(from = {{day}} - 89, to = {{day}}) AS s
LEFT ANY JOIN {{view "v_products"}} AS p ON p.code = s.product
WHERE s.below AND s.business_date > {{day}} - {{limit "look_back_days" "s.partner" "p.line"}} AND toFloat64(s.money) < toFloat64(s.floor_money) * (1 - {{limit "min_depth" "s.partner" "p.line"}} / 100)
GROUP BY partner, location, product
HAVING units >= {{limit "min_units" "partner" "line"}}

-- gone
-- Of a partner that has told of no sale since, nothing new is known.
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject, s.partner = '' AS stay,
    'its sales of the last days kept the floor, or were taken back' AS why_en, '最近的销售未低于底价，或已更正' AS why_zh
FROM {{gone}} AS g
LEFT ANY JOIN
(
    SELECT CAST(partner, 'String') AS partner FROM {{view "v_sales_rows"}}
    WHERE kind IN ('sell_out', 'sell_through') AND business_date > {{day}} - 14 AND business_date <= {{day}}
    GROUP BY partner HAVING sum(lines) > 0
) AS s ON s.partner = g.partner
