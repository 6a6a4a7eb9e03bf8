-- ---
-- name: reconciliation_gap
-- title: {en: Reconciliation gap, zh: 进销存差异超限}
-- formula:
--   en: Σ |gap| of a location's products over the last 28 days, without what goods in transit, returns that wait, damage and unreported days explain of it, is at least min_units and above min_percent of the calculated closing; v_reconciliation
--   zh: 门店各商品最近 28 天的 Σ|差异|，扣除在途、待处理退货、损坏与未报日可解释的部分后，不少于 min_units 且超过计算期末库存的 min_percent%；见 v_reconciliation
-- todo:
--   en: Look at the products on the board of reconciliation; have those counted, and ask for deliveries, returns and sales that were not reported.
--   zh: 在对账看板查看商品；安排盘点，并追补未报的到货、退货与销售。
-- text:
--   en: "{location} ({partner}): {unexplained} units are not explained, {gap_percent} % of {calculated} that should lie there; most of {products}"
--   zh: "{partner} 的 {location}：{unexplained} 件无法解释，占应有 {calculated} 件的 {gap_percent}%；主要为 {products}"
-- over: {en: the gap is within the tolerance, zh: 差异已在容差之内}
-- severity: warning
-- evidence: [unexplained, calculated, reported, gap, in_transit, unreported, gap_percent, products, opened, closed]
-- thresholds:
--   min_units: {default: 10, about: units that nothing explains}
--   min_percent: {default: 5, about: percent of the calculated closing}
--   clear_percent: {default: 20, about: "an open incident closes only when the gap is below the tolerance by this much, so that it does not go on and off"}
-- ---
-- What explains a gap only makes it smaller, never larger or another: an estimate opens nothing.
WITH positions AS
(
    SELECT *, in_transit + returns + damaged + unreported AS explained,
        if(gap > 0, greatest(gap - greatest(explained, toDecimal128(0, 6)), toDecimal128(0, 6)), greatest(-gap - greatest(-explained, toDecimal128(0, 6)), toDecimal128(0, 6))) AS open
    FROM {{view "v_reconciliation"}}(from = {{day}} - 27, to = {{day}})
)
SELECT r.partner AS partner, r.location AS location, '' AS product, '' AS subject, '' AS line, max(r.opened) AS since, max(r.closed) AS data_at,
    sum(r.open) AS units, units AS unexplained, sum(toFloat64(r.open) * toFloat64(p.list_price * if(x.rate > 0, x.rate, 1))) AS money, sum(r.calculated) AS calculated, sum(r.reported) AS reported, sum(r.gap) AS gap,
    sum(r.in_transit) AS in_transit, sum(r.unreported) AS unreported, round(100 * toFloat64(units) / toFloat64(calculated), 1) AS gap_percent,
    arrayStringConcat(arrayMap(y -> y.2, arraySlice(arraySort(y -> (-y.1, y.2), groupArrayIf((r.open, r.product), r.open > 0)), 1, 3)), ', ') AS products, min(r.opened) AS opened, max(r.closed) AS closed
FROM positions AS r
LEFT ANY JOIN {{view "v_products"}} AS p ON p.code = r.product
LEFT ANY JOIN (SELECT currency, argMax(rate, date) AS rate FROM {{view "v_rates"}} WHERE date <= {{day}} GROUP BY currency) AS x ON x.currency = p.currency
GROUP BY partner, location
HAVING units >= {{limit "min_units" "partner"}} AND calculated > 0 AND toFloat64(units) > toFloat64(calculated) * {{limit "min_percent" "partner"}} / 100

-- gone
-- Where levels, sales or receipts are missing, nothing new is known.
WITH positions AS
(
    SELECT *, in_transit + returns + damaged + unreported AS explained,
        if(gap > 0, greatest(gap - greatest(explained, toDecimal128(0, 6)), toDecimal128(0, 6)), greatest(-gap - greatest(-explained, toDecimal128(0, 6)), toDecimal128(0, 6))) AS open
    FROM {{view "v_reconciliation"}}(from = {{day}} - 27, to = {{day}})
)
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject,
    r.positions = 0 OR r.units >= {{limit "min_units" "g.partner"}} AND toFloat64(r.units) * (1 + {{limit "clear_percent" "g.partner"}} / 100) > toFloat64(r.calculated) * {{limit "min_percent" "g.partner"}} / 100 AS stay,
    concat(toString(r.units), ' units of ', toString(r.calculated), ' are not explained') AS why_en, concat('应有 ', toString(r.calculated), ' 件中 ', toString(r.units), ' 件无法解释') AS why_zh
FROM {{gone}} AS g
LEFT JOIN (SELECT partner, location, count() AS positions, sum(open) AS units, sum(calculated) AS calculated FROM positions GROUP BY partner, location) AS r ON r.partner = g.partner AND r.location = g.location
