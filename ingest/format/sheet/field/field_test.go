package field

import "testing"

func TestHeadersMeanFields(t *testing.T) {
	ok := func(header string, want Field) {
		t.Helper()
		a, known := Of(header)
		if !known || a.Field != want || a.Source == "" {
			t.Errorf("%q: %q from %q, want %q", header, a.Field, a.Source, want)
		}
	}
	ok("门店编码", Location)
	ok(" \uFEFF門市編碼 ", Location)
	ok("门 店 编 码", Location)
	ok("門店編號", Location)
	ok("销售数量（件）", Qty)
	ok("销售金额(元)", Amount)
	ok("ＳＫＵ编码", Item)
	ok("StockCode", Item)
	ok("stock_code", Item)
	ok("Unit-Price", Price)
	ok("Qty. on hand", Stock)
	ok("北京一店/库存", Stock)
	ok("69码", GTIN)
	ok("会员卡号", Customer)
	ok("Loyalty Card", Customer)
	if a, known := Of("Lieblingsfarbe"); known {
		t.Errorf("%+v", a)
	}
	if _, known := Of(""); known {
		t.Error("an empty header means something")
	}
}

func TestTheTableHasFieldsAndSources(t *testing.T) {
	known := map[Field]bool{}
	for _, f := range []Field{
		Document, Line, Location, LocationName, Item, GTIN, ItemName, Model, Serial, Qty, ReturnQty, Stock, Available, InTransit, Committed,
		Damaged, Amount, AmountNet, AmountGross, ReturnAmount, Price, Cost, Unit, Currency, Kind, At, BusinessDate, Counterparty, Customer, Version, Other,
	} {
		known[f] = true
	}
	for _, a := range Aliases() {
		if !known[a.Field] || a.Source == "" || Normal(a.Text) == "" {
			t.Errorf("%+v", a)
		}
	}
}
