-- ---
-- name: score_weight
-- relation: true
-- title: {en: Weights of the partner score, zh: 伙伴评分权重}
-- takes: [day Date32]
-- ---
-- The weights of score_weights.csv in force on a day; where there is none, those that follow. A part without a weight does not
-- count.
WITH in_force AS (SELECT part, toDecimal128(weight, 6) AS weight FROM v_score_weights WHERE from_date <= {day:Date32} AND to_date >= {day:Date32})
SELECT part, weight
FROM in_force
WHERE weight > 0
UNION ALL
SELECT x.1, toDecimal128(x.2, 6)
FROM (SELECT arrayJoin([('attainment', 30), ('growth', 15), ('timeliness', 10), ('match', 10), ('stock', 15), ('returns', 10), ('price', 10)]) AS x)
WHERE (SELECT count() FROM in_force) = 0
