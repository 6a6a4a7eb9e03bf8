package portal_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const membersDay = "Receipt,Store,SKU,Qty,Amount,Day,Member\n" +
	"R1,S1,SKU-1,2,40.00,2026-03-02,Anna Quendel\n" +
	"R2,S1,SKU-2,one,300.00,2026-03-02,Anna Quendel\n"

// A refused row of a feed with end customers is told without its values, and is shown to the partner that sent it alone.
// Mended, it goes back into its report without lying open anywhere on the way.
func TestRowsWithEndCustomersAreShownToTheirPartnerAloneAndMendedUnderSeal(t *testing.T) {
	left := filepath.Join(t.TempDir(), "temporary")
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", left)
	w := newWorld(t)
	pia := w.as(alderKey)
	rc := pia.send("alder", "alder-members", "day.csv", membersDay)
	for _, name := range []string{"max", "ada"} {
		a := w.as(name).get(at("alder", rc) + "/refused")
		var told refusedAnswer
		a.into(t, &told)
		if told.Why != "customers" || len(told.Rows) != 0 || len(told.Refusals) != 1 || told.Refusals[0].Value != "xxx" || bytes.Contains(a.body, []byte("Quendel")) {
			t.Errorf("%s is told: %s", name, a.body)
		}
		if a := w.as(name).get(at("alder", rc) + "/refused/file"); a.status == http.StatusOK || bytes.Contains(a.body, []byte("Quendel")) {
			t.Errorf("%s gets the rows as a file: %d %s", name, a.status, a.body)
		}
		if a := w.as(name).post(at("alder", rc)+"/mend", map[string]any{"changes": []map[string]any{{"row": 3, "drop": true}}}); a.status == http.StatusAccepted {
			t.Errorf("%s mends what may not be seen: %s", name, a.body)
		}
	}
	var bad refusedAnswer
	pia.ok(at("alder", rc)+"/refused", &bad)
	if bad.Why != "" || len(bad.Rows) != 1 || bad.Rows[0].Cells[6] != "Anna Quendel" || bad.Rows[0].Refusals[0].Value != "xxx" {
		t.Fatalf("the partner sees: %+v", bad)
	}
	bad.Rows[0].Cells[3] = "1"
	var sent mendAnswer
	a := pia.post(at("alder", rc)+"/mend", map[string]any{"changes": []map[string]any{{"row": 3, "cells": bad.Rows[0].Cells}}})
	a.into(t, &sent)
	if a.status != http.StatusAccepted || sent.Accepted != 2 || sent.Refused != 0 {
		t.Fatalf("mended: %d %s", a.status, a.body)
	}
	pia.await("alder", sent.Receipt.Submission)
	if got := w.ask(units); got != "3" {
		t.Errorf("units after mending: %s, want 3", got)
	}

	// Without its header the file shows its first row as one: nothing of it is told.
	a = pia.do(http.MethodPost, "/api/partners/alder/v1/feeds/alder-members?file=day.csv", "text/csv", strings.NewReader(membersDay[strings.Index(membersDay, "\n")+1:]))
	if a.status != http.StatusUnprocessableEntity || bytes.Contains(a.body, []byte("Quendel")) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := w.ask("SELECT count() FROM turned_away WHERE position(concat(reason, toString(renamed)), 'Quendel') > 0"); got != "0" {
		t.Error("what is kept of a file that was turned away tells the customer")
	}
	id := w.ask("SELECT any(id) FROM turned_away WHERE feed = 'alder-members' AND body != ''")
	if a := w.as("max").post("/api/try", map[string]any{"turned": id}); a.status != http.StatusForbidden || bytes.Contains(a.body, []byte("Quendel")) {
		t.Errorf("a manager tries it: %d %s", a.status, a.body)
	}
	for _, dir := range []string{left, filepath.Dir(w.folder)} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(text, []byte("Quendel")) {
				t.Errorf("%s names the customer", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
