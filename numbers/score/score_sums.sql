-- ---
-- name: score_sums
-- relation: true
-- title: {en: Parts of the partner score that are sums, zh: 伙伴评分中的累计分项}
-- takes: [from Date32, to Date32]
-- ---
-- One row per partner and part: its value in percent, points from 0 to 100, and points × weight. What a part needs and is not
-- there gives no row, so that the weights of the others share the whole. The vendor's own units are no partners.
--
--   attainment  mean pace of the partner's own targets on the last day, each from 0 to 100; points are the same
--   growth      of what the partner sold on or out, on last year, to the last day of which anything is known; 50 + value
--   timeliness  reports on time; points are the same
--   match       units whose code is known; points are the same
--   returns     units returned of units sold to end customers; 100 − 5 × value
WITH
    (SELECT last FROM v_last_day(from = {from:Date32}, to = {to:Date32})) AS last
SELECT s.partner AS partner, s.part AS part, s.value AS value, s.points AS points, w.weight AS weight, toDecimal128(s.points * w.weight, 6) AS weighted
FROM
(
    SELECT partner, 'attainment' AS part, sum(least(greatest(pace, toDecimal128(0, 6)), toDecimal128(100, 6))) / count() AS value, value AS points
    FROM (SELECT partner, toDecimal128(assumeNotNull(100 * actual / nullIf(due, 0)), 6) AS pace FROM v_target_attainment(tree = 'then', day = {to:Date32}) WHERE partner != '' AND due > 0)
    GROUP BY partner
    UNION ALL
    SELECT partner, 'growth', toDecimal128(assumeNotNull(100 * (this / nullIf(year, 0) - 1)), 6) AS value, greatest(least(toDecimal128(50 + value, 6), toDecimal128(100, 6)), toDecimal128(0, 6))
    FROM
    (
        SELECT partner, sumIf(toDecimal128(units, 6), business_date >= {from:Date32}) AS this, sumIf(toDecimal128(units, 6), business_date < {from:Date32}) AS year
        FROM v_stages
        WHERE reads IN ('sell_out', 'sell_through')
            AND (business_date >= {from:Date32} AND business_date <= last OR business_date >= addYears({from:Date32}, -1) AND business_date <= addYears(last, -1))
        GROUP BY partner
        HAVING year > 0
    )
    UNION ALL
    SELECT partner, 'timeliness', toDecimal128(100 * countIf(state = 'on time'), 6) / count() AS value, value
    FROM v_timeliness(from = {from:Date32}, to = {to:Date32})
    GROUP BY partner
    UNION ALL
    SELECT partner, 'match', toDecimal128(assumeNotNull(100 * known / nullIf(every, 0)), 6) AS value, least(greatest(value, toDecimal128(0, 6)), toDecimal128(100, 6))
    FROM
    (
        SELECT partner, sumIf(toDecimal128(units, 6), product != '') AS known, sum(toDecimal128(units, 6)) AS every
        FROM v_match_rate
        WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
        GROUP BY partner
        HAVING every > 0
    )
    UNION ALL
    SELECT partner, 'returns', toDecimal128(assumeNotNull(100 * back / nullIf(sold_out, 0)), 6) AS value, greatest(toDecimal128(100 - 5 * value, 6), toDecimal128(0, 6))
    FROM
    (
        SELECT partner, sum(toDecimal128(returned, 6)) AS back, sum(toDecimal128(sold, 6)) AS sold_out
        FROM v_net_sell_out
        WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
        GROUP BY partner
        HAVING sold_out > 0
    )
) AS s
INNER JOIN v_score_weight(day = {to:Date32}) AS w ON w.part = s.part
WHERE s.partner NOT IN (SELECT partner FROM v_partners WHERE tier = 'vendor')
