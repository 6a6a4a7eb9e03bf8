package boards

import "strings"

// split is the SQL of sales by what is chosen of the variable "by": rows of name, sell_in, sell_through, sell_out, money,
// sold and returned, of which those of one name are to be added. Sales are added first, by no more than the choice needs,
// and then find their place, so that it costs little how many rows there are. A node of the organisation has a row of
// everything below it, and so has a territory.
func split(filter string) string {
	return strings.NewReplacer("{filter}", filter, "{by}", "${by:singlequote}", "{tree}", "tree = ${tree:singlequote}, from = "+firstDay+", to = "+lastDay).Replace(splitSQL)
}

const splitSQL = `SELECT arrayJoin(arrayMap(n -> if(n = '', '–', n), multiIf(
        {by} = 'organisation', if(empty(t.path), [''], if($__conditionalAll(0=1, $organisation), t.path, arraySlice(t.path, arrayFirstIndex(n -> n IN (${organisation:singlequote}), t.path)))),
        {by} = 'territory', if(empty(a.path), [l.territory], if($__conditionalAll(0=1, $territory), a.path, arraySlice(a.path, arrayFirstIndex(n -> n IN (${territory:singlequote}), a.path)))),
        {by} = 'group', if(empty(g.alliances), [''], g.alliances),
        [multiIf({by} = 'branch', t.branch, {by} = 'office', t.office, {by} = 'mode', if(t.mode = '', 'distribution', t.mode), {by} = 'unit', r.business_unit, {by} = 'tier', p.tier,
            {by} = 'type', p.channel_type, {by} = 'partner', s.whose, {by} = 'location', s.place, {by} = 'line', r.line, s.item)]))) AS name,
    s.sell_in AS sell_in, s.sell_through AS sell_through, s.sell_out AS sell_out, s.money AS money, s.sold AS sold, s.returned AS returned
FROM
(
    SELECT if({by} IN ('organisation', 'branch', 'office', 'mode', 'tier', 'type', 'group', 'partner'), partner, '') AS whose,
        if({by} IN ('organisation', 'branch', 'office', 'mode', 'group'), business_date, toDate32('1970-01-01')) AS day,
        if({by} IN ('territory', 'location'), location, '') AS place, if({by} IN ('unit', 'line', 'product'), product, '') AS item,
        sumIf(units, reads = 'sell_in') AS sell_in, sumIf(units, reads = 'sell_through') AS sell_through, sumIf(units, reads = 'sell_out') AS sell_out,
        sumIf(v.money, reads = 'sell_out') AS money, sumIf(units, reads = 'sell_out' AND kind = 'sell_out') AS sold, sumIf(-units, reads = 'sell_out' AND kind = 'return_in') AS returned
    FROM v_stages AS v
    WHERE $__dateFilter(business_date) AND reads IN ('sell_in', 'sell_through', 'sell_out') AND {filter}
    GROUP BY whose, day, place, item
) AS s
LEFT JOIN v_tree_days({tree}) AS t ON t.partner = s.whose AND t.business_date = s.day
LEFT JOIN (SELECT partner, business_date, groupUniqArray(alliance) AS alliances FROM v_group_days({tree}) GROUP BY partner, business_date) AS g ON g.partner = s.whose AND g.business_date = s.day
LEFT ANY JOIN v_partners AS p ON p.partner = s.whose
LEFT ANY JOIN v_locations AS l ON l.code = s.place
LEFT ANY JOIN v_territory_tree AS a ON a.territory = l.territory
LEFT ANY JOIN v_products AS r ON r.code = s.item`
