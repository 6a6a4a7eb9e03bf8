-- ---
-- name: organisation_partners
-- relation: true
-- title: {en: Partners below each node, zh: 各组织节点下的伙伴}
-- ---
-- Every node that a partner hangs under today, however far up.
WITH RECURSIVE above AS
(
    SELECT partner, node, parent, 0 AS depth
    FROM v_organisation
    WHERE partner != '' AND from_date <= toDate32(now()) AND to_date >= toDate32(now())
    UNION ALL
    SELECT above.partner, o.node, o.parent, above.depth + 1
    FROM above INNER JOIN v_organisation AS o ON o.node = above.parent
    WHERE above.parent != '' AND above.depth < 20
)
SELECT DISTINCT partner, node FROM above
