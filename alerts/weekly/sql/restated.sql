-- What came to be known in the week about days before it.
SELECT partner, sum(qty) AS units, sum(base_amount) AS money, min(business_date) AS first_day, max(business_date) AS last_day, count() AS lines
FROM {{view "v_movements"}}
WHERE known_at >= {{from}} AND known_at < {{to}} AND business_date < {{first}} AND kind IN ('sell_out', 'sell_through', 'return_in') AND cause != 'reflowed'
GROUP BY partner ORDER BY abs(money) DESC, partner LIMIT 20
