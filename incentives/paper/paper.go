// Package paper writes what a partner is told of a period as a page to print, as a workbook and as CSV. All three have the
// same rows. It is pure; nothing is worked out here.
package paper

import (
	"fmt"
	"time"

	"sellthrough"
	"sellthrough/incentives"
)

// Formats lists what a sheet can be written as.
func Formats() []string { return []string{"html", "xlsx", "csv"} }

// words of the papers, in English and 中文.
var words = map[string][2]string{
	"title":       {"Incentive statement", "激励对账单"},
	"partner":     {"Partner", "伙伴"},
	"period":      {"Period", "期间"},
	"known":       {"As known at", "数据截至"},
	"programme":   {"Programme", "方案"},
	"statement":   {"Statement", "对账单号"},
	"open":        {"open, not closed", "未关账"},
	"closed":      {"closed by %s on %s", "%s 于 %s 关账"},
	"part":        {"Entry", "项目"},
	"of":          {"Of", "对象"},
	"threshold":   {"From", "起点"},
	"rate":        {"Rate", "费率"},
	"units":       {"Units", "数量"},
	"money":       {"Sales value", "销售额"},
	"amount":      {"Amount", "金额"},
	"currency":    {"In", "单位"},
	"note":        {"Note", "说明"},
	"points":      {"points", "积分"},
	"opening":     {"Opening", "期初余额"},
	"closing":     {"Closing", "期末余额"},
	"sales":       {"Qualifying sales", "合格销售"},
	"tier":        {"Accrual", "计提"},
	"cap":         {"Above the cap", "超出上限"},
	"penalty":     {"Penalty", "惩罚"},
	"clawback":    {"Clawback", "追回"},
	"adjustment":  {"Adjustment", "调整"},
	"reason":      {"Reason", "原因"},
	"claim":       {"Claim", "申领"},
	"paid":        {"Paid", "已付"},
	"submission":  {"submission", "提交"},
	"hash":        {"Hash", "哈希"},
	"before":      {"Hash of the statement before", "上一对账单哈希"},
	"reference":   {"Reference version", "参考数据版本"},
	"percent":     {"%", "%"},
	"unit":        {"per unit", "每件"},
	"once":        {"once", "一次性"},
	"next":        {"Next tier from", "下一档起点"},
	"none":        {"Nothing is owed, and nothing qualified.", "本期无合格销售，亦无应付。"},
	"submitted":   {"submitted", "已提交"},
	"approved":    {"approved", "已批准"},
	"rejected":    {"rejected", "已驳回"},
	"new":         {"reported late", "迟报"},
	"corrected":   {"corrected", "更正"},
	"withdrawn":   {"withdrawn", "撤回"},
	"undone":      {"taken back", "撤销"},
	"reflowed":    {"read anew by reference data", "按参考数据重新解读"},
	"qualifying":  {"Counted", "计入"},
	"late-report": {"late reports", "迟报"}, "cross-territory": {"outside the territory", "窜货"}, "below-floor": {"below the floor price", "低于最低价"},
}

// said is a word in a language; of another language than zh, in English. What is no word is said as it is.
func said(lang, word string) string {
	w, ok := words[word]
	switch {
	case !ok:
		return word
	case lang == "zh":
		return w[1]
	}
	return w[0]
}

// row of a paper: texts, and amounts as decimals.
type row struct {
	programme, period, statement, part, of string
	threshold, rate, units, money, amount  *sellthrough.Decimal
	per, currency, note                    string
	total                                  bool // the opening, the closing
}

func columns(lang string) []string {
	var out []string
	for _, w := range []string{"programme", "period", "statement", "part", "of", "threshold", "rate", "per", "units", "money", "amount", "currency", "note"} {
		if w == "per" {
			out = append(out, "")
			continue
		}
		out = append(out, said(lang, w))
	}
	return out
}

// some is a decimal that is shown: nothing where it is zero.
func some(d sellthrough.Decimal) *sellthrough.Decimal {
	if d == 0 {
		return nil
	}
	return &d
}

// rows are those of an entry, in the order in which they add up.
func rows(e incentives.Entry, lang string) []row {
	programme := e.Programme
	if e.Name != "" {
		programme = e.Name
	}
	number, currency := said(lang, "open"), e.Currency
	if e.Closed != nil {
		number = fmt.Sprint(e.Closed.Number)
	}
	if e.Pays == incentives.Points {
		currency = said(lang, "points")
	}
	base := row{programme: programme, period: e.Period, statement: number, currency: currency}
	var out []row
	add := func(part string, f func(r *row)) {
		r := base
		r.part = said(lang, part)
		f(&r)
		out = append(out, r)
	}
	opening, closing := e.Opening, e.Closing
	add("opening", func(r *row) { r.amount, r.total = &opening, true })
	for _, l := range e.Lines {
		add(string(l.Part), func(r *row) {
			r.of, r.threshold, r.units, r.money, r.note = said(lang, l.Line), some(l.Threshold), some(l.Units), some(l.Money), l.Note
			amount := l.Amount
			switch l.Part {
			case incentives.OfSales:
				return
			case incentives.OfReason:
				r.of = said(lang, l.Cause)
				if l.Submission != "" {
					r.note = said(lang, "submission") + " " + l.Submission + ", " + l.Note
				}
				return
			case incentives.OfTier:
				r.threshold = &l.Threshold
			case incentives.OfAdjustment, incentives.OfClawback:
				r.of = l.Of
			}
			if l.Per != "" {
				r.rate, r.per = &l.Rate, said(lang, l.Per)
			}
			r.amount = &amount
		})
	}
	for _, c := range e.Claims {
		add("claim", func(r *row) {
			r.of, r.note = c.Claim, said(lang, string(c.State))+" "+c.Amount.String()+", "+c.Who+" "+c.At.UTC().Format(time.DateOnly)
			if c.State == incentives.IsPaid {
				paid := -c.Amount
				r.part, r.amount = said(lang, "paid"), &paid
			}
		})
	}
	add("closing", func(r *row) {
		r.amount, r.total = &closing, true
		if e.Next != nil {
			r.note = said(lang, "qualifying") + " " + e.Counted.String() + ", " + said(lang, "next") + " " + e.Next.String()
		}
	})
	return out
}

// Kind is the media type of a format.
func Kind(format string) string {
	switch format {
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case "csv":
		return "text/csv; charset=utf-8"
	}
	return "text/html; charset=utf-8"
}

// Write writes a sheet in one of Formats, in "en" or "zh".
func Write(s incentives.Sheet, format, lang string) ([]byte, error) {
	switch format {
	case "html":
		return html(s, lang)
	case "xlsx":
		return xlsx(s, lang)
	case "csv":
		return csvFile(s, lang)
	}
	return nil, fmt.Errorf("%q is none of html, xlsx and csv", format)
}

func closedBy(lang string, s *incentives.Statement) string {
	return fmt.Sprintf(said(lang, "closed"), s.By, s.Closed.UTC().Format(time.DateOnly))
}
