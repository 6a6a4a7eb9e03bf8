-- ---
-- name: result
-- title: {en: Result, zh: 经营成果}
-- formula: {en: sales that left the tree − their cost − channel costs, zh: 离开组织的销售额 − 其成本 − 渠道费用}
-- variant:
--   en: "Per division (business unit) and per branch, at once or apart. Sales of the vendor's own units and of agents, net of returns; cost by the day of the sale (product_costs.csv, else products.csv); channel costs by the days of their period."
--   zh: 可按事业部、分公司分别或交叉查看。销售含厂商自有单位与代理人，扣除退货；成本取销售当日（product_costs.csv，否则 products.csv）；渠道费用按其期间天数分摊。
-- edges:
--   en: "What partners sell of their own is not the vendor's. Sales of a product without a cost are left out, and so is what was passed on inside. A cost without a unit belongs to no division. Needs the grant cost."
--   zh: 伙伴自有销售不计。无成本的产品，其销售不计；内部流转不计。未注明事业部的费用不归任何事业部。需要 cost 权限。
-- unit: money
-- decimals: 0
-- better: more
-- adds_up: [unit, branch, product, partner]
-- takes: [tree String, from Date32, to Date32]
-- measure: sum(sales) - sum(goods) - sum(costs)
-- examples:
--   - says: Branch b sold 10 A for 100 to acme, of which 1 came back, at a cost of 6 each; 100 − 10 − 54 = 36. Half of March's 31 staff cost lies in the 16th to 31st, and there 16 days, so 16. 36 − 16 = 20.
--     given: &given
--       partners: |
--         branch - vendor
--         acme specialist dealer
--       products: |
--         A audio - div1 6
--         B video - div2 3
--         N video - div2
--       locations: B1 branch
--       organisation: |
--         hq -
--         b hq branch
--       channel_costs: b 2026-03 staff 31 div1
--       sales: |
--         branch B1 A 2026-03-20 sell_through 10 100 party=acme
--         branch B1 A 2026-03-21 return_in -1 -10 party=acme
--         branch B1 B 2026-03-20 sell_out 5 40
--         branch B1 N 2026-03-20 sell_out 5 40
--         acme S1 A 2026-03-22 sell_out 4 60
--     with: {tree: then, from: 2026-03-16, to: 2026-03-31}
--     where: unit = 'div1'
--     expect: 20
--   - says: And of both divisions, 20 and 40 − 15; of N no cost is known.
--     given: *given
--     with: {tree: then, from: 2026-03-16, to: 2026-03-31}
--     expect: 45
-- ---
SELECT s.partner AS partner, t.node AS node, t.path AS path, t.branch AS branch, if(t.mode = '', 'distribution', t.mode) AS mode, s.unit AS unit, s.product AS product,
    if(s.known.1 > 0, toDecimal128(s.money, 6), 0) AS sales, toDecimal128(toDecimal128(s.units, 6) * s.known.1 * if(r.rate > 0, r.rate, 1), 6) AS goods,
    toDecimal128(0, 6) AS costs
FROM
(
    SELECT v.partner AS partner, v.business_date AS business_date, v.product AS product, p.business_unit AS unit, v.units AS units, v.money AS money,
        if(c.to_date >= v.business_date, (toDecimal128(c.cost, 6), c.currency), (toDecimal128(p.cost, 6), p.currency)) AS known, known.2 AS currency
    FROM
    (
        SELECT partner, business_date, product, sum(units) AS units, sum(money) AS money
        FROM v_vendor_sales
        WHERE business_date >= {from:Date32} AND business_date <= {to:Date32}
        GROUP BY partner, business_date, product
    ) AS v
    LEFT ANY JOIN v_products AS p ON p.code = v.product
    ASOF LEFT JOIN v_product_costs AS c ON c.product = v.product AND c.from_date <= v.business_date
) AS s
LEFT JOIN v_tree_days(tree = {tree:String}, from = {from:Date32}, to = {to:Date32}) AS t ON t.partner = s.partner AND t.business_date = s.business_date
ASOF LEFT JOIN v_rates AS r ON r.currency = s.currency AND r.date <= s.business_date
UNION ALL
SELECT '', node, path, branch, mode, unit, '', 0, 0, cost
FROM v_node_costs(tree = {tree:String}, from = {from:Date32}, to = {to:Date32})
