-- ---
-- name: goods_exchange_rate
-- title: {en: Exchange rate of goods, zh: 换货率}
-- formula: {en: units exchanged ÷ units sold, zh: 换货数量 ÷ 销售数量}
-- variant: {en: "Units that were replaced by another one, with their reason, over units sold to end customers; each by its own day, whenever the unit was sold.", zh: 换新的数量（含原因）除以终端销售数量；各按其发生日计，不论何时售出。}
-- edges: {en: "Of partners that do not report service, nothing is exchanged. Nothing sold gives no value.", zh: 未报告服务数据的伙伴视为无换货。无销售则无值。}
-- unit: percent
-- decimals: 2
-- better: less
-- view: v_service_units
-- measure: 100 * sum(exchanged) / nullIf(sum(sold), 0)
-- examples:
--   - says: 2 exchanged of 20 sold; what came back does not lessen what was sold.
--     given: &given
--       products: A audio
--       locations: |
--         S1 acme
--         S2 acme
--       partners: |
--         head - vendor
--         acme specialist dealer
--       sales: |
--         acme S1 A 2026-03-02 sell_out 16
--         acme S2 A 2026-03-03 sell_out 4
--         acme S2 A 2026-03-04 return_in -1
--       flows: |
--         acme S1 A 2026-03-05T09:00 exchanged 2 - - X1 - defective
--         acme S1 A 2026-03-05T09:00 returned 1 - - X2 - late
--         head - A 2026-03-06T09:00 repaired 1 - acme C1 - battery
--         head - A 2026-03-07T09:00 repaired 3 - acme C2 - display
--         head - A 2026-03-07T09:00 repaired -3 - acme C2 - display cause=-withdrawn
--     expect: 10
--   - says: Nothing sold.
--     given:
--       flows: acme S1 A 2026-03-05T09:00 exchanged 2 - - X1 - defective
--     expect: null
-- ---
-- Units that came back, were exchanged or repaired, with the reason, and units sold to end customers. partner is whom it is about:
-- of what a unit of the vendor's reports, whoever the line names, another unit of the vendor's too.
SELECT if(s.vendors AND p.partner != '', p.partner, s.reporter) AS partner, s.business_date AS business_date, s.location AS location, s.product AS product, s.reason AS reason,
    if(s.kind = 'returned', s.units, 0) AS returned, if(s.kind = 'exchanged', s.units, 0) AS exchanged, if(s.kind = 'repaired', s.units, 0) AS repaired, toDecimal64(0, 6) AS sold
FROM
(
    SELECT partner AS reporter, business_date, place AS location, product, kind, reason, party, qty AS units, partner IN (SELECT code FROM v_inside WHERE partner = '') AS vendors
    FROM v_service_lines
    WHERE kind IN ('returned', 'exchanged', 'repaired')
) AS s
LEFT ANY JOIN v_parties AS p ON p.code = s.party
UNION ALL
SELECT partner, business_date, location, product, '', 0, 0, 0, sold
FROM v_net_sell_out
