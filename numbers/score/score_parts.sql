-- ---
-- name: score_parts
-- relation: true
-- title: {en: Parts of the partner score, zh: 伙伴评分分项}
-- takes: [from Date32, to Date32]
-- ---
-- As v_score_sums, and stock health: products of locations that are ranged and reported, and not at zero on the last day.
SELECT partner, part, value, points, weight, weighted
FROM v_score_sums(from = {from:Date32}, to = {to:Date32})
UNION ALL
SELECT s.partner, w.part, s.value, s.value, w.weight, toDecimal128(s.value * w.weight, 6)
FROM
(
    SELECT partner, toDecimal128(100 * countIf(on_hand > 0), 6) / count() AS value
    FROM v_cover(day = {to:Date32})
    WHERE stands AND ranged AND partner NOT IN (SELECT partner FROM v_partners WHERE tier = 'vendor')
    GROUP BY partner
) AS s
CROSS JOIN (SELECT part, weight FROM v_score_weight(day = {to:Date32}) WHERE part = 'stock') AS w
