-- ---
-- name: goods_lines
-- relation: true
-- title: {en: "Lines of orders, deliveries and transfers", zh: 订单、发货与调拨行}
-- takes: [day Date32]
-- ---
-- Lines of the 180 days up to a day, and whom they are about, as v_flow_rows says it.
SELECT if(l.vendors AND p.partner != '' AND NOT inside, p.partner, l.reporter) AS partner, l.reporter AS reporter, l.location AS location, l.product AS product, l.kind AS kind,
    l.document AS document, l.refers_to AS refers_to, l.business_date AS business_date, l.units AS units, l.vendors AND l.party IN (SELECT code FROM v_inside WHERE partner = '') AS inside
FROM
(
    SELECT partner AS reporter, place AS location, product, toString(kind) AS kind, document, refers_to, party, business_date, qty AS units, partner IN (SELECT code FROM v_inside WHERE partner = '') AS vendors
    FROM v_order_lines
    WHERE business_date > {day:Date32} - 180 AND business_date <= {day:Date32}
    UNION ALL
    SELECT partner AS reporter, place AS location, product, toString(kind) AS kind, document, refers_to, party, business_date, qty AS units, partner IN (SELECT code FROM v_inside WHERE partner = '') AS vendors
    FROM v_shipment_lines
    WHERE business_date > {day:Date32} - 180 AND business_date <= {day:Date32}
    UNION ALL
    SELECT partner AS reporter, place AS location, product, toString(kind) AS kind, document, refers_to, '', business_date, qty AS units, false
    FROM v_transfer_lines
    WHERE business_date > {day:Date32} - 180 AND business_date <= {day:Date32}
) AS l
LEFT ANY JOIN v_parties AS p ON p.code = l.party
