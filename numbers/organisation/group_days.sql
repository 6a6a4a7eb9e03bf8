-- ---
-- name: group_days
-- relation: true
-- title: {en: Members of partner groups day by day, zh: 伙伴集团逐日成员}
-- takes: [tree String, from Date32, to Date32]
-- ---
-- As v_tree_days. A partner may be in several groups at once: groups do not add up.
SELECT alliance, partner, toDate32(arrayJoin(range(toInt32(greatest(first, {from:Date32})), toInt32(least(last, {to:Date32})) + 1))) AS business_date
FROM
(
    SELECT alliance, partner, if({tree:String} = 'today', toDate32('1900-01-01'), from_date) AS first, if({tree:String} = 'today', toDate32('2299-12-31'), to_date) AS last
    FROM v_groups
    WHERE {tree:String} = 'then' OR from_date <= toDate32(now()) AND to_date >= toDate32(now())
)
WHERE first <= {to:Date32} AND last >= {from:Date32}
