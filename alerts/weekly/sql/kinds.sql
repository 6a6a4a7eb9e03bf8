-- What moved, by kind: the week, the week before, and the same week last year.
SELECT kind, sumIf(qty, {{week}}) AS units, sumIf(base_amount, {{week}}) AS money, sumIf(qty, {{before}}) AS units_before, sumIf(base_amount, {{before}}) AS money_before,
    sumIf(qty, {{last_year}}) AS units_last_year, sumIf(base_amount, {{last_year}}) AS money_last_year
FROM {{view "v_sales_daily"}}
WHERE ({{week}} OR {{before}} OR {{last_year}}) AND kind NOT IN ('adjustment', 'void', 'transfer')
GROUP BY kind ORDER BY kind
