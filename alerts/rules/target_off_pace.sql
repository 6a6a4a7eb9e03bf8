-- ---
-- name: target_off_pace
-- title: {en: Target off pace, zh: 目标进度落后}
-- formula:
--   en: "what was reached of a target is below min_pace percent of the share of it that corresponds to the days of which sales are known, when at least min_elapsed percent of the period has gone"
--   zh: "目标实际低于已知销售天数对应目标的 min_pace %，且期间已过至少 min_elapsed %"
-- todo:
--   en: "Look at what is behind on the board of the organisation: which lines, which partners below; then at supply and promotions."
--   zh: "在组织看板上查看落后的产品线与下级伙伴，再核对供货与促销。"
-- text:
--   en: "{whose} reached {reached} of {target} {measured} ({basis}, {period}) by {known}: a pace of {pace} %"
--   zh: "{whose} 截至 {known} 完成 {target} {measured}（{basis}，{period}）中的 {reached}，进度 {pace} %"
-- over: {en: "on pace again, or the period is over", zh: 进度已恢复或期间已结束}
-- severity: warning
-- clock: true
-- evidence: [whose, unit, period, basis, measured, target, reached, pace, known]
-- thresholds:
--   min_pace: {default: 80, about: percent of what was due that has to be reached}
--   min_elapsed: {default: 25, about: "percent of the period that has to have gone, so that the first days say nothing"}
--   clear_points: {default: 5, about: "an open incident closes only when the pace is above min_pace by this much"}
-- ---
WITH
    spoken AS (SELECT CAST(partner, 'String') AS partner, business_date FROM {{view "v_sales_rows"}} WHERE business_date > {{day}} - 62 AND business_date <= {{day}} GROUP BY partner, business_date HAVING sum(lines) > 0),
    known AS (SELECT partner, max(business_date) AS last FROM spoken GROUP BY partner UNION ALL SELECT '', max(business_date) FROM spoken HAVING count() > 0)
SELECT partner, '' AS location, '' AS product, arrayStringConcat(arrayFilter(x -> x != '', [if(partner = '', whose, ''), unit, line, period, basis, measured]), ' ') AS subject, line,
    toDateTime64(known, 3, 'UTC') AS since, since AS data_at,
    if(measured = 'units', greatest(due - toFloat64(reached), 0), 0) AS units, if(measured = 'money', toNullable(greatest(due - toFloat64(reached), 0)), NULL) AS money,
    whose, unit, period, basis, measured, target, reached, round(pace, 1) AS pace, known
FROM
(
    SELECT t.partner AS partner, if(t.partner = '', t.node, t.partner) AS whose, t.unit AS unit, t.line AS line, t.period AS period, t.basis AS basis, t.measure AS measured,
        t.target AS target, t.actual AS reached, least(k.last, t.to_date) AS known, (toInt32(known) - toInt32(t.from_date) + 1) / (toInt32(t.to_date) - toInt32(t.from_date) + 1) AS gone,
        toFloat64(t.target) * gone AS due, 100 * toFloat64(t.actual) / due AS pace
    FROM {{view "v_target_attainment"}}(tree = 'then', day = {{day}}) AS t
    INNER JOIN known AS k ON k.partner = t.partner
    WHERE t.target > 0
)
WHERE gone * 100 >= {{limit "min_elapsed" "partner" "line"}} AND pace < {{limit "min_pace" "partner" "line"}}

-- gone
WITH
    spoken AS (SELECT CAST(partner, 'String') AS partner, business_date FROM {{view "v_sales_rows"}} WHERE business_date > {{day}} - 62 AND business_date <= {{day}} GROUP BY partner, business_date HAVING sum(lines) > 0),
    known AS (SELECT partner, max(business_date) AS last FROM spoken GROUP BY partner UNION ALL SELECT '', max(business_date) FROM spoken HAVING count() > 0)
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject,
    t.subject != '' AND t.pace < {{limit "min_pace" "g.partner" "t.line"}} + {{limit "clear_points" "g.partner" "t.line"}} AS stay,
    if(t.subject = '', 'the period is over, or the target is gone', concat('a pace of ', toString(round(t.pace, 1)), ' %')) AS why_en,
    if(t.subject = '', '期间已结束或目标已移除', concat('进度已达 ', toString(round(t.pace, 1)), ' %')) AS why_zh
FROM {{gone}} AS g
LEFT JOIN
(
    SELECT t.partner AS partner, t.line AS line,
        arrayStringConcat(arrayFilter(x -> x != '', [if(t.partner = '', t.node, ''), t.unit, t.line, t.period, t.basis, t.measure]), ' ') AS subject,
        100 * toFloat64(t.actual) / (toFloat64(t.target) * (toInt32(least(k.last, t.to_date)) - toInt32(t.from_date) + 1) / (toInt32(t.to_date) - toInt32(t.from_date) + 1)) AS pace
    FROM {{view "v_target_attainment"}}(tree = 'then', day = {{day}}) AS t
    INNER JOIN known AS k ON k.partner = t.partner
    WHERE t.target > 0
) AS t ON t.partner = g.partner AND t.subject = g.subject
