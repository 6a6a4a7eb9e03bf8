-- ---
-- name: partners_in_stage
-- title: {en: Partners by stage, zh: 各阶段伙伴数}
-- formula: {en: partners whose stage is in force on the day, zh: 当日处于该阶段的伙伴数}
-- variant: {en: "By life.csv. A partner's stage is the one in force that began last; of two that began on one day, the later in the order recruited, contracted, registered, trained, active, suspended, ended.", zh: 依 life.csv。伙伴阶段为生效中最晚开始者；同日开始取顺序靠后者：招募、签约、注册、培训、活跃、暂停、终止。}
-- edges: {en: "Certificates have a product line, and are no stage. A partner without a stage in force is not counted.", zh: 认证按产品线，不作为阶段。无生效阶段的伙伴不计。}
-- unit: count
-- decimals: 0
-- better: neither
-- adds_up: [partner, stage]
-- view: v_life_steps
-- takes: [day Date32]
-- measure: countIf(stands)
-- examples:
--   - says: "acme is active (it will be suspended later), zeta recruited, wide contracted; gone has ended its time."
--     given: &given
--       life: |
--         acme recruited - 2026-01-01 2026-01-10
--         acme contracted - 2026-01-11
--         acme active - 2026-01-31
--         acme suspended - 2026-03-20
--         zeta recruited - 2026-02-01
--         zeta certified audio 2026-02-05
--         wide recruited - 2026-01-01
--         wide contracted - 2026-01-21
--         gone active - 2025-01-01 2026-03-01
--     with: {day: 2026-03-10}
--     expect: 3
--   - says: One of them is active.
--     given: *given
--     with: {day: 2026-03-10}
--     where: stage = 'active'
--     expect: 1
-- ---
-- One row per step of a partner's life up to a day: when it was entered, when the next one was (NULL: none yet), and whether the
-- partner stands there. ladder is the place in the order.
WITH ['recruited', 'contracted', 'registered', 'trained', 'certified', 'active', 'suspended', 'ended'] AS ladder_of
SELECT partner, step.3 AS stage, step.2 AS ladder, step.1 AS entered, step.4 AS ends, if(at < length(steps), steps[at + 1].1, NULL) AS left_on,
    isNotNull(left_on) AS moved, toInt32(ifNull(left_on, entered)) - toInt32(entered) AS days,
    at = arrayLastIndex(s -> s.4 >= {day:Date32}, steps) AS stands, toInt32({day:Date32}) - toInt32(entered) AS days_so_far
FROM
(
    SELECT partner, arraySort(groupArray((from_date, toUInt8(indexOf(ladder_of, stage)), stage, to_date))) AS steps
    FROM v_life
    WHERE line = '' AND from_date <= {day:Date32}
    GROUP BY partner
)
ARRAY JOIN steps AS step, arrayEnumerate(steps) AS at
