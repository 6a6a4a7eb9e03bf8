-- ---
-- name: certification_expiring
-- title: {en: Certification about to expire, zh: 认证即将到期}
-- formula:
--   en: "a partner's certificate for a product line ends within `days`, or has ended less than `after_days` ago, and no later one is in life.csv"
--   zh: "伙伴某产品线的认证在 days 天内到期，或到期未满 after_days 天，且 life.csv 中无更晚到期者"
-- todo:
--   en: Have the partner's people examined again, and put the new certificate into life.csv.
--   zh: 安排伙伴人员重新认证，并将新认证写入 life.csv。
-- text:
--   en: "{partner}'s certificate for {product_line} ends on {until}, {days_left} days from now"
--   zh: "{partner} 的 {product_line} 认证将于 {until} 到期，剩余 {days_left} 天"
-- over: {en: "renewed, taken out, or ended long ago", zh: 已续期、已移除或到期已久}
-- severity: warning
-- clock: true
-- evidence: [product_line, certified_since, until, days_left]
-- thresholds:
--   days: {default: 30, about: days before the end from which it is told}
--   after_days: {default: 30, about: days after the end for which it stays open}
-- ---
SELECT c.partner AS partner, '' AS location, '' AS product, c.line AS subject, c.line AS line,
    toDateTime64(c.until, 3, 'UTC') - toIntervalDay({{limit "days" "c.partner" "c.line"}}) AS since, {{now}} AS data_at,
    toDecimal64(0, 6) AS units, s.money AS money, c.line AS product_line, c.since AS certified_since, c.until AS until, c.days_left AS days_left
FROM {{view "v_certifications"}}(day = {{day}}) AS c
LEFT JOIN
(
    -- What is at stake: what it sold of the line in the last four weeks.
    SELECT n.partner AS partner, p.line AS line, toNullable(toFloat64(sum(n.money))) AS money
    FROM {{view "v_stages"}} AS n
    INNER JOIN {{view "v_products"}} AS p ON p.code = n.product
    WHERE n.reads IN ('sell_out', 'sell_through') AND n.business_date > {{day}} - 28 AND n.business_date <= {{day}}
    GROUP BY partner, line
) AS s ON s.partner = c.partner AND s.line = c.line
WHERE c.days_left <= {{limit "days" "c.partner" "c.line"}} AND c.days_left >= -{{limit "after_days" "c.partner" "c.line"}}

-- gone
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject, false AS stay,
    multiIf(c.partner = '', 'no longer in life.csv', c.days_left < 0, 'ended long ago', concat('renewed until ', toString(c.until))) AS why_en,
    multiIf(c.partner = '', '已不在 life.csv 中', c.days_left < 0, '到期已久', concat('已续期至 ', toString(c.until))) AS why_zh
FROM {{gone}} AS g
LEFT JOIN {{view "v_certifications"}}(day = {{day}}) AS c ON c.partner = g.partner AND c.line = g.subject
