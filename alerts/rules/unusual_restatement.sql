-- ---
-- name: unusual_restatement
-- title: {en: Unusual restatement, zh: 异常更正}
-- formula:
--   en: a submission of the last days whose share of changed and withdrawn lines is above min_percent and above times × the highest of 95 % of the feed's submissions in the 90 days before
--   zh: 最近几天内的一份报告，其更正与撤回行的占比高于 min_percent，且高于该数据源前 90 天第 95 百分位的 times 倍
-- todo:
--   en: "Look at what changed (v_movements, cause corrected or withdrawn). If the file was wrong: sellthrough undo SUBMISSION --why …"
--   zh: "查看变更内容（v_movements 中 cause 为 corrected 或 withdrawn）。若文件有误：sellthrough undo SUBMISSION --why …"
-- text:
--   en: "submission {subject} of {feed} ({partner}) changed {changed} lines, {percent} % of what it speaks of; usual are up to {usual_percent} %"
--   zh: "{partner} 的 {feed} 报告 {subject} 更正了 {changed} 行，占其内容的 {percent} %；通常不超过 {usual_percent} %"
-- over: {en: seen long enough ago, zh: 已过关注期}
-- severity: info
-- clock: true
-- evidence: [feed, file, received_at, changed, lines, percent, usual_percent, history]
-- thresholds:
--   min_percent: {default: 10, about: share of changed lines that is never unusual}
--   times: {default: 3, about: how many times the usual share}
--   min_lines: {default: 20, about: changed lines that are never unusual}
--   show_days: {default: 3, about: days for which it stays open}
--   history: {default: 5, about: submissions of the feed that make a usual share}
-- ---
WITH s AS
(
    SELECT partner, feed, submission, file, received_at, state, toInt64(corrected + withdrawn) AS changed,
        toInt64(new + duplicate + corrected + superseded + withdrawn) AS lines, changed / nullIf(lines, 0) AS share
    FROM {{view "v_submissions"}}
    WHERE received_at > {{now}} - toIntervalDay(120)
)
SELECT s.partner AS partner, '' AS location, '' AS product, s.submission AS subject, '' AS line, s.received_at AS since, s.received_at AS data_at,
    toDecimal64(0, 6) AS units, if(f.kind = 'sales', toFloat64(s.changed) * m.mean, NULL) AS money,
    s.feed AS feed, s.file AS file, s.received_at AS received_at, s.changed AS changed, s.lines AS lines, round(100 * s.share, 1) AS percent,
    round(100 * u.usual, 1) AS usual_percent, u.n AS history
FROM s
INNER JOIN
(
    SELECT a.submission AS submission, count() AS n, quantileExact(0.95)(b.share) AS usual
    FROM (SELECT feed, submission, received_at FROM s WHERE received_at > {{now}} - toIntervalDay(30)) AS a
    INNER JOIN (SELECT feed, received_at, share FROM s WHERE isNotNull(share) AND state = 'final') AS b ON b.feed = a.feed
    WHERE b.received_at < a.received_at AND b.received_at > a.received_at - toIntervalDay(90)
    GROUP BY a.submission
) AS u ON u.submission = s.submission
LEFT JOIN {{feeds}} AS f ON f.feed = s.feed
LEFT JOIN
(
    SELECT d.partner AS partner, toFloat64(sum(d.base_amount)) / nullIf(sum(d.lines), 0) AS mean
    FROM {{view "v_sales_rows"}} AS d WHERE d.business_date > {{day}} - 28 AND d.business_date <= {{day}} GROUP BY d.partner
) AS m ON m.partner = s.partner
WHERE s.state = 'final' AND s.received_at > {{now}} - toIntervalSecond(86400 * {{limit "show_days" "s.partner"}})
    AND s.changed >= {{limit "min_lines" "s.partner"}} AND u.n >= {{limit "history" "s.partner"}}
    AND 100 * s.share > {{limit "min_percent" "s.partner"}} AND s.share > {{limit "times" "s.partner"}} * u.usual

-- gone
SELECT partner, location, product, subject, false AS stay, 'seen long enough ago' AS why_en, '已过关注期' AS why_zh FROM {{gone}}
