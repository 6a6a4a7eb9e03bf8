package access

import (
	"testing"

	"sellthrough"
)

func TestNobodyMayDoNothing(t *testing.T) {
	v := From(t.Context())
	if !v.Nobody() || v.Granted(GrantCost) {
		t.Errorf("the viewer of an empty context is %+v", v)
	}
	for _, r := range append(Roles(), "") {
		if v.May(r) {
			t.Errorf("nobody may do what %q may", r)
		}
	}
}

func TestAnAdminHasEveryRoleAndOthersTheirOwn(t *testing.T) {
	for _, have := range Roles() {
		for _, want := range Roles() {
			if got := (Viewer{Role: have}).May(want); got != (have == want || have == RoleAdmin) {
				t.Errorf("%s acting as %s: %v", have, want, got)
			}
		}
	}
}

func TestAnEmptyListOfPartnersIsARestriction(t *testing.T) {
	if (Viewer{}).Restricted() {
		t.Error("no list restricts")
	}
	if !(Viewer{Partners: []sellthrough.PartnerID{}}).Restricted() {
		t.Error("a list without partners does not restrict")
	}
}

func TestTheViewerOfAContextIsTheOneThatWasPutThere(t *testing.T) {
	v := From(With(t.Context(), Local()))
	if v.Name != "local" || v.Role != RoleAdmin || v.Restricted() {
		t.Errorf("got %+v", v)
	}
}
