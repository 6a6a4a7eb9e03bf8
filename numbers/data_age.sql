-- ---
-- name: data_age
-- title: {en: Data age, zh: 数据时效}
-- formula: {en: now − when the newest submission was received, zh: 当前时间 − 最新提交的接收时间}
-- variant: {en: "Of several partners, the newest. The partner board has it for each.", zh: 多个伙伴时取最新者；伙伴看板逐一列出。}
-- edges: {en: Nothing received gives no value., zh: 未收到数据则无值。}
-- unit: seconds
-- decimals: 0
-- better: less
-- takes: [at DateTime]
-- measure: minOrNull(age)
-- examples:
--   - says: zeta reported an hour ago.
--     given:
--       submissions: |
--         acme pos 2026-03-02T08:00 10 0 10 0 0 0
--         zeta sales 2026-03-03T08:00 5 0 5 0 0 0
--     with: {at: "2026-03-03 09:00:00"}
--     expect: 3600
--   - says: Nothing came.
--     given:
--       products: A
--     with: {at: "2026-03-03 09:00:00"}
--     expect: null
-- ---
SELECT partner, feed, max(received_at) AS received, dateDiff('second', received, toDateTime64({at:DateTime}, 3, 'UTC')) AS age
FROM v_received
GROUP BY partner, feed
