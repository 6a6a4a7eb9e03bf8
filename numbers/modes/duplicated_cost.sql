-- ---
-- name: duplicated_cost
-- title: {en: Duplicated cost, zh: 重复费用}
-- formula: {en: "for each node and kind of cost: cost of all its divisions − that of the division that costs most", zh: 各节点各费用种类：各事业部费用合计 − 费用最高的事业部}
-- variant: {en: "What divisions that each have their own people, store and transport at one place cost beyond the largest of them: an upper bound of what sharing would save.", zh: 各事业部在同一地点各自设人、设仓、运输，超出其中最大者的部分；即共用可节省费用的上限。}
-- edges: {en: "Costs without a unit are nobody's and left out. One division alone duplicates nothing. Needs the grant cost.", zh: 未注明事业部的费用不计；仅一个事业部时为 0。需要 cost 权限。}
-- unit: money
-- decimals: 0
-- better: less
-- adds_up: [node, kind]
-- takes: [tree String, from Date32, to Date32]
-- measure: sum(duplicated)
-- examples:
--   - says: "Staff of 100, 60 and 20 at b: 80 beyond the largest. Storage of one division, and staff at another place, duplicate nothing."
--     given:
--       organisation: |
--         hq -
--         b hq
--         c hq
--       channel_costs: |
--         b 2026-03 staff 100 div1
--         b 2026-03 staff 60 div2
--         b 2026-03 staff 20 div3
--         b 2026-03 staff 500
--         b 2026-03 storage 40 div1
--         c 2026-03 staff 70 div1
--     with: {tree: then, from: 2026-03-01, to: 2026-03-31}
--     expect: 80
-- ---
SELECT node, path, branch, mode, kind, sum(cost) AS total, max(cost) AS largest, total - largest AS duplicated, count() AS divisions
FROM
(
    SELECT node, path, branch, mode, kind, unit, sum(cost) AS cost
    FROM v_node_costs(tree = {tree:String}, from = {from:Date32}, to = {to:Date32})
    WHERE unit != ''
    GROUP BY node, path, branch, mode, kind, unit
)
GROUP BY node, path, branch, mode, kind
