-- ---
-- name: inside_units
-- title: {en: Passed on inside the tree, zh: 组织内部流转}
-- formula: {en: units that one unit of the vendor's passed on to another or to an agent − units that came back, zh: 厂商单位之间及到代理人的流转数量 − 退回数量}
-- variant:
--   en: "As whoever handed them on reports it, as sales or as transfers sent. A unit that goes to the branch and then to its office counts twice: it was handed on twice."
--   zh: 以发出方报告为准，含按销售报告与按调拨报告的数量。先到分公司再到办事处的商品计两次，因其流转两次。
-- edges: {en: "It is no sale of the vendor's: never sell-in, sell-through or sell-out, and left out of every sum of these.", zh: 不是厂商的销售：不计入进货、分销或终端销售。}
-- unit: units
-- decimals: 0
-- better: neither
-- adds_up: [day, product, location, partner]
-- takes: [from Date32, to Date32]
-- measure: sum(units)
-- examples:
--   - says: Headquarters passed on 60 to the branch and took 6 back, the branch 25 to its office by a transfer. 30 left for acme.
--     given:
--       partners: |
--         head - vendor
--         branch - vendor
--         office - vendor
--         acme specialist dealer
--       locations: |
--         O1 office
--         B1 branch
--       sales: |
--         head H A 2026-03-02 sell_through 60 party=branch
--         head H A 2026-03-04 return_in -6 party=B1
--         branch B1 A 2026-03-02 sell_in 60 party=head
--         branch B1 A 2026-03-03 sell_through 30 party=acme
--       flows: branch B1 A 2026-03-03T09:00 sent 25 party=O1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 79
-- ---
-- settled: as the receiver is run, what it gets is settled like a sale.
SELECT s.partner AS partner, s.business_date AS business_date, s.location AS location, s.product AS product, s.party AS party, s.units AS units, s.money AS money,
    t.settled AS settled
FROM
(
    SELECT partner, business_date, location, product, party, units, money
    FROM v_stages
    WHERE reads = 'inside' AND kind IN ('sell_through', 'sell_out', 'return_in') AND business_date >= {from:Date32} AND business_date <= {to:Date32}
    UNION ALL
    SELECT partner, business_date, location, product, party, units, money
    FROM v_flow_rows
    WHERE kind = 'sent' AND inside AND business_date >= {from:Date32} AND business_date <= {to:Date32}
) AS s
LEFT ANY JOIN v_parties AS p ON p.code = s.party
ASOF LEFT JOIN (SELECT partner, from_date, to_date, settled > 0 AS settled FROM v_standings) AS t ON t.partner = p.partner AND t.from_date <= s.business_date
