-- ---
-- name: feed_days
-- relation: true
-- title: {en: When each day of a feed was first known, zh: 各数据源各日的首次获知时间}
-- ---
-- When anything of a feed's day was known first.
SELECT partner, feed, business_date AS day, min(first) AS first
FROM
(
    SELECT partner, feed, business_date, min(r.first) AS first
    FROM published AS r
    GROUP BY partner, feed, business_date, location, facts, cause, product, known_at
    HAVING sum(lines_in) > 0
)
GROUP BY partner, feed, business_date
