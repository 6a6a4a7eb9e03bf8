-- ---
-- name: cost_to_serve
-- title: {en: Cost to serve, zh: 服务成本率}
-- formula: {en: channel costs ÷ sales that left the tree, zh: 渠道费用 ÷ 离开组织的销售额}
-- variant: {en: "All kinds of channel_costs.csv (storage, transport, staff, service, promotion) over the sales of the vendor's own units and of agents, net of returns, at cost known or not.", zh: channel_costs.csv 全部种类，除以厂商自有单位与代理人的净销售额（不论成本是否已知）。}
-- edges: {en: "Nothing sold gives no value. Needs the grant cost.", zh: 无销售则无值。需要 cost 权限。}
-- unit: percent
-- decimals: 1
-- better: less
-- takes: [tree String, from Date32, to Date32]
-- measure: 100 * sum(costs) / nullIf(sum(sales), 0)
-- examples:
--   - says: 6 of storage and 4 of service for 80 sold.
--     given:
--       partners: store - vendor
--       locations: S1 store
--       organisation: |
--         hq -
--         d hq store
--       channel_costs: |
--         d 2026-03 storage 6
--         d 2026-03 service 4
--       sales: |
--         store S1 A 2026-03-20 sell_out 9 90
--         store S1 A 2026-03-21 return_in -1 -10
--     with: {tree: then, from: 2026-03-01, to: 2026-03-31}
--     expect: 12.5
--   - says: Nothing sold.
--     given:
--       organisation: hq -
--       channel_costs: hq 2026-03 storage 6
--     with: {tree: then, from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
SELECT t.node AS node, t.path AS path, t.branch AS branch, if(t.mode = '', 'distribution', t.mode) AS mode, s.partner AS partner, p.business_unit AS unit, s.product AS product,
    toDecimal128(s.money, 6) AS sales, toDecimal128(0, 6) AS costs
FROM
(
    SELECT partner, business_date, product, sum(money) AS money
    FROM v_vendor_sales
    WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
    GROUP BY partner, business_date, product
) AS s
LEFT JOIN v_tree_days(tree = {tree:String}, from = {from:Date32}, to = {to:Date32}) AS t ON t.partner = s.partner AND t.business_date = s.business_date
LEFT ANY JOIN v_products AS p ON p.code = s.product
UNION ALL
SELECT node, path, branch, mode, '', unit, '', 0, cost
FROM v_node_costs(tree = {tree:String}, from = {from:Date32}, to = {to:Date32})
