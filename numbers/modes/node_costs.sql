-- ---
-- name: node_costs
-- relation: true
-- title: {en: Channel costs of a period by node, zh: 各节点期间渠道费用}
-- takes: [tree String, from Date32, to Date32]
-- ---
-- A cost counts by the share of its period's days that lie in the period asked for, and where the node stood on them.
SELECT node, path, branch, mode, unit, kind,
    toDecimal128(amount, 6) * (toInt32(least(last, {to:Date32})) - toInt32(greatest(first, {from:Date32})) + 1) / days AS cost
FROM
(
    SELECT c.node AS node, n.path AS path, n.branch AS branch, if(n.mode = '', 'direct', n.mode) AS mode, c.unit AS unit, c.kind AS kind, c.amount AS amount,
        greatest(c.from_date, n.from_date) AS first, least(c.to_date, n.to_date) AS last, toInt32(c.to_date) - toInt32(c.from_date) + 1 AS days
    FROM v_channel_costs AS c
    INNER JOIN (SELECT * FROM v_node_tree WHERE tree = {tree:String}) AS n ON n.node = c.node
    WHERE c.from_date <= {to:Date32} AND c.to_date >= {from:Date32}
)
WHERE first <= last AND first <= {to:Date32} AND last >= {from:Date32}
