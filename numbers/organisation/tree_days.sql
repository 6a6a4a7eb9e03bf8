-- ---
-- name: tree_days
-- relation: true
-- title: {en: Where partners stand day by day, zh: 伙伴逐日的组织位置}
-- takes: [tree String, from Date32, to Date32]
-- ---
-- One row per partner and day, so that rows of sales find theirs by an equal partner and day.
SELECT partner, toDate32(arrayJoin(range(toInt32(greatest(from_date, {from:Date32})), toInt32(least(to_date, {to:Date32})) + 1))) AS business_date,
    node, path, branch, office, mode, own
FROM v_tree
WHERE tree = {tree:String} AND from_date <= {to:Date32} AND to_date >= {from:Date32}
