-- Products whose net sales changed most against the week before.
SELECT s.product AS product, if(p.name = '', s.product, p.name) AS name, s.money AS money, s.money_before AS money_before, s.money - s.money_before AS change
FROM
(
    SELECT product, sumIf(base_amount, {{week}}) AS money, sumIf(base_amount, {{before}}) AS money_before
    FROM {{view "v_sales_daily"}}
    WHERE ({{week}} OR {{before}}) AND kind IN ('sell_out', 'sell_through', 'return_in') AND product != ''
    GROUP BY product
) AS s
LEFT JOIN {{view "v_products"}} AS p ON p.code = s.product
WHERE change != 0
ORDER BY abs(change) DESC, product LIMIT 10
