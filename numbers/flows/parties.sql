-- ---
-- name: parties
-- relation: true
-- title: {en: Whose a code of a party is, zh: 对方代码所属伙伴}
-- ---
-- A party is a partner, or a location of one.
SELECT partner AS code, partner, false AS is_location FROM v_partners
UNION ALL
SELECT code, partner, true FROM v_locations WHERE partner != '' AND code NOT IN (SELECT partner FROM v_partners)
