-- ---
-- name: collection_period
-- title: {en: Collection period (receivable days), zh: 回款期（应收账款天数）}
-- formula: {en: receivables ÷ mean daily credit sales of the last 90 days, zh: 应收账款 ÷ 最近 90 天日均赊销额}
-- variant:
--   en: "Of the vendor's own units, by whom they invoiced: receivables are all that was invoiced − paid − credited up to the day, credit sales what was invoiced − credited."
--   zh: 厂商自有单位的应收，按客户归集：应收为截至当日的开票 − 收款 − 贷项；赊销为开票 − 贷项。
-- edges: {en: "Nothing invoiced in the 90 days gives no value. What was owed before the first invoice that is known is missing. What branches owe headquarters is left out. Who paid ahead has negative days.", zh: 90 天内无开票则无值。首张已知发票之前的欠款缺失。分公司欠总部的不计。预付者为负。}
-- unit: days
-- decimals: 1
-- better: less
-- takes: [day Date32]
-- measure: 90 * sum(receivable) / nullIf(greatest(sum(credit_sales), 0), 0)
-- examples:
--   - says: "acme was invoiced 900 and credited 90 in the 90 days, and 200 before, and paid 500: 510 owed; 510 ÷ (810 ÷ 90) = 56.666666. What the branch owes headquarters does not count."
--     given: &given
--       partners: |
--         head - vendor
--         branch - vendor
--         acme specialist dealer
--       flows: |
--         head - - 2025-11-20T09:00 invoiced - 200 acme I0
--         head - - 2026-01-20T09:00 invoiced - 900 acme I1
--         head - - 2026-02-01T09:00 credited - 90 acme C1
--         head - - 2026-02-20T09:00 paid - 500 acme P1
--         head - - 2026-02-20T09:00 invoiced - 7000 branch I9
--         head - - 2026-04-20T09:00 paid - 510 acme P2
--     with: {day: 2026-03-31}
--     expect: 56.666666
--   - says: Nothing invoiced for 90 days.
--     given: *given
--     with: {day: 2026-09-30}
--     expect: null
-- ---
SELECT partner, toDecimal128(sum(if(kind = 'invoiced', money, -money)), 6) AS receivable,
    toDecimal128(sumIf(if(kind = 'invoiced', money, -money), kind != 'paid' AND business_date > {day:Date32} - 90), 6) AS credit_sales
FROM v_flow_rows
WHERE kind IN ('invoiced', 'paid', 'credited') AND business_date <= {day:Date32} AND vendors AND NOT inside
GROUP BY partner
