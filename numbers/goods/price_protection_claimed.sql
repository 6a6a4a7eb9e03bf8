-- ---
-- name: price_protection_claimed
-- title: {en: "Price protection claimed", zh: "价格保护申报额"}
-- formula: {en: "what partners claimed for price protection", zh: "伙伴申报的价格保护金额"}
-- variant: {en: "Claims of a feed of money whose reason is price protection, by business date, in the reporting currency; what the vendor's own units note of a partner is that partner's claim.", zh: "资金数据源中原因为 price protection 的申报，按营业日、报告货币计；厂商单位记录的归所涉伙伴。"}
-- edges: {en: "Claims without an amount or rate count no money. They come after the change, so compare over a period that is long enough.", zh: "无金额或汇率者不计。申报晚于调价，比较期间宜足够长。"}
-- unit: money
-- decimals: 0
-- better: neither
-- adds_up: [day, partner]
-- takes: [from Date32, to Date32]
-- measure: sum(money)
-- examples:
--   - says: "60 and 5 of acme; 9 were claimed for something else."
--     given:
--       partners: |
--         head - vendor
--         acme specialist dealer
--       flows: |
--         head - - 2026-03-14T09:00 claimed - 60 acme C1 reason=price-protection
--         head - - 2026-03-15T09:00 claimed - 5 acme C2 reason=price-protection
--         head - - 2026-03-15T09:00 claimed - 9 acme C3 reason=transport
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 65
-- ---
SELECT if(l.own AND p.partner != '', p.partner, l.reporter) AS partner, l.business_date AS business_date, l.document AS document, l.money AS money
FROM
(
    SELECT partner AS reporter, party, document, business_date, toDecimal128(sum(base_amount), 6) AS money, partner IN (SELECT code FROM v_inside WHERE partner = '') AS own
    FROM v_money_lines
    WHERE kind = 'claimed' AND replaceAll(lower(reason), '-', ' ') = 'price protection' AND business_date >= {from:Date32} AND business_date <= {to:Date32}
    GROUP BY reporter, party, document, business_date
    HAVING sum(sign) != 0
) AS l
LEFT ANY JOIN v_parties AS p ON p.code = l.party
