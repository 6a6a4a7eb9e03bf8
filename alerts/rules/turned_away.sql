-- ---
-- name: turned_away
-- title: {en: Report turned away, zh: 报告被整体拒收}
-- formula:
--   en: a file was refused as a whole, most often because a column of its header was renamed, and nothing of its feed was read since
--   zh: 一份文件被整体拒收（多因表头列名变更），此后该数据源尚未成功读取任何报告
-- todo:
--   en: "Look whether the column was renamed: open the file on the page, under Try a file. If the partner keeps the new name, mend columns of the feed; else ask for the file as agreed. Then have it sent again."
--   zh: "核对列名是否变更：在页面“试读文件”中打开该文件。若伙伴沿用新列名，请修改该数据源的 columns；否则请对方按约定格式提供。随后重新发送。"
-- text:
--   en: "{partner}: nothing of {feed} is read since {file} was turned away: {what}"
--   zh: "{partner}：自 {file} 被拒收后，{feed} 未再读取：{what}"
-- over: {en: read again, zh: 已恢复读取}
-- severity: warning
-- clock: true
-- evidence: [feed, file, files, what, reason, mapping, body]
-- ---
SELECT t.partner AS partner, '' AS location, '' AS product, t.feed AS subject, '' AS line, min(t.at) AS since, max(t.at) AS data_at,
    toDecimal64(0, 6) AS units, NULL AS money,
    t.feed AS feed, argMax(if(t.file = '', t.id, t.file), t.at) AS file, count() AS files, argMax(if(t.changed = '', substring(t.reason, 1, 300), t.changed), t.at) AS what,
    argMax(t.reason, t.at) AS reason, argMax(t.mapping, t.at) AS mapping, argMax(t.body, t.at) AS body
FROM {{view "v_turned_away"}} AS t
INNER JOIN {{feeds}} AS f ON f.feed = t.feed
WHERE NOT t.settled AND t.at > {{now}} - INTERVAL 30 DAY
GROUP BY t.partner, t.feed

-- gone
SELECT partner, location, product, subject, false AS stay, 'a later file of the feed was read, or the file is 30 days old' AS why_en, '该数据源后续文件已读取，或该文件已满 30 天' AS why_zh
FROM {{gone}}
