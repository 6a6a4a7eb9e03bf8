-- ---
-- name: serials_never_received
-- title: {en: "Serial numbers sold and never received", zh: "未进货而销售的序列号"}
-- formula: {en: "serial numbers that a partner sold in the period and that only others are known to have got by then", zh: "期内由某伙伴售出、而截至当日仅知他人到货的序列号"}
-- variant: {en: "Got is a delivery shipped to or received by a partner, a transfer that arrived, or sell-in, with the serial number, in the 400 days up to the sale.", zh: "到货为 400 天内带该序列号的发货（收方）、收货、调入或进货。"}
-- edges: {en: "A serial number of which no delivery at all is known is left out: nothing is known. So are the vendor's own units.", zh: "完全无到货记录的序列号不计（无从判断）；厂商自有单位不计。"}
-- unit: count
-- decimals: 0
-- better: less
-- takes: [from Date32, to Date32]
-- measure: uniqExact((partner, product, serial))
-- examples:
--   - says: "X1 was shipped to zeta, and acme sold it. X2 acme got itself, X3 later than it sold it, and of X4 nobody knows. Two."
--     given:
--       partners: |
--         head - vendor
--         acme specialist dealer
--         zeta specialist dealer
--       products: A audio
--       locations: Z1 zeta
--       flows: |
--         head - A 2026-02-02T09:00 shipped 1 - Z1 D1 serial=X1
--         acme S1 A 2026-02-02T09:00 received 1 - head D2 serial=X2
--         acme S1 A 2026-03-09T09:00 received 1 - head D3 serial=X3
--         zeta Z1 A 2026-02-09T09:00 received 1 - head D3 serial=X3
--       sales: |
--         acme S1 A 2026-03-03 sell_out 1 10 serial=X1
--         acme S1 A 2026-03-03 sell_out 1 10 serial=X2
--         acme S1 A 2026-03-03 sell_out 1 10 serial=X3
--         acme S1 A 2026-03-03 sell_out 1 10 serial=X4
--         head H A 2026-03-03 sell_out 1 10 serial=X1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 2
-- ---
-- One row per sale. holders: who got it.
SELECT s.partner AS partner, s.location AS location, s.product AS product, s.serial AS serial, s.business_date AS business_date, s.document AS document, s.salesperson AS salesperson, s.money AS money,
    arrayStringConcat(arraySort(arrayDistinct(arrayMap(h -> h.1, arrayFilter(h -> h.2 <= s.business_date, g.got)))), ', ') AS holders
FROM
(
    SELECT partner, place AS location, CAST(product, 'String') AS product, serial, business_date, document, salesperson, toDecimal128(ifNull(sum(base_amount), 0), 6) AS money
    FROM v_movements
    WHERE serial != '' AND product != '' AND kind IN ('sell_out', 'sell_through') AND business_date >= {from:Date32} AND business_date <= {to:Date32}
        AND partner NOT IN (SELECT code FROM v_inside WHERE partner = '')
    GROUP BY partner, location, product, serial, business_date, document, salesperson
    HAVING sum(sign) > 0
) AS s
INNER JOIN
(
    SELECT product, serial, groupArray((holder, day)) AS got
    FROM
    (
        SELECT CAST(l.product, 'String') AS product, l.serial AS serial, if(l.kind = 'shipped', p.partner, l.partner) AS holder, l.business_date AS day
        FROM
        (
            SELECT partner, product, serial, kind, party, business_date
            FROM v_shipment_lines
            WHERE serial != '' AND kind IN ('shipped', 'received') AND business_date > {from:Date32} - 400 AND business_date <= {to:Date32}
            GROUP BY partner, product, serial, kind, party, business_date
            HAVING sum(sign) > 0
        ) AS l
        LEFT ANY JOIN v_parties AS p ON p.code = l.party
        UNION ALL
        SELECT CAST(product, 'String'), serial, partner, business_date
        FROM v_transfer_lines
        WHERE serial != '' AND kind = 'arrived' AND business_date > {from:Date32} - 400 AND business_date <= {to:Date32}
        GROUP BY partner, product, serial, business_date
        HAVING sum(sign) > 0
        UNION ALL
        SELECT CAST(product, 'String'), serial, partner, business_date
        FROM v_movements
        WHERE serial != '' AND kind = 'sell_in' AND business_date > {from:Date32} - 400 AND business_date <= {to:Date32}
        GROUP BY partner, product, serial, business_date
        HAVING sum(sign) > 0
    )
    WHERE holder != ''
    GROUP BY product, serial
) AS g ON g.product = s.product AND g.serial = s.serial
WHERE arrayExists(h -> h.2 <= s.business_date, g.got) AND NOT arrayExists(h -> h.2 <= s.business_date AND h.1 = s.partner, g.got)
