-- ---
-- name: ticket_response_time
-- title: {en: Ticket response time, zh: 工单响应时间}
-- formula: {en: "sum of the time from each ticket to its answer ÷ tickets answered", zh: 各工单从提出到答复的时间之和 ÷ 已答复工单数}
-- variant: {en: "The mean, by the day of the ticket, of tickets that have an answer.", zh: 均值，按工单日期计，限已答复工单。}
-- edges: {en: "A ticket without an answer is left out; how many those are is a number of its own. No answer gives no value.", zh: 未答复工单不计，另有其数。无答复则无值。}
-- unit: seconds
-- decimals: 0
-- better: less
-- view: v_tickets
-- measure: sum(waited) / nullIf(sum(answered), 0)
-- examples:
--   - says: "1 hour and 3 hours; the third has no answer, the fourth was taken back."
--     given: &given
--       flows: |
--         acme - A 2026-03-05T09:00 ticket 1 - - T1 - set-up 2026-03-05T10:00
--         acme - A 2026-03-05T09:00 ticket 1 - - T2 - set-up 2026-03-05T12:00
--         acme - A 2026-03-05T09:00 ticket 1 - - T3 - drivers
--         acme - A 2026-03-05T09:00 ticket 1 - - T4 - drivers 2026-03-06T09:00
--         acme - A 2026-03-05T09:00 ticket -1 - - T4 - drivers 2026-03-06T09:00 cause=-withdrawn
--     expect: 7200
--   - says: No ticket was answered.
--     given:
--       flows: acme - A 2026-03-05T09:00 ticket 1 - - T3 - drivers
--     expect: null
-- ---
-- Tickets, answered or not, and scores, signed as their lines are. partner is whom they are about: of what a unit of the vendor's
-- reports, whoever the line names, another unit of the vendor's too.
SELECT if(s.vendors AND p.partner != '', p.partner, s.reporter) AS partner, s.business_date AS business_date, s.product AS product, s.reason AS reason,
    if(s.is_score, 0, s.sign) AS tickets, if(s.is_score OR NOT s.has_answer, 0, s.sign) AS answered, if(s.is_score, 0, s.sign * s.waited) AS waited,
    if(s.is_score, s.units, 0) AS score, if(s.is_score, s.sign, 0) AS scored
FROM
(
    SELECT partner AS reporter, business_date, product, reason, party, toInt64(sign) AS sign, toInt64(seconds_until) AS waited, until > toDateTime64(0, 0, 'UTC') AS has_answer,
        kind = 'score' AS is_score, qty AS units, partner IN (SELECT code FROM v_inside WHERE partner = '') AS vendors
    FROM v_service_lines
    WHERE kind IN ('ticket', 'score')
) AS s
LEFT ANY JOIN v_parties AS p ON p.code = s.party
