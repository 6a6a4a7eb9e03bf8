-- Accounts of partners under incentive programmes, as they stood at an instant: statements that were closed by then, and the
-- others as they were reckoned last.
CREATE OR REPLACE VIEW {{.Database}}.v_accounts_as_of {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT programme, partner, period, toDate32(from_day) AS from_date, toDate32(to_day) AS to_date, 'closed' AS state, number, pays, currency, counts,
    reinterpret(opening_micros, 'Decimal(18, 6)') AS opening, reinterpret(earned_micros, 'Decimal(18, 6)') AS earned, reinterpret(adjusted_micros, 'Decimal(18, 6)') AS adjusted,
    reinterpret(paid_micros, 'Decimal(18, 6)') AS paid, reinterpret(closing_micros, 'Decimal(18, 6)') AS closing, reinterpret(worth_micros, 'Decimal(18, 6)') AS worth,
    reinterpret(counted_micros, 'Decimal(18, 6)') AS counted, if(isNull(next_micros), NULL, reinterpret(assumeNotNull(next_micros), 'Decimal(18, 6)')) AS next_threshold,
    closed_at AS at, who, hash,
    `lines.part` AS part, `lines.line` AS line, `lines.threshold_micros` AS threshold, `lines.rate_micros` AS rate, `lines.per` AS per, `lines.units_micros` AS units, `lines.money_micros` AS money,
    `lines.amount_micros` AS amount, `lines.period` AS of_period, `lines.cause` AS cause, `lines.submission` AS submission, `lines.note` AS note
FROM (SELECT * FROM {{.Database}}.statements WHERE closed_at < {as_of:DateTime64(6, 'UTC')} ORDER BY partner, number, written_at LIMIT 1 BY partner, number)
UNION ALL
SELECT programme, partner, period, toDate32(from_day), toDate32(to_day), 'open', 0, pays, currency, counts,
    reinterpret(opening_micros, 'Decimal(18, 6)'), reinterpret(earned_micros, 'Decimal(18, 6)'), reinterpret(adjusted_micros, 'Decimal(18, 6)'),
    reinterpret(paid_micros, 'Decimal(18, 6)'), reinterpret(closing_micros, 'Decimal(18, 6)'), reinterpret(worth_micros, 'Decimal(18, 6)'),
    reinterpret(counted_micros, 'Decimal(18, 6)'), if(isNull(next_micros), NULL, reinterpret(assumeNotNull(next_micros), 'Decimal(18, 6)')),
    toDateTime64(written_at, 3, 'UTC'), '', '',
    `lines.part`, `lines.line`, `lines.threshold_micros`, `lines.rate_micros`, `lines.per`, `lines.units_micros`, `lines.money_micros`,
    `lines.amount_micros`, `lines.period`, `lines.cause`, `lines.submission`, `lines.note`
FROM (SELECT * FROM {{.Database}}.accruals WHERE written_at < {as_of:DateTime64(6, 'UTC')} ORDER BY written_at DESC LIMIT 1 BY programme, partner, period)
WHERE (programme, partner, period) NOT IN (SELECT programme, partner, period FROM {{.Database}}.statements WHERE closed_at < {as_of:DateTime64(6, 'UTC')});

-- Claims as they stand.
CREATE OR REPLACE VIEW {{.Database}}.v_claims {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT claim, toString(state) AS state, programme, partner, period, documents, reinterpret(amount_micros, 'Decimal(18, 6)') AS amount, currency, who, why, at
FROM (SELECT * FROM {{.Database}}.claims ORDER BY written_at DESC LIMIT 1 BY claim);
