-- Net sales to customers and next partners, by partner.
SELECT s.partner AS partner, if(p.name = '', s.partner, p.name) AS name, s.units AS units, s.money AS money, s.money_before AS money_before, s.money_last_year AS money_last_year, i.open AS open
FROM
(
    SELECT partner, sumIf(qty, {{week}}) AS units, sumIf(base_amount, {{week}}) AS money, sumIf(base_amount, {{before}}) AS money_before, sumIf(base_amount, {{last_year}}) AS money_last_year
    FROM {{view "v_sales_daily"}}
    WHERE ({{week}} OR {{before}} OR {{last_year}}) AND kind IN ('sell_out', 'sell_through', 'return_in')
    GROUP BY partner
) AS s
LEFT JOIN {{view "v_partners"}} AS p ON p.partner = s.partner
LEFT JOIN (SELECT partner, count() AS open FROM {{view "v_incidents"}} WHERE state != 'closed' GROUP BY partner) AS i ON i.partner = s.partner
ORDER BY money DESC, partner LIMIT 50
