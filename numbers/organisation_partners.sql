-- ---
-- name: organisation_partners
-- relation: true
-- title: {en: Partners below each node, zh: 各组织节点下的伙伴}
-- ---
-- Every node that a partner hangs under today, however far up.
WITH RECURSIVE above AS
(
    SELECT partner, node, 0 AS depth
    FROM v_organisation
    WHERE partner != '' AND from_date <= toDate32(now({zone})) AND to_date >= toDate32(now({zone}))
    UNION ALL
    SELECT above.partner, up.parent, above.depth + 1
    FROM above
    INNER JOIN
    (
        SELECT DISTINCT node, parent
        FROM v_organisation
        WHERE parent != '' AND from_date <= toDate32(now({zone})) AND to_date >= toDate32(now({zone}))
    ) AS up ON up.node = above.node
    WHERE above.depth < 20
)
SELECT DISTINCT partner, node FROM above
