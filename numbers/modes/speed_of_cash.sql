-- ---
-- name: speed_of_cash
-- title: {en: Speed of cash, zh: 资金回笼速度}
-- formula: {en: "mean days from an invoice to its payment, weighted by the money paid", zh: 从开票到收款的平均天数（按收款金额加权）}
-- variant: {en: "Of payments of the period that name their invoice, to units of the vendor's; of whom they come from, so that the way from customer to branch and from branch to headquarters are a step each.", zh: 期内注明所付发票、付给厂商单位的款项，归集到付款方；顾客到分公司、分公司到总部各为一步。}
-- edges: {en: "A payment that names no invoice that is known is left out. No such payment gives no value. Paid ahead is negative.", zh: 未注明已知发票的款项不计；无此类款项则无值。预付为负。}
-- unit: days
-- decimals: 1
-- better: less
-- takes: [from Date32, to Date32]
-- measure: sum(paid * days) / nullIf(sum(paid), 0)
-- examples:
--   - says: 300 after 10 days and 100 after 30 days; 400 that name no invoice do not count.
--     given:
--       partners: |
--         branch - vendor
--         acme specialist dealer
--       flows: |
--         branch - - 2026-02-20T09:00 invoiced - 500 acme I1
--         branch - - 2026-03-02T09:00 paid - 300 acme P1 I1
--         branch - - 2026-03-22T09:00 paid - 100 acme P2 I1
--         branch - - 2026-03-22T09:00 paid - 400 acme P3
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 15
--   - says: Nothing paid.
--     given:
--       partners: branch - vendor
--       flows: branch - - 2026-02-20T09:00 invoiced - 500 acme I1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
SELECT if(t.partner = '', p.reporter, t.partner) AS partner, p.reporter AS reporter, p.day AS business_date, toDecimal128(p.money, 6) AS paid, toInt32(p.day) - toInt32(i.day) AS days
FROM
(
    SELECT partner AS reporter, party, refers_to, business_date AS day, sum(base_amount) AS money
    FROM v_money_lines
    WHERE kind = 'paid' AND refers_to != '' AND business_date >= {from:Date32} AND business_date <= {to:Date32} AND partner IN (SELECT code FROM v_inside WHERE partner = '')
    GROUP BY reporter, party, refers_to, day
    HAVING money != 0
) AS p
INNER JOIN
(
    SELECT partner AS reporter, document, min(business_date) AS day
    FROM (SELECT partner, document, business_date FROM v_money_lines WHERE kind = 'invoiced' AND document != '' AND partner IN (SELECT code FROM v_inside WHERE partner = '')
        GROUP BY partner, document, business_date HAVING sum(sign) > 0)
    GROUP BY reporter, document
) AS i ON i.reporter = p.reporter AND i.document = p.refers_to
LEFT ANY JOIN v_parties AS t ON t.code = p.party
