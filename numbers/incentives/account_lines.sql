-- ---
-- name: account_lines
-- relation: true
-- title: {en: Lines of incentive accounts, zh: 激励账户明细}
-- takes: [as_of DateTime]
-- ---
-- One row per line of an account: what qualified, by product line (sales), what a tier earned (tier), what was above the cap (cap), penalties,
-- clawback, adjustments of closed periods, and behind each adjustment its reasons with the submission.
SELECT programme, partner, period, from_date, to_date, state, number, pays, currency, counts, at, place, l.1 AS part, l.2 AS line, l.3 AS threshold, l.4 AS rate, l.5 AS per,
    l.6 AS units, l.7 AS money, l.8 AS amount, l.9 AS of_period, l.10 AS cause, l.11 AS submission, l.12 AS note
FROM
(
    SELECT programme, partner, period, from_date, to_date, state, number, pays, currency, counts, at,
        arrayMap(i -> (part[i], line[i], reinterpret(threshold[i], 'Decimal(18, 6)'), reinterpret(rate[i], 'Decimal(18, 6)'), per[i], reinterpret(units[i], 'Decimal(18, 6)'),
            reinterpret(money[i], 'Decimal(18, 6)'), reinterpret(amount[i], 'Decimal(18, 6)'), of_period[i], cause[i], submission[i], note[i]), arrayEnumerate(part)) AS all
    FROM v_accounts(as_of = {as_of:DateTime})
)
ARRAY JOIN all AS l, arrayEnumerate(all) AS place
