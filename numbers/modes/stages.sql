-- ---
-- name: stages
-- relation: true
-- title: {en: Sales as the mode of their day reads them, zh: 按当日经营模式解读的销售}
-- ---
-- reads says what a row counts as. inside: both ends are the vendor's, its own units or agents that hold its goods, so that
-- nothing left the tree. sell_in: bought of the vendor by a partner that owns what it buys. bought: bought of another partner,
-- whose sell-through it is. sell_through, sell_out: to the next partner, to an end customer. A return counts against what it
-- takes back: against sell-through where it comes from a partner, or from nobody known at a location that sells through. The
-- mode is always that of the day, however the tree is read. What was sold to nobody known is the most by far, and is read the
-- shortest way.
SELECT partner, business_date, location, product, party, kind, qty AS units, base_amount AS money, lines, 'sell_out' AS reads
FROM v_sales_rows
WHERE kind = 'sell_out' AND party = ''
UNION ALL
SELECT s.partner AS partner, s.business_date AS business_date, s.location AS location, s.product AS product, s.party AS party, s.kind AS kind,
    s.qty AS units, s.base_amount AS money, s.lines AS lines,
    multiIf(
        s.here AND (there.to_date >= s.business_date OR s.party = '' AND s.kind IN ('sell_in', 'return_out')), 'inside',
        s.kind IN ('sell_in', 'return_out'), if(s.party = '' OR there.to_date >= s.business_date, 'sell_in', 'bought'),
        s.kind = 'sell_out', 'sell_out',
        s.kind = 'sell_through' OR s.party != '' OR s.sells_on, 'sell_through',
        'sell_out') AS reads
FROM
(
    SELECT r.partner AS partner, r.business_date AS business_date, r.location AS location, r.product AS product, r.party AS party, r.kind AS kind,
        r.qty AS qty, r.base_amount AS base_amount, r.lines AS lines, here.to_date >= r.business_date AS here,
        r.kind = 'return_in' AND (r.partner, r.location) IN (SELECT partner, location FROM v_sales_rows WHERE kind = 'sell_through' GROUP BY partner, location HAVING sum(lines) > 0) AS sells_on
    FROM v_sales_rows AS r
    ASOF LEFT JOIN v_inside AS here ON here.code = r.partner AND here.from_date <= r.business_date
    WHERE (r.kind != 'sell_out' OR r.party != '') AND r.kind IN ('sell_in', 'return_out', 'sell_through', 'sell_out', 'return_in')
) AS s
ASOF LEFT JOIN v_inside AS there ON there.code = s.party AND there.from_date <= s.business_date
