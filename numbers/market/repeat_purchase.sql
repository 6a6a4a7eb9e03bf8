-- ---
-- name: repeat_purchase
-- title: {en: Repeat purchase, zh: 复购率}
-- formula: {en: end customers who bought on two days or more ÷ end customers who bought, zh: 在两天及以上购买过的终端顾客数 ÷ 购买过的终端顾客数}
-- variant: {en: "In the period, by the keyed hash that stands for a customer with one partner; who buys from two partners is two customers.", zh: 期内，按代表顾客的密钥散列，以伙伴为界；向两家伙伴购买者计为两位顾客。}
-- edges: {en: "Sales without a customer, and of customers who were erased, are left out. What came back was still bought. No customer gives no value.", zh: 无顾客标识及已删除顾客的销售不计；退货者仍计为购买。无顾客则无值。}
-- unit: percent
-- decimals: 1
-- better: more
-- takes: [from Date32, to Date32]
-- measure: "100 * countEqual(arrayEnumerateUniq(arrayMap(x -> (x.1, x.2), groupUniqArray((partner, customer, business_date)))), 2) / nullIf(uniqExact(partner, customer), 0)"
-- examples:
--   - says: "k1 bought on two days, k2 twice on one, k3 once; k4 bought twice, of which one was withdrawn. 1 of 4."
--     given:
--       sales: |
--         acme S1 A 2026-03-02 sell_out 1 customer=k1
--         acme S1 B 2026-03-09 sell_out 1 customer=k1
--         acme S1 A 2026-03-02 sell_out 1 customer=k2
--         acme S2 A 2026-03-02 sell_out 1 customer=k2
--         acme S1 A 2026-03-03 sell_out 1 customer=k3
--         acme S1 A 2026-02-03 sell_out 1 customer=k3
--         acme S1 A 2026-03-04 sell_out 1 customer=k4
--         acme S1 A 2026-03-05 sell_out 1 customer=k4
--         acme S1 A 2026-03-05 sell_out -1 customer=k4 cause=-withdrawn
--         acme S1 A 2026-03-05 sell_out 1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 25
--   - says: No customer is known.
--     given:
--       sales: acme S1 A 2026-03-05 sell_out 1
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: null
-- ---
SELECT partner, place AS location, product, business_date, customer
FROM v_movements
WHERE customer != '' AND kind = 'sell_out' AND business_date >= {from:Date32} AND business_date <= {to:Date32}
GROUP BY partner, location, product, business_date, customer
HAVING sum(sign) > 0
