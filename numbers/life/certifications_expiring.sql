-- ---
-- name: certifications_expiring
-- title: {en: Certifications about to expire, zh: 即将到期的认证}
-- formula: {en: "certificates of a partner for a product line that end within 60 days and are not renewed", zh: 60 天内到期且未续期的伙伴产品线认证数}
-- variant: {en: "By life.csv, stage certified; the last day itself is still within. Renewed is what has another certificate that ends later.", zh: 依 life.csv 的 certified 阶段；最后一日仍有效。另有更晚到期的认证即为已续。}
-- edges: {en: "A certificate without an end never expires. One that has ended is a number of its own.", zh: 无截止日的认证不到期。已到期者另计。}
-- unit: count
-- decimals: 0
-- better: less
-- adds_up: [partner, line]
-- view: v_certifications
-- takes: [day Date32]
-- measure: countIf(state = 'expiring')
-- examples:
--   - says: "acme's audio ends in 20 days; its video was renewed, zeta's has ended, wide's lasts for ever."
--     given: &given
--       life: |
--         acme certified audio 2024-03-31 2026-03-30
--         acme certified video 2024-03-31 2026-03-30
--         acme certified video 2026-03-31 2028-03-30
--         zeta certified audio 2024-02-01 2026-02-10
--         wide certified audio 2024-02-01
--         late certified audio 2024-02-01 2026-05-10
--     with: {day: 2026-03-10}
--     expect: 1
-- ---
-- One row per partner and line that has begun: valid, expiring within 60 days, or expired.
SELECT partner, line, min(from_date) AS since, max(to_date) AS until, toInt32(until) - toInt32({day:Date32}) AS days_left,
    multiIf(days_left < 0, 'expired', days_left <= 60, 'expiring', 'valid') AS state
FROM v_life
WHERE stage = 'certified'
GROUP BY partner, line
HAVING since <= {day:Date32}
