package sample

import (
	"fmt"

	"github.com/trellishq/trellis"
)

type term struct {
	id   trellis.ID
	days int
}

type tax struct {
	id   trellis.ID
	rate int64
}

// stageSet has the stages of a process by their code.
type stageSet struct {
	id     trellis.ID
	stages map[string]trellis.ID
}

// organisation is three legal entities, departments in three levels, and
// employees in four: one head, directors, managers, staff.
func (g *generator) organisation() {
	for i, name := range []string{"华东智能装备有限公司", "华南精密机械有限公司", "Trellis Trading (HK) Limited"} {
		place := places[[]int{0, 2, 4}[i]]
		g.entities = append(g.entities, g.add("legalEntity", values{
			"code": fmt.Sprintf("LE%d", i+1), "name": name, "uscc": g.uscc(), "baseCurrency": "CNY",
			"lockedUntil": g.ago(span + 100).String(), "address": place.address(g),
		}))
	}
	g.departmentTree()
	for i := range g.Size.Employees {
		family, given := pick(g, zhSurnames), pick(g, zhGiven)
		level, manager := g.level(i)
		v := values{
			"staffNo": fmt.Sprintf("E%03d", i+1), "name": map[string]any{"family": family, "given": given},
			"department": g.departments[i%len(g.departments)], "position": positions[level], "mobile": g.mobile(), "email": fmt.Sprintf("staff%d@example.com", i+1),
			"hiredOn": g.ago(span + g.rand.IntN(2000)).String(), "status": "active",
		}
		if manager >= 0 {
			v["manager"] = g.employees[manager]
		}
		if i < len(g.Owners) {
			v["user"] = g.Owners[i]
		}
		if i > 20 && g.chance(50) {
			v["status"], v["leftOn"] = "left", g.ago(g.rand.IntN(200)).String()
		}
		g.employees = append(g.employees, g.add("employee", v))
	}
}

func (g *generator) departmentTree() {
	root := g.department("D0", "总公司", nil, 0)
	for i, name := range []string{"销售中心", "市场部", "客户服务部", "财务部"} {
		id := g.department(fmt.Sprintf("D%d", i+1), name, root, i%len(g.entities))
		if i > 0 {
			continue
		}
		for j, region := range []string{"华东大区", "华南大区", "华北大区", "海外大区"} {
			g.department(fmt.Sprintf("D1%d", j+1), region, id, j%len(g.entities))
		}
	}
}

func (g *generator) department(code, name string, parent any, entity int) trellis.ID {
	id := g.add("department", values{"code": code, "name": name, "parent": parent, "legalEntity": g.entities[entity], "costCenter": "CC-" + code})
	g.departments = append(g.departments, id)
	return id
}

// level tells the level of an employee, and whom they report to.
func (g *generator) level(i int) (level, manager int) {
	switch {
	case i == 0:
		return 0, -1
	case i < 4:
		return 1, 0
	case i < 12:
		return 2, 1 + i%3
	}
	return 3, 4 + i%8
}

// currencies are those of the documents; all books are kept in CNY.
var currencies = []string{"CNY", "USD", "EUR", "GBP"}

// fx is the rate of a currency in a quarter of the span, in ten-thousandths.
func fx(currency string, quarter int) int64 {
	base := map[string]int64{"CNY": 10_000, "USD": 71_000, "EUR": 77_500, "GBP": 90_200}[currency]
	if currency == "CNY" {
		return base
	}
	return base + int64(quarter*137%900) - 450
}

func fourPlaces(n int64) string { return fmt.Sprintf("%d.%04d", n/10_000, n%10_000) }

const quarters = span/91 + 1

// rateOf is the rate of a document, as exchangeRate has it.
func (g *generator) rateOf(currency string, daysAgo int) string {
	return fourPlaces(fx(currency, quarters-1-min(daysAgo, span)/91))
}

// reference is what documents refer to: rates, taxes, terms, units, banks,
// stages.
func (g *generator) reference() {
	for _, c := range currencies[1:] {
		for q := range quarters {
			g.add("exchangeRate", values{"from": c, "to": "CNY", "validFrom": g.ago((quarters-q)*91 - 1).String(), "rate": fourPlaces(fx(c, q)), "source": "bank"})
		}
	}
	for _, t := range []struct {
		code, name, kind string
		rate             int64
	}{{"VAT13", "增值税13%", "vatSpecial", 13}, {"VAT9", "增值税9%", "vatSpecial", 9}, {"VAT6", "增值税6%", "vatNormal", 6}, {"EXPORT", "出口零税率", "export", 0}} {
		id := g.add("taxCode", values{"code": t.code, "name": t.name, "kind": t.kind, "rate": fmt.Sprint(t.rate)})
		g.taxes = append(g.taxes, tax{id, t.rate})
	}
	for _, t := range []struct {
		code, name string
		days       int
	}{{"N30", "货到30天", 30}, {"N60", "货到60天", 60}, {"N0", "现结", 0}} {
		g.terms = append(g.terms, term{g.add("paymentTerm", values{"code": t.code, "name": t.name, "kind": "netDays", "days": int64(t.days)}), t.days})
	}
	split := g.add("paymentTerm", values{"code": "I3070", "name": "三七分期", "kind": "installments"})
	g.add("paymentTermLine", values{"paymentTerm": split, "lineNo": int64(1), "share": "30", "event": "sign", "dueAfterDays": int64(7)})
	g.add("paymentTermLine", values{"paymentTerm": split, "lineNo": int64(2), "share": "70", "event": "accept", "dueAfterDays": int64(30)})
	g.unit = g.add("uom", values{"code": "PCS", "name": "件", "category": "count", "factor": "1"})
	g.add("uom", values{"code": "BOX", "name": "箱", "category": "package", "factor": "12"})
	g.add("uom", values{"code": "SET", "name": "套", "category": "count", "factor": "1"})
	for _, c := range currencies {
		for i, e := range g.entities {
			g.banks[c] = append(g.banks[c], g.add("bankAccount", values{"name": fmt.Sprintf("%s %d", c, i+1), "legalEntity": e, "bank": "示例银行", "accountNo": fmt.Sprintf("6222%s%04d", c, i+1), "currency": c}))
		}
	}
	g.sales()
}

// sales are the stages of a project and of a repeat order.
func (g *generator) sales() {
	g.stages = stageSet{g.add("stageSet", values{"code": "projectSale", "name": "项目型销售", "recordType": "new"}), map[string]trellis.ID{}}
	for i, s := range stages {
		g.stages.stages[s.name] = g.add("stage", values{
			"stageSet": g.stages.id, "code": s.name, "name": s.zh, "nameEn": s.en, "position": int64(i + 1), "probability": fmt.Sprint(s.probability), "category": s.category, "stuckDays": int64(30),
		})
	}
	repeat := g.add("stageSet", values{"code": "repeatSale", "name": "复购", "recordType": "repeat"})
	for i, s := range []stage{{"ask", "询价", "Inquiry", "open", 40}, {"quote", "报价", "Quote", "open", 70}, {"won", "赢单", "Won", "won", 100}, {"lost", "输单", "Lost", "lost", 0}} {
		g.add("stage", values{"stageSet": repeat, "code": s.name, "name": s.zh, "nameEn": s.en, "position": int64(i + 1), "probability": fmt.Sprint(s.probability), "category": s.category, "stuckDays": int64(14)})
	}
}
