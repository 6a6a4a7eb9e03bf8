-- ---
-- name: held_submission
-- title: {en: Held submission, zh: 待确认的报告}
-- formula:
--   en: a submission that would take back more of its scope than the feed allows waits for a person
--   zh: 一份报告若生效会撤回超出该数据源允许比例的既有数据，正等待人工确认
-- todo:
--   en: "Ask the partner whether the file is whole. If it is: sellthrough confirm SUBMISSION. If not, have it sent again."
--   zh: "向渠道伙伴核实文件是否完整。完整则执行 sellthrough confirm SUBMISSION；否则请其重发。"
-- text:
--   en: "submission {subject} of {feed} ({partner}) is held with {held} lines: {reason}"
--   zh: "{partner} 的 {feed} 报告 {subject} 待确认，共 {held} 行：{reason}"
-- over: {en: no longer held, zh: 不再待确认}
-- severity: warning
-- evidence: [feed, file, received_at, held, received, reason]
-- ---
SELECT s.partner AS partner, '' AS location, '' AS product, s.submission AS subject, '' AS line, s.received_at AS since, s.received_at AS data_at,
    toDecimal64(0, 6) AS units, if(f.kind = 'sales', toFloat64(s.held) * m.mean, NULL) AS money,
    s.feed AS feed, s.file AS file, s.received_at AS received_at, s.held AS held, s.received AS received, s.why AS reason
FROM {{view "v_submissions"}} AS s
LEFT JOIN {{feeds}} AS f ON f.feed = s.feed
LEFT JOIN
(
    SELECT d.partner AS partner, toFloat64(sum(d.base_amount)) / nullIf(sum(d.lines), 0) AS mean
    FROM {{view "v_sales_rows"}} AS d WHERE d.business_date > {{day}} - 28 AND d.business_date <= {{day}} GROUP BY d.partner
) AS m ON m.partner = s.partner
WHERE s.state = 'held'

-- gone
SELECT g.partner AS partner, g.location AS location, g.product AS product, g.subject AS subject, s.submission = '' AS stay,
    if(s.state = 'final', 'confirmed, and in effect', 'no longer held') AS why_en, if(s.state = 'final', '已确认并生效', '不再待确认') AS why_zh
FROM {{gone}} AS g
LEFT JOIN {{view "v_submissions"}} AS s ON s.submission = g.subject
