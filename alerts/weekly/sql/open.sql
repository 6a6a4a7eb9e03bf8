-- The most expensive of what is open now.
SELECT rule, text_en, text_zh, money_at_stake AS money, opened_at, assigned_to
FROM {{view "v_incidents"}} WHERE state != 'closed' ORDER BY ifNull(money_at_stake, 0) DESC, opened_at LIMIT 10
