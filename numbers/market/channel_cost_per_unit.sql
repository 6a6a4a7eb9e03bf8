-- ---
-- name: channel_cost_per_unit
-- title: {en: Channel cost per unit sold, zh: 单台渠道费用}
-- formula: {en: channel costs ÷ net sell-out, zh: 渠道费用 ÷ 净销售量}
-- variant: {en: "All kinds of channel_costs.csv, by the share of their period's days that lie in the period asked for, over the units that reached end customers below the same nodes.", zh: channel_costs.csv 全部种类，按落入所选期间的天数分摊，除以同一节点下售达终端顾客的数量。}
-- edges: {en: "Nothing sold gives no value. Needs the grant cost.", zh: 无销售则无值。需要 cost 权限。}
-- unit: money
-- decimals: 2
-- better: less
-- takes: [tree String, from Date32, to Date32]
-- measure: sum(costs) / nullIf(sum(units), 0)
-- examples:
--   - says: "31 of storage, of which 10 of 31 days are asked for, and 10 of transport, for 4 sold; the 20 of the 20th come later."
--     given:
--       partners: acme specialist dealer
--       organisation: |
--         hq -
--         d hq acme
--       channel_costs: |
--         d 2026-03 storage 31
--         hq 2026-03 transport 31
--       sales: |
--         acme S1 A 2026-03-05 sell_out 5 50
--         acme S1 A 2026-03-06 return_in -1 -10
--         acme S1 A 2026-03-20 sell_out 20 90
--     with: {tree: then, from: 2026-03-01, to: 2026-03-10}
--     expect: 5
--   - says: Nothing sold.
--     given:
--       organisation: hq -
--       channel_costs: hq 2026-03 storage 6
--     with: {tree: then, from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
SELECT t.node AS node, t.path AS path, t.branch AS branch, if(t.mode = '', 'distribution', t.mode) AS mode, s.partner AS partner, p.business_unit AS unit, s.product AS product,
    toDecimal128(s.units, 6) AS units, toDecimal128(0, 6) AS costs
FROM
(
    SELECT partner, business_date, product, sum(n.units) AS units
    FROM v_net_sell_out AS n
    WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
    GROUP BY partner, business_date, product
) AS s
LEFT JOIN v_tree_days(tree = {tree:String}, from = {from:Date32}, to = {to:Date32}) AS t ON t.partner = s.partner AND t.business_date = s.business_date
LEFT ANY JOIN v_products AS p ON p.code = s.product
UNION ALL
SELECT node, path, branch, mode, '', unit, '', 0, cost
FROM v_node_costs(tree = {tree:String}, from = {from:Date32}, to = {to:Date32})
