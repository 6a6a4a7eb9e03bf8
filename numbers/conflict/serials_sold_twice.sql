-- ---
-- name: serials_sold_twice
-- title: {en: "Serial numbers sold twice", zh: "序列号重复销售"}
-- formula: {en: "serial numbers of a product that were sold to end customers more often than they came back, by two or more", zh: "同一产品序列号售予终端顾客的次数减退回次数不少于 2 者"}
-- variant: {en: "Over all partners and the 400 days up to the end; the last of the sales lies in the period.", zh: "跨全部伙伴，截至期末 400 天内；末次销售在期内。"}
-- edges: {en: "A unit that came back under its number may be sold again. What one partner sells to the next is no sale to an end customer. Products that nobody knows are left out. Who sees only its own sales sees only its own doubles.", zh: "凭序列号退回后可再售。伙伴间销售不计。未知产品不计。仅能看到自身销售者只见自身重复。"}
-- unit: count
-- decimals: 0
-- better: less
-- takes: [from Date32, to Date32]
-- measure: uniqExact((product, serial))
-- examples:
--   - says: "X1 of A, by acme and then by zeta. X2 came back in between, X3 was sold on, X1 of B is another unit, X4 was sold twice before the period."
--     given:
--       products: |
--         A audio
--         B audio
--       sales: |
--         acme S1 A 2026-02-02 sell_out 1 10 serial=X1
--         zeta Z1 A 2026-03-03 sell_out 1 9 serial=X1
--         acme S1 A 2026-03-03 sell_out 1 10 serial=X2
--         acme S1 A 2026-03-04 return_in -1 -10 serial=X2
--         acme S1 A 2026-03-05 sell_out 1 10 serial=X2
--         wide W A 2026-03-01 sell_through 1 7 serial=X3
--         acme S1 A 2026-03-05 sell_out 1 10 serial=X3
--         acme S1 B 2026-03-05 sell_out 1 10 serial=X1
--         acme S1 A 2026-01-02 sell_out 1 10 serial=X4
--         acme S1 A 2026-01-03 sell_out 1 10 serial=X4
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 1
-- ---
-- One row per sale of such a serial number.
SELECT partner, location, product, serial, business_date, document, salesperson, money, toInt32(times) AS times
FROM
(
    SELECT partner, location, product, serial, business_date, document, salesperson, money, sold,
        sum(sold) OVER (PARTITION BY product, serial) AS times, max(if(sold > 0, business_date, toDate32('1970-01-01'))) OVER (PARTITION BY product, serial) AS last
    FROM
    (
        SELECT partner, place AS location, CAST(product, 'String') AS product, serial, business_date, document, salesperson, toDecimal128(ifNull(sum(base_amount), 0), 6) AS money,
            sum(sign) * if(kind = 'return_in', -1, 1) AS sold
        FROM v_movements
        WHERE serial != '' AND product != '' AND kind IN ('sell_out', 'return_in') AND business_date > {to:Date32} - 400 AND business_date <= {to:Date32}
            AND serial IN (SELECT serial FROM v_movements WHERE serial != '' AND kind = 'sell_out' AND business_date >= {from:Date32} AND business_date <= {to:Date32})
        GROUP BY partner, location, product, serial, business_date, document, salesperson, kind
        HAVING sum(sign) != 0
    )
)
WHERE times > 1 AND sold > 0 AND last >= {from:Date32}
