package unmatched

import "sellthrough/portal/answer"

// codeOf reads a row of codeColumns.
func codeOf(row []any) Code {
	c := Code{Partner: answer.Text(row[0]), What: answer.Text(row[1]), Code: answer.Text(row[2]), Lines: answer.Whole(row[3]), Units: answer.Text(row[4]), Money: maybe(row[5]), Levels: answer.Whole(row[6]), First: answer.Text(row[8]), Last: answer.Text(row[9])}
	if feeds, ok := row[7].([]string); ok {
		c.Feeds = feeds
	}
	return c
}

// maybe is a text that may be NULL.
func maybe(v any) *string {
	if s, ok := v.(*string); ok {
		return s
	}
	if v == nil {
		return nil
	}
	s := answer.Text(v)
	return &s
}
