-- ---
-- name: node_tree
-- relation: true
-- title: {en: Where nodes stand, zh: 组织节点的位置}
-- ---
-- Of nodes what v_tree is of partners.
SELECT 'then' AS tree, node, from_date, to_date, splitByChar('\x1F', path) AS path, branch, office, mode, mode_of, level
FROM v_nodes
UNION ALL
SELECT 'today', node, toDate32('1900-01-01'), toDate32('2299-12-31'), splitByChar('\x1F', path), branch, office, mode, mode_of, level
FROM v_nodes
WHERE from_date <= toDate32(now()) AND to_date >= toDate32(now())
