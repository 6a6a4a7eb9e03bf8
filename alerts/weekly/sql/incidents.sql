-- Incidents by rule: opened and closed in the week, and open at its end.
SELECT rule, countIf(opened_at >= {{from}} AND opened_at < {{to}}) AS opened, countIf(closed_at >= {{from}} AND closed_at < {{to}}) AS closed,
    countIf(opened_at < {{to}} AND (state != 'closed' OR closed_at >= {{to}})) AS open, sumIf(money_at_stake, opened_at < {{to}} AND (state != 'closed' OR closed_at >= {{to}})) AS money
FROM {{view "v_incidents"}}
GROUP BY rule HAVING opened + closed + open > 0 ORDER BY rule
