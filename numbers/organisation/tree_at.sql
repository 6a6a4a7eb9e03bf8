-- ---
-- name: tree_at
-- relation: true
-- title: {en: Where partners stand on a day, zh: 某日伙伴的组织位置}
-- takes: [tree String, day Date32]
-- ---
-- One row per partner: for levels and other things that are of a day, and for periods that are read by their last day.
SELECT partner, node, path, branch, office, mode, mode_of, own
FROM v_tree
WHERE tree = {tree:String} AND from_date <= {day:Date32} AND to_date >= {day:Date32}
