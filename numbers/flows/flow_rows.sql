-- ---
-- name: flow_rows
-- relation: true
-- title: {en: Daily flows and whom they are about, zh: 每日业务流及其所涉伙伴}
-- ---
-- Rows of everything beside sales and stock; a key may have many, which add up to it. partner is whom a row is about: where a
-- unit of the vendor's reports something it does with a partner, that partner; else who reports it. inside: both ends are units
-- of the vendor's. vendors: a unit of the vendor's reports it.
SELECT if(f.vendors AND p.partner != '' AND NOT inside, p.partner, f.reporter) AS partner, f.reporter AS reporter, f.business_date AS business_date,
    f.location AS location, f.product AS product, f.kind AS kind, f.party AS party, p.partner AS other, f.units AS units, f.money AS money, f.lines AS lines,
    f.vendors AS vendors, f.vendors AND f.party IN (SELECT code FROM v_inside WHERE partner = '') AS inside
FROM
(
    SELECT partner AS reporter, business_date, location, product, kind, party, reinterpret(qty_micros, 'Decimal(18, 6)') AS units,
        reinterpret(base_micros, 'Decimal(18, 6)') AS money, lines, partner IN (SELECT code FROM v_inside WHERE partner = '') AS vendors
    FROM flow_daily
) AS f
LEFT ANY JOIN v_parties AS p ON p.code = f.party
