-- ---
-- name: price_protection
-- title: {en: "Price protection", zh: "价格保护"}
-- formula: {en: "max(0, old − new price) × units bought inside the window and still on hand at the change", zh: "max(0, 旧价 − 新价) × 窗口期内购进且调价时仍在手的数量"}
-- variant: {en: "By price_changes.csv, of changes whose day is in the period. Bought is sell-in − returns to vendor in the window_days before the day; of these as many are still there as the newest level of the seven days before the change allows, the newest first (FIFO). In the reporting currency at the rate of the day.", zh: "依 price_changes.csv，限生效日在期内者。购进为生效日前 window_days 天内的进货 − 退回厂商；其中仍在手者以调价前七天内最新库存为上限，先进先出。按当日汇率折报告货币。"}
-- edges: {en: "A price that rises gives nothing. Who reports no level in those seven days or no sell-in has none. Goods that are the vendor's own (its units, agents) are left out. Windows longer than 365 days count 365.", zh: "涨价为零。七天内无库存报告或无进货者无保护。厂商自有货物（自有单位、代理）不计。窗口超过 365 天按 365 天计。"}
-- unit: money
-- decimals: 0
-- better: neither
-- adds_up: [day, product, location, partner]
-- takes: [from Date32, to Date32]
-- measure: sum(money)
-- examples:
--   - says: "10 less for each of what S1 bought in the 30 days before the 10th, 8 + 6 − 2 = 12 of the 40 that lie there, and for 5 of S2's 20. Of S3 no level is known."
--     given: &given
--       partners: |
--         head - vendor
--         acme specialist dealer
--       products: A audio 100
--       locations: |
--         S1 acme
--         H head
--       price_changes: |
--         A 2026-03-10 100 90 GBP 30
--         A 2026-06-10 90 95 GBP 30
--       sales: |
--         acme S1 A 2026-02-07 sell_in 50
--         acme S1 A 2026-02-08 sell_in 8
--         acme S1 A 2026-03-09 sell_in 6
--         acme S1 A 2026-03-09 return_out -2
--         acme S1 A 2026-03-10 sell_in 9
--         acme S2 A 2026-03-01 sell_in 20
--         acme S3 A 2026-03-01 sell_in 20
--         head H A 2026-03-01 sell_in 20
--       stock: |
--         acme S1 A 2026-03-08T20:00 40
--         acme S2 A 2026-03-08T20:00 5
--         acme S3 A 2026-02-08T20:00 5
--         head H A 2026-03-08T20:00 40
--     with: {from: 2026-03-01, to: 2026-03-31}
--     expect: 170
-- ---
SELECT b.partner AS partner, b.location AS location, b.product AS product, b.day AS business_date, b.old_price AS old_price, b.new_price AS new_price, b.currency AS currency,
    b.bought AS bought, b.on_hand AS on_hand, greatest(least(b.bought, b.on_hand), toDecimal128(0, 6)) AS units,
    toDecimal128(greatest(b.old_price - b.new_price, toDecimal64(0, 6)) * if(r.rate > 0, r.rate, 1), 6) AS each, toDecimal128(units * each, 6) AS money
FROM
(
    SELECT m.partner AS partner, m.location AS location, m.product AS product, c.date AS day, c.old_price AS old_price, c.new_price AS new_price, c.currency AS currency,
        sumIf(m.qty, NOT m.is_level AND m.at >= c.date - c.window_days AND m.at < c.date) AS bought,
        maxIf((m.at, m.qty), m.is_level AND m.at >= c.date - 7 AND m.at < c.date).2 AS on_hand
    FROM
    (
        SELECT partner, location, product, business_date AS at, units AS qty, false AS is_level
        FROM v_goods_rows(from = {from:Date32} - 365, to = {to:Date32}, as_of = '')
        WHERE kind IN ('sell_in', 'return_out') AND product IN (SELECT product FROM v_price_changes WHERE date >= {from:Date32} AND date <= {to:Date32})
        UNION ALL
        SELECT partner, location, product, business_date, qty, true
        FROM v_levels_at(from = {from:Date32} - 7, to = {to:Date32}, as_of = '')
        WHERE level = 'on_hand' AND product IN (SELECT product FROM v_price_changes WHERE date >= {from:Date32} AND date <= {to:Date32})
    ) AS m
    INNER JOIN (SELECT * FROM v_price_changes WHERE date >= {from:Date32} AND date <= {to:Date32}) AS c ON c.product = m.product
    GROUP BY partner, location, product, day, old_price, new_price, currency
    HAVING countIf(m.is_level AND m.at >= c.date - 7 AND m.at < c.date) > 0 AND bought > 0
) AS b
ASOF LEFT JOIN v_inside AS i ON i.code = b.partner AND i.from_date <= b.day
ASOF LEFT JOIN v_rates AS r ON r.currency = b.currency AND r.date <= b.day
WHERE i.to_date < b.day
