-- ---
-- name: market_lines
-- relation: true
-- title: {en: Markets and what was sold in them, zh: 市场及其中销售}
-- takes: [day Date32]
-- ---
-- One row per territory, line and period of market.csv that ended in the 92 days up to a day: its units, those of the same
-- period last year where they are known, and net sell-out of the line in the territory and those below it, in both. Left out is
-- a period that has a shorter one inside, and a territory that has one below it with figures of the same line and period, so
-- that what is left may be added.
WITH
    ended AS
    (
        SELECT territory, line, period, from_date, to_date, units
        FROM (SELECT *, groupArray((from_date, to_date)) OVER (PARTITION BY territory, line) AS spans FROM v_market WHERE to_date <= {day:Date32} AND to_date > {day:Date32} - 92 AND units > 0)
        WHERE NOT arrayExists(s -> s.1 >= from_date AND s.2 <= to_date AND s != (from_date, to_date), spans)
    ),
    sizes AS
    (
        SELECT territory, line, period, from_date, to_date, units
        FROM ended
        WHERE (territory, line, period) NOT IN
        (
            SELECT arrayJoin(arrayPopBack(t.path)) AS above, e.line, e.period FROM ended AS e INNER JOIN v_territory_tree AS t ON t.territory = e.territory
        )
    )
SELECT m.territory AS territory, m.line AS line, m.period AS period, m.from_date AS from_date, m.to_date AS to_date,
    toDecimal128(any(m.units), 6) AS market, toDecimal128(any(y.units), 6) AS market_year,
    sumIf(s.units, s.business_date >= m.from_date AND s.business_date <= m.to_date) AS own,
    sumIf(s.units, s.business_date >= y.from_date AND s.business_date <= y.to_date) AS own_year
FROM sizes AS m
LEFT ANY JOIN (SELECT * FROM v_market WHERE units > 0) AS y ON y.territory = m.territory AND y.line = m.line AND y.period = concat(toString(toYear(m.from_date) - 1), substring(m.period, 5))
LEFT JOIN
(
    SELECT arrayJoin(t.path) AS territory, d.line AS line, d.business_date AS business_date, sum(d.units) AS units
    FROM
    (
        SELECT l.territory AS place, p.line AS line, n.business_date AS business_date, sum(toDecimal128(n.units, 6)) AS units
        FROM v_net_sell_out AS n
        INNER JOIN v_locations AS l ON l.code = n.location
        INNER JOIN v_products AS p ON p.code = n.product
        WHERE n.business_date <= {day:Date32} AND n.business_date >= (SELECT addYears(min(from_date), -1) FROM sizes)
        GROUP BY place, line, business_date
    ) AS d
    INNER JOIN v_territory_tree AS t ON t.territory = d.place
    GROUP BY territory, line, business_date
) AS s ON s.territory = m.territory AND s.line = m.line
GROUP BY territory, line, period, from_date, to_date
