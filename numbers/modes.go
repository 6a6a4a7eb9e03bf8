package numbers

import (
	"fmt"
	"strings"

	"sellthrough/modes"
)

// facts of a mode, in the order in which they are told.
func facts(m *modes.Mode) []struct {
	name string
	what [2]string
	text modes.Text
} {
	return []struct {
		name string
		what [2]string
		text modes.Text
	}{
		{"commerce", [2]string{"commerce", "商务"}, m.Commerce},
		{"goods", [2]string{"stock and delivery", "库存与配送"}, m.Goods},
		{"settlement", [2]string{"settlement", "结算"}, m.Settlement},
		{"sell_in", [2]string{"sell-in", "进货"}, m.SellIn},
		{"sell_through", [2]string{"sell-through", "分销"}, m.SellThrough},
		{"sell_out", [2]string{"sell-out", "终端销售"}, m.SellOut},
		{"inside", [2]string{"inside the tree, left out", "组织内部，不计"}, m.Inside},
	}
}

// ModesRelation is the file of the relation mode_meaning: a row for each mode, for the boards.
func ModesRelation() string {
	var b strings.Builder
	b.WriteString("-- ---\n-- name: mode_meaning\n-- relation: true\n-- title: {en: What each operating mode means, zh: 各经营模式的含义}\n-- ---\n" +
		"-- Written from modes/table.go: go test ./numbers -run TestModes -update\nSELECT ")
	names := []string{"mode", "place", "title_en", "title_zh"}
	one := modes.Mode{}
	for _, f := range facts(&one) {
		names = append(names, f.name+"_en", f.name+"_zh")
	}
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "m.%d AS %s", i+1, name)
	}
	b.WriteString("\nFROM\n(\n    SELECT arrayJoin([\n")
	list := modes.All()
	for i := range list {
		m := &list[i]
		cells := []string{quoted(m.Name), fmt.Sprint(i + 1), quoted(m.Title.EN), quoted(m.Title.ZH)}
		for _, f := range facts(m) {
			cells = append(cells, quoted(f.text.EN), quoted(f.text.ZH))
		}
		comma := ","
		if i == len(list)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "        (%s)%s\n", strings.Join(cells, ", "), comma)
	}
	b.WriteString("    ]) AS m\n)\n")
	return b.String()
}

func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// ModesPage is docs/modes.md: what the ten modes mean, in both languages.
func ModesPage() (string, error) {
	var b strings.Builder
	b.WriteString("# Operating modes · 经营模式\n\n" +
		"How the vendor runs a part of its channel, and so how the same sale is read. This page is written from `modes/table.go`:\n" +
		"`go test ./numbers -run TestModes -update`.\n\n" +
		"A mode is set in `modes.csv` for a partner or for a node of the organisation, with dates. One that is set for a node holds for all that\n" +
		"hangs below it, unless that has its own or a node in between has. Sales are read by the mode of their day, for ever; so a change of mode\n" +
		"changes nothing before it. A partner for which nothing is said is `" + modes.Default + "`; a unit of the vendor's own (tier `vendor` in\n" +
		"`partners.csv`) is `" + modes.Own + "`, because it does not buy to resell.\n\n" +
		"What goes from one unit of the vendor's to another (headquarters to a branch, a branch to its office) or to an agent stays inside the tree:\n" +
		"it is never sell-in, sell-through or sell-out. Leaving the tree is. To whom something was sold is the line's counterparty; where the feed\n" +
		"names none, or one that nobody knows, a sale counts as having left.\n\n" +
		"经营模式决定同一笔销售如何解读。模式在 `modes.csv` 中为伙伴或组织节点设定并带起止日期；为节点设定的模式适用于其下全部，除非下级自有设定。\n" +
		"销售始终按其当日的模式解读，模式变更不改变历史。未设定的伙伴为 `" + modes.Default + "`；厂商自有单位（`partners.csv` 中 tier 为 `vendor`）为 `" + modes.Own + "`，因其并不买断转售。\n" +
		"厂商单位之间（总部到分公司、分公司到办事处）以及到代理人的流转属组织内部，不是进货、分销或终端销售；离开组织才是。\n")
	list := modes.All()
	for i := range list {
		m := &list[i]
		fmt.Fprintf(&b, "\n## %s · %s\n\n`%s`\n\n| | English | 中文 |\n|---|---|---|\n", m.Title.EN, m.Title.ZH, m.Name)
		for _, f := range facts(m) {
			fmt.Fprintf(&b, "| %s · %s | %s | %s |\n", f.what[0], f.what[1], cell(f.text.EN), cell(f.text.ZH))
		}
		var en, zh []string
		for _, name := range m.Watched {
			n, err := Find(name)
			if err != nil {
				return "", fmt.Errorf("mode %s: %w", m.Name, err)
			}
			en, zh = append(en, fmt.Sprintf("%s (`%s`)", n.Title.EN, n.Name)), append(zh, n.Title.ZH)
		}
		fmt.Fprintf(&b, "| watched · 关注 | %s | %s |\n", strings.Join(en, ", "), strings.Join(zh, "、"))
	}
	b.WriteString("\nThe numbers are defined in [numbers.md](numbers.md). 指标定义见 [numbers.md](numbers.md)。\n")
	return b.String(), nil
}
