package numbers

import (
	"fmt"
	"strings"
)

// Page is docs/numbers.md: what every number means, in both languages.
func Page() (string, error) {
	list, err := All()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# Numbers · 指标\n\n" +
		"Every number of the boards, from its file in `numbers/`. This page is written from these files:\n" +
		"`go test ./numbers -run TestPage -update`.\n\n" +
		"A view gives parts at the finest grain; the measure is taken over them, for whatever partners, locations, products and days are\n" +
		"chosen. A ratio is the ratio of sums. Ask for one with `sellthrough query`.\n\n" +
		"每个指标对应 `numbers/` 下的一个文件，本页由这些文件生成。视图给出最细粒度的部分，口径在所选范围上计算；比率为合计之比。\n")
	for _, n := range list {
		if n.Relation {
			continue
		}
		fmt.Fprintf(&b, "\n## %s · %s\n\n| | English | 中文 |\n|---|---|---|\n", n.Title.EN, n.Title.ZH)
		row := func(what string, t Text) {
			if t.EN != "" {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", what, cell(t.EN), cell(t.ZH))
			}
		}
		row("formula · 公式", n.Formula)
		row("variant · 口径", n.Variant)
		row("edge cases · 边界", n.Edges)
		from := n.View
		if len(n.Takes) > 0 {
			from += "(" + strings.Join(n.Takes, ", ") + ")"
		}
		fmt.Fprintf(&b, "\n`%s` · unit %s · better: %s · ", n.Name, n.Unit, n.Better)
		if len(n.AddsUp) > 0 {
			fmt.Fprintf(&b, "adds up over %s\n", strings.Join(n.AddsUp, ", "))
		} else {
			b.WriteString("does not add up; its parts do\n")
		}
		fmt.Fprintf(&b, "\n```sql\nSELECT %s FROM %s\n```\n", n.Measure, from)
		for _, e := range n.Examples {
			value := "no value"
			if e.Expect != nil {
				value = *e.Expect
			}
			fmt.Fprintf(&b, "\nExample: %s **%s**\n", e.Says, value)
		}
	}
	return b.String(), nil
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
