-- ---
-- name: channel_mix
-- title: {en: Mix by channel type, zh: 渠道类型构成}
-- formula: {en: net sell-out of a channel type ÷ net sell-out of all, zh: 某渠道类型的净销售量 ÷ 全部净销售量}
-- variant: {en: "By units. The channel type is that of the partner in partners.csv in force today.", zh: 按数量计。渠道类型取当前生效的 partners.csv。}
-- edges: {en: "A partner that is not in partners.csv has the type “unknown”. Nothing sold gives no value.", zh: partners.csv 中没有的伙伴归为“unknown”。无销售则无值。}
-- unit: percent
-- decimals: 1
-- better: neither
-- view: v_channel_mix
-- measure: 100 * sum(units) / nullIf(sum(sum(units)) OVER (), 0)
-- examples:
--   - says: 3 of 4 units are those of a specialist.
--     given:
--       partners: |
--         acme specialist
--         zeta marketplace
--       sales: |
--         acme S1 A 2026-03-01 sell_out 3
--         zeta Z1 A 2026-03-02 sell_out 1
--     by: channel_type
--     pick: specialist
--     expect: 75
--   - says: What was sold came back.
--     given:
--       partners: acme specialist
--       sales: |
--         acme S1 A 2026-03-01 sell_out 1
--         acme S1 A 2026-03-01 return_in -1
--     by: channel_type
--     pick: specialist
--     expect: null
-- ---
SELECT s.partner AS partner, s.business_date AS business_date, s.location AS location, s.product AS product, s.units AS units, s.money AS money,
    if(p.channel_type = '', 'unknown', p.channel_type) AS channel_type
FROM v_net_sell_out AS s
LEFT JOIN v_partners AS p ON p.partner = s.partner
