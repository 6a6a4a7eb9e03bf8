package try

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/onboard"
	"sellthrough/ingest/veil"
	"sellthrough/internal/config"
)

type sheetOption = sheet.Option

// describe says what was found, and why.
func describe(p onboard.Proposal, out io.Writer) {
	fmt.Fprintf(out, "FILE %s\n  format: %s", p.File, p.Format.Type)
	if p.Format.Evidence != "" {
		fmt.Fprintf(out, " (%s)", p.Format.Evidence)
	}
	fmt.Fprintln(out)
	if g := p.Format.Encoding; g.Encoding != "" {
		fmt.Fprintf(out, "  encoding: %s (%s)\n", g.Encoding, g.Evidence)
	}
	if len(p.Format.Sheets) > 0 {
		fmt.Fprintf(out, "  sheets: %s\n", strings.Join(p.Format.Sheets, ", "))
	}
	for _, e := range p.Layout.Evidence {
		fmt.Fprintf(out, "  layout: %s\n", e)
	}
	if len(p.Columns) > 0 {
		fmt.Fprintf(out, "\nCOLUMNS (%d rows looked at)\n", p.Rows)
		w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "  column\tis read as\tsure\tlooks like\texamples")
		for _, c := range p.Columns {
			as := string(c.Field)
			if as == "" {
				as = "-"
			}
			examples := strings.Join(c.Examples[:min(len(c.Examples), 3)], " | ")
			if p.Hidden(c.Name) {
				as, examples = "customer", veil.Shape(examples)
			}
			fmt.Fprintf(w, "  %s\t%s\t%d %%\t%s\t%s\n", c.Name, as, c.Confidence, c.Shape, examples)
		}
		_ = w.Flush()
		for _, c := range p.Columns {
			if c.Field != "" && len(c.Evidence) > 0 {
				fmt.Fprintf(out, "  %s: %s\n", c.Name, strings.Join(c.Evidence, "; "))
			}
		}
	}
	if len(p.Notes) > 0 {
		fmt.Fprintln(out, "\nTO KNOW")
		for _, n := range p.Notes {
			fmt.Fprintf(out, "  %s\n", n)
		}
	}
	if p.Ready() {
		return
	}
	fmt.Fprintln(out, "\nTO BE ANSWERED, because the file can be read in more than one way")
}

func question(q onboard.Question, out io.Writer) {
	fmt.Fprintf(out, "  %s: %s\n", q.ID, q.Text)
	for _, op := range q.Options {
		fmt.Fprintf(out, "      %s=%s  %s\n", q.ID, op.Value, op.Means)
	}
	if q.Free {
		fmt.Fprintf(out, "      %s=…  something else\n", q.ID)
	}
}

// preview shows the first lines as they are read, and what is refused.
func preview(f *config.Feed, v ingest.Preview, out io.Writer) {
	fmt.Fprintf(out, "\nREAD AS PROPOSED: %d lines, %d rows refused\n", v.Accepted, v.Refused)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "  row\tdocument\tlocation\titem\tkind\tqty\tamount\tday")
	for _, l := range v.Lines {
		kind, amount := l.Kind.String(), "-"
		if f.Kind == sellthrough.Stock {
			kind = l.Level.String()
		}
		if l.HasAmount {
			amount = l.Amount.String()
		}
		fmt.Fprintf(w, "  %d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Row, l.Document, l.Location, l.Item, kind, l.Qty, amount, l.Day)
	}
	_ = w.Flush()
	for _, r := range v.Refusals {
		fmt.Fprintf(out, "  refused: %s\n", r.Error())
	}
	if more := v.Refused - int64(len(v.Refusals)); more > 0 {
		fmt.Fprintf(out, "  and %d rows more\n", more)
	}
	for _, n := range slices.Compact(v.Warnings) {
		fmt.Fprintf(out, "  note: %s\n", n)
	}
}
