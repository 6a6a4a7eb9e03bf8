package modes

// What several modes have in common. Leaving the tree is sell-through, whoever of the vendor's sold.
func left() Text {
	return Text{
		"what a unit of the vendor's sells to a partner outside the tree; and what a partner sells to the next",
		"厂商自有单位售予树外伙伴的数量，以及伙伴售予下级伙伴的数量",
	}
}

func out() Text {
	return Text{"what reaches an end customer, from the vendor's units or from partners", "由厂商自有单位或伙伴售达终端顾客的数量"}
}

func bought() Text {
	return Text{"what a partner outside the tree buys of the vendor", "树外伙伴向厂商的采购"}
}

// All are the ten modes.
func All() []Mode {
	return []Mode{
		{
			Name: "representative-office", Title: Text{"Representative office", "办事处"},
			Commerce:    Text{"the office, locally", "办事处本地经营"},
			Goods:       Text{"a local warehouse on headquarters' books", "本地仓库，库存归总部账上"},
			Settlement:  Text{"headquarters with the customer", "总部与客户结算"},
			SellIn:      bought(),
			SellThrough: left(),
			SellOut:     out(),
			Inside:      Text{"headquarters to the office's warehouse: goods change place, not owner", "总部到办事处仓库：只移库，不换主"},
			Watched:     []string{"storage_cost", "collection_period"},
		},
		{
			Name: "branch-company", Title: Text{"Branch company", "分公司"},
			Commerce:    Text{"the branch, locally", "分公司本地经营"},
			Goods:       Text{"the branch owns what lies with it", "库存归分公司所有"},
			Settlement:  Text{"the branch with the customer; headquarters with the branch", "分公司与客户结算；总部与分公司结算"},
			SellIn:      bought(),
			SellThrough: left(),
			SellOut:     out(),
			Inside:      Text{"headquarters to the branch: settled like a sale, and shown as sold inside", "总部到分公司：按销售结算，另列为内部销售"},
			Settled:     true,
			Watched:     []string{"stock_held_twice", "capital_turnover"},
		},
		{
			Name: "branch-offices", Title: Text{"Branch with offices", "分公司+办事处"},
			Commerce:    Text{"branch and offices, on two levels", "分公司与办事处两级经营"},
			Goods:       Text{"the branch owns them and supplies its offices", "库存归分公司，由其供应办事处"},
			Settlement:  Text{"the branch with the customer; headquarters with the branch", "分公司与客户结算；总部与分公司结算"},
			SellIn:      bought(),
			SellThrough: left(),
			SellOut:     out(),
			Inside:      Text{"headquarters to the branch, settled like a sale; the branch to its offices, where goods only change place", "总部到分公司（按销售结算）；分公司到办事处（只移库）"},
			Settled:     true,
			Watched:     []string{"layers", "speed_of_cash"},
		},
		{
			Name: "product-division", Title: Text{"Product division", "产品事业部"},
			Commerce:    Text{"one sales platform that the divisions share", "各事业部共用销售平台"},
			Goods:       Text{"shared", "共用"},
			Settlement:  Text{"the division with the branch, inside", "事业部与分公司内部结算"},
			SellIn:      bought(),
			SellThrough: left(),
			SellOut:     out(),
			Inside:      Text{"the division to the branch: settled inside", "事业部到分公司：内部结算"},
			Settled:     true,
			Watched:     []string{"result"},
		},
		{
			Name: "independent-division", Title: Text{"Independent division", "独立事业部"},
			Commerce:    Text{"each division its own", "各事业部自营"},
			Goods:       Text{"each division its own", "各事业部自有"},
			Settlement:  Text{"each division its own", "各事业部自行结算"},
			SellIn:      bought(),
			SellThrough: left(),
			SellOut:     out(),
			Inside:      Text{"between units of the division", "事业部内部各单位之间"},
			Watched:     []string{"duplicated_cost", "result"},
		},
		{
			Name: "direct", Title: Text{"Direct", "直销"},
			Commerce:    Text{"the vendor", "厂商"},
			Goods:       Text{"the vendor", "厂商"},
			Settlement:  Text{"the vendor", "厂商"},
			SellIn:      Text{"nothing: nobody buys to sell on", "无：没有转售的买方"},
			SellThrough: Text{"only what leaves for a partner all the same", "仅限仍售予伙伴的部分"},
			SellOut:     Text{"what the vendor's stores, shops and people sell to end customers", "厂商门店、网店与销售人员售达终端顾客的数量"},
			Inside:      Text{"headquarters to its own stores", "总部到自有门店"},
			Watched:     []string{"cost_to_serve"},
		},
		{
			Name: "distribution", Title: Text{"Distribution", "经销"},
			Commerce:    Text{"the partner buys and resells", "伙伴买断转售"},
			Goods:       Text{"the partner", "伙伴"},
			Settlement:  Text{"the partner", "伙伴"},
			SellIn:      bought(),
			SellThrough: Text{"what the partner sells to the next partner", "伙伴售予下级伙伴的数量"},
			SellOut:     Text{"what the partner sells to end customers", "伙伴售达终端顾客的数量"},
			Inside:      Text{"nothing", "无"},
			Watched:     []string{"stock_in_channel"},
		},
		{
			Name: "agency", Title: Text{"Agency", "代理"},
			Commerce:    Text{"the agent sells for the vendor", "代理人为厂商销售"},
			Goods:       Text{"the vendor", "厂商"},
			Settlement:  Text{"the vendor with the customer, and a commission to the agent", "厂商与客户结算，向代理人支付佣金"},
			SellIn:      Text{"nothing: goods at the agent are the vendor's", "无：代理人处的货物归厂商"},
			SellThrough: Text{"what the agent sells, for the vendor, to a partner that buys", "代理人代厂商售予买断伙伴的数量"},
			SellOut:     Text{"what the agent sells, for the vendor, to end customers", "代理人代厂商售达终端顾客的数量"},
			Inside:      Text{"the vendor to the agent, and from agent to agent: goods change place, not owner", "厂商到代理人、代理人之间：只移库，不换主"},
			Consigned:   true,
			Watched:     []string{"commission", "commission_rate"},
		},
		{
			Name: "franchise", Title: Text{"Franchise", "特许"},
			Commerce:    Text{"the franchisee", "加盟商"},
			Goods:       Text{"the franchisee", "加盟商"},
			Settlement:  Text{"the franchisee", "加盟商"},
			SellIn:      bought(),
			SellThrough: Text{"what the franchisee sells to another partner", "加盟商售予其他伙伴的数量"},
			SellOut:     Text{"what the franchisee sells to end customers", "加盟商售达终端顾客的数量"},
			Inside:      Text{"nothing", "无"},
			Watched:     []string{"compliance"},
		},
		{
			Name: "e-commerce", Title: Text{"E-commerce", "电子商务"},
			Commerce:    Text{"the marketplace", "电商平台"},
			Goods:       Text{"the vendor or the marketplace", "厂商或平台"},
			Settlement:  Text{"a statement of the marketplace", "平台对账单"},
			SellIn:      Text{"what the marketplace buys of the vendor; nothing where it only lists the vendor's goods", "平台向厂商买断的数量；仅代售时无"},
			SellThrough: Text{"what the marketplace sells to another partner", "平台售予其他伙伴的数量"},
			SellOut:     Text{"what the marketplace sells to end customers", "平台售达终端顾客的数量"},
			Inside:      Text{"nothing", "无"},
			Watched:     []string{"return_rate", "price_against_others", "statement_difference"},
		},
	}
}
