-- ---
-- name: accounts
-- relation: true
-- title: {en: Accounts of partners under incentive programmes, zh: 伙伴激励账户}
-- takes: [as_of DateTime]
-- ---
-- One row per programme, partner and period, as it was known at an instant: closed ones as they were frozen, open ones as they were
-- reckoned last. What they are worked out from, and by which rules, is in package incentives. earned, adjusted, opening, paid and closing are in
-- the currency of the programme, or in points; worth is what was earned and adjusted in the reporting currency. The lines stand in arrays.
SELECT *
FROM v_accounts_as_of(as_of = toDateTime64({as_of:DateTime}, 6, 'UTC') + 1)
