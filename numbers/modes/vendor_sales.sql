-- ---
-- name: vendor_sales
-- relation: true
-- title: {en: What left the vendor's tree, zh: 离开厂商组织的销售}
-- ---
-- Sales and returns at the edge of the tree: of the vendor's own units, and of agents, who sell the vendor's goods. What stayed
-- inside is not there, nor is what partners sell of their own.
SELECT s.partner AS partner, s.business_date AS business_date, s.location AS location, s.product AS product, s.party AS party, s.kind AS kind,
    s.reads AS reads, s.units AS units, s.money AS money
FROM
(
    SELECT * FROM v_stages
    WHERE reads IN ('sell_through', 'sell_out') AND partner IN (SELECT code FROM v_inside)
) AS s
ASOF INNER JOIN v_inside AS i ON i.code = s.partner AND i.from_date <= s.business_date
WHERE i.to_date >= s.business_date
