-- ---
-- name: territory_tree
-- relation: true
-- title: {en: Territories with those above them, zh: 区域及其上级}
-- ---
SELECT territory, splitByChar('\x1F', path) AS path
FROM v_territory_paths
