-- ---
-- name: tree
-- relation: true
-- title: {en: Where partners stand, zh: 伙伴的组织位置}
-- ---
-- The tree of the vendor's organisation in both readings. tree = 'then': where each partner stood, and by which mode it was
-- run, on the days from from_date to to_date. tree = 'today': where it stands today, for all days. path is from the top down;
-- branch and office are the nearest of those levels, empty where there is none. mode_of is what the mode was set for, empty
-- where nobody set one. own: a unit of the vendor's. consigned: goods there are the vendor's until they are sold.
SELECT 'then' AS tree, partner, from_date, to_date, node, if(path = '', [], splitByChar('\x1F', path)) AS path, branch, office, mode, mode_of,
    own > 0 AS own, consigned > 0 AS consigned, settled > 0 AS settled
FROM v_standings
UNION ALL
SELECT 'today', partner, toDate32('1900-01-01'), toDate32('2299-12-31'), node, if(path = '', [], splitByChar('\x1F', path)), branch, office, mode, mode_of,
    own > 0, consigned > 0, settled > 0
FROM v_standings
WHERE from_date <= toDate32(now()) AND to_date >= toDate32(now())
