-- ---
-- name: cross_territory_lines
-- relation: true
-- title: {en: Lines sold outside the territory, zh: 窜货明细}
-- takes: [from Date32, to Date32]
-- ---
-- Sales lines, less what of them came back, to a destination outside all territories that the partner was assigned on the day for
-- the product's line. The destination is the territory that the line names, else that of the location it was sold to; where
-- neither is known the line is not here. What stays inside the vendor's tree is no sale.
SELECT l.partner AS partner, l.business_date AS business_date, l.location AS location, l.product AS product, l.kind AS kind, l.document AS document, l.party AS party,
    l.serial AS serial, l.salesperson AS salesperson, l.goes_to AS goes_to, arrayStringConcat(arraySort(arrayDistinct(l.assigned)), ', ') AS assigned_to, l.units AS units, l.money AS money
FROM
(
    SELECT m.partner AS partner, m.business_date AS business_date, m.location AS location, m.product AS product, m.kind AS kind, m.document AS document, m.party AS party, m.serial AS serial,
        m.salesperson AS salesperson, m.goes_to AS goes_to, m.units AS units, m.money AS money, if(empty(t.path), [m.goes_to], t.path) AS path,
        arrayMap(x -> x.1, arrayFilter(x -> x.3 <= m.business_date AND x.4 >= m.business_date AND (x.2 = '' OR x.2 = p.line), a.areas)) AS assigned
    FROM
    (
        SELECT s.*, if(s.region != '', s.region, w.territory) AS goes_to
        FROM
        (
            SELECT partner, business_date, place AS location, CAST(product, 'String') AS product, CAST(kind, 'String') AS kind, document, party, region, serial, salesperson,
                toDecimal128(sum(qty), 6) AS units, toDecimal128(ifNull(sum(base_amount), 0), 6) AS money
            FROM v_movements
            WHERE kind IN ('sell_out', 'sell_through', 'return_in') AND (region != '' OR party != '') AND business_date >= {from:Date32} AND business_date <= {to:Date32}
                AND partner IN (SELECT partner FROM v_assignments)
            GROUP BY partner, business_date, location, product, kind, document, party, region, serial, salesperson
            HAVING sum(sign) != 0
        ) AS s
        LEFT ANY JOIN v_locations AS w ON w.code = s.party
    ) AS m
    LEFT ANY JOIN v_territory_tree AS t ON t.territory = m.goes_to
    LEFT ANY JOIN v_products AS p ON p.code = m.product
    LEFT ANY JOIN (SELECT partner, groupArray((territory, line, from_date, to_date)) AS areas FROM v_assignments GROUP BY partner) AS a ON a.partner = m.partner
    WHERE m.goes_to != '' AND notEmpty(assigned) AND NOT hasAny(path, assigned)
) AS l
ASOF LEFT JOIN v_inside AS here ON here.code = l.partner AND here.from_date <= l.business_date
ASOF LEFT JOIN v_inside AS there ON there.code = l.party AND there.from_date <= l.business_date
WHERE NOT (here.to_date >= l.business_date AND there.to_date >= l.business_date)
