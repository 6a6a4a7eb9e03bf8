-- ---
-- name: cross_territory
-- title: {en: Sale outside the territory, zh: 窜货}
-- formula:
--   en: units of a product that a location sold in the last look_back_days to a destination outside every territory its partner was assigned on the day, less what of them came back, at least min_units; v_cross_territory_lines
--   zh: 门店最近 look_back_days 天内售往当日所有分配区域之外的数量减其退货，不少于 min_units；见 v_cross_territory_lines
-- todo:
--   en: Look at the lines on the board of channel conflict, and ask the partner who the customer was.
--   zh: 在渠道冲突看板查看明细，并向伙伴核实买方。
-- text:
--   en: "{partner} sold {outside} {product} of {location} outside its territory, to {went_to} (assigned: {assigned}); the last on {last_day}"
--   zh: "{partner} 的 {location} 将 {outside} 件 {product} 售往区域外 {went_to}（分配区域：{assigned}）；最近一次 {last_day}"
-- over: {en: nothing more of it was sold outside the territory, zh: 已无区域外销售}
-- severity: warning
-- evidence: [outside, went_to, assigned, first_day, last_day, lines, documents, salespeople]
-- thresholds:
--   look_back_days: {default: 28, about: "how long a sale is looked at, at most 90 days"}
--   min_units: {default: 1, about: units from which on it is told}
-- ---
SELECT l.partner AS partner, l.location AS location, l.product AS product, '' AS subject, any(p.line) AS line, min(l.business_date) AS since,
    assumeNotNull((SELECT max(business_date) FROM {{view "v_sales_rows"}} WHERE business_date > {{day}} - 90 AND business_date <= {{day}})) AS data_at, sum(l.units) AS units, units AS outside, sum(l.money) AS money,
    arrayStringConcat(arraySort(groupUniqArray(l.goes_to)), ', ') AS went_to, any(l.assigned_to) AS assigned, min(l.business_date) AS first_day, maxIf(l.business_date, l.units > 0) AS last_day, count() AS lines,
    arrayStringConcat(arraySort(arraySlice(arraySort(groupUniqArray(l.document)), 1, 5)), ', ') AS documents, arrayStringConcat(arraySort(groupUniqArrayIf(l.salesperson, l.salesperson != '')), ', ') AS salespeople
FROM {{view "v_cross_territory_lines"}}(from = {{day}} - 89, to = {{day}}) AS l
LEFT ANY JOIN {{view "v_products"}} AS p ON p.code = l.product
WHERE l.business_date > {{day}} - {{limit "look_back_days" "l.partner" "p.line"}}
GROUP BY partner, location, product
HAVING units >= {{limit "min_units" "partner" "line"}}

-- gone
-- Of a partner that has told of no sale since, nothing new is known.
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject, s.partner = '' AS stay,
    'none of its sales of the last days left the territory, or they were taken back' AS why_en, '最近的销售均在区域内，或已更正、退回' AS why_zh
FROM {{gone}} AS g
LEFT ANY JOIN
(
    SELECT CAST(partner, 'String') AS partner FROM {{view "v_sales_rows"}}
    WHERE kind IN ('sell_out', 'sell_through') AND business_date > {{day}} - 28 AND business_date <= {{day}}
    GROUP BY partner HAVING sum(lines) > 0
) AS s ON s.partner = g.partner
