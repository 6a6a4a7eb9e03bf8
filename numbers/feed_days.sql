-- ---
-- name: feed_days
-- relation: true
-- title: {en: When each day of a feed was first known, zh: 各数据源各日的首次获知时间}
-- ---
SELECT partner, feed, business_date AS day, min(known_at) AS first
FROM v_movements
GROUP BY partner, feed, business_date
UNION ALL
SELECT partner, feed, business_date AS day, min(known_at) AS first
FROM stock_reports
GROUP BY partner, feed, business_date
