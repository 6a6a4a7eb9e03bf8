//go:build data

package poslog

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDataARealLogReconciles reads a piece of a real till's log: a sign-on, and a weighed item with tenders, rewards and a total
// of 1.26 before them.
func TestDataARealLogReconciles(t *testing.T) {
	dir := os.Getenv("SELLTHROUGH_SAMPLES")
	if dir == "" {
		t.Fatal("SELLTHROUGH_SAMPLES does not name the folder of the samples")
	}
	f, err := os.Open(filepath.Join(dir, "poslog_xml", "kjbreil_ncr_acs_SMALL.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	units, amount, refused := sums(t, f, Dialect{Void: VoidSigned, ItemTypes: map[string]string{"acs:NegativeItem": "skip"}})
	if units.String() != "0.42" || amount.String() != "1.26" || refused != 0 {
		t.Errorf("units %s, amount %s, refused %d", units, amount, refused)
	}
}
