package sample

import (
	"fmt"

	"github.com/trellishq/trellis"
)

// party is an account as documents need it.
type party struct {
	id, profile, ship trellis.ID
	contacts          []trellis.ID
	name              string
	place             place
	term              term
	owner             any
	entity            int
	limited           bool // has a credit limit
	geo               map[string]any
}

// pools are where accounts and leads without an owner wait.
func (g *generator) pools() {
	newPool := func(object, name string, dep int) trellis.ID {
		id := g.add("pool", values{"name": name, "object": object, "department": g.departments[dep%len(g.departments)], "visibleFields": []any{"name", "industry", "region"}})
		rule := values{"pool": id, "recycleNoActivityDays": int64(30), "remindDaysBefore": []any{"d7", "d3"}}
		if object == "account" {
			rule["holdExempt"], rule["lockWhen"] = `record.lifecycle == "loyal"`, `record.openPipeline > dec("0")`
		}
		g.add("poolRule", rule)
		for i := range min(len(g.Owners), 5) {
			g.add("poolMember", values{"pool": id, "user": g.Owners[i]})
		}
		return id
	}
	for i, region := range []string{"华东", "华南", "华北", "西南", "海外", "KA"} {
		g.pooled = append(g.pooled, newPool("account", region+"公海", i))
	}
	for i, name := range []string{"市场线索池", "展会线索池"} {
		g.leadPools = append(g.leadPools, newPool("lead", name, i))
	}
}

// accounts are companies, of which 12 % wait in a pool and 3 % are near copies
// of another.
func (g *generator) accounts() {
	g.each(g.Size.Accounts, func(i int) {
		if i > 10 && g.chance(30) {
			g.copied(i, g.parties[g.rand.IntN(i)])
			return
		}
		p := &party{place: pick(g, places), term: pick(g, g.terms), entity: i % len(g.entities)}
		p.name = g.company(p.place)
		v := g.account(i, p)
		if p.place.zh {
			v["uscc"] = g.uscc()
		} else {
			v["taxNo"] = fmt.Sprintf("%s%09d", p.place.country, g.rand.IntN(1_000_000_000))
		}
		if i > 50 && g.chance(40) {
			v["parent"] = g.parties[g.rand.IntN(i)].id
		}
		if p.limited = g.chance(300); p.limited {
			limit := cents(100 * 10_000 * (1 + g.rand.IntN(500)))
			v["creditLimit"], v["creditLimitBase"], v["creditDays"] = money(limit, "CNY"), limit.String(), int64(p.term.days)
		}
		g.party(p, v)
	})
}

func (g *generator) account(i int, p *party) values {
	p.geo = p.place.near(g)
	v := values{
		"code": fmt.Sprintf("C26%06d", i+1), "name": p.name, "phone": g.phone(p.place), "email": fmt.Sprintf("office%d@example.com", i+1), "website": fmt.Sprintf("https://company%d.example.com", i+1),
		"country": p.place.country, "region": p.place.region, "address": p.place.address(g), "geo": p.geo, "industry": pick(g, industries), "size": pick(g, sizes),
		"lifecycle": pick(g, lifecycles), "valueTier": pick(g, tiers), "source": pick(g, sources), "currency": p.place.currency, "paymentTerm": p.term.id, "priceBook": g.books[p.place.currency],
		"legalEntity": g.entities[p.entity], "department": pick(g, g.departments), "type": "company", "roles": []any{"customer"},
		"annualRevenue": fmt.Sprintf("%d.%02d", 10_000+g.rand.IntN(90_000_000), g.rand.IntN(100)),
	}
	if g.chance(120) {
		v["poolState"], v["pool"] = "inPool", pick(g, g.pooled)
		v["recycleCount"] = int64(g.rand.IntN(3))
		return v
	}
	p.owner = g.owner(i)
	v["owner"], v["claimedAt"] = p.owner, g.at(g.ago(g.rand.IntN(300)))
	v["lastActivityAt"] = g.at(g.ago(g.rand.IntN(60)))
	return v
}

// party adds an account with where its invoices and goods go.
func (g *generator) party(p *party, v values) {
	p.id = g.add("account", v)
	taxNo, ok := v["taxNo"].(string)
	if !ok {
		taxNo, _ = v["uscc"].(string)
	}
	if taxNo == "" {
		taxNo = "unknown"
	}
	p.profile = g.add("invoiceProfile", values{"account": p.id, "title": p.name, "taxNo": taxNo, "bank": "示例银行", "bankAccount": fmt.Sprintf("6228%012d", g.made), "kind": "special", "isDefault": true})
	p.ship = g.add("shipAddress", values{"account": p.id, "label": "主仓库", "address": p.place.address(g), "receiver": g.person(p.place.zh), "isDefault": true})
	g.parties = append(g.parties, p)
}

// copied is an account that somebody entered again.
func (g *generator) copied(i int, of *party) {
	p := &party{place: of.place, term: of.term, entity: of.entity, name: g.nearly(of.name)}
	g.party(p, g.account(i, p))
	g.report.Duplicates = append(g.report.Duplicates, [2]trellis.ID{of.id, p.id})
}

// contacts are people at accounts; half of them have a role in decisions.
func (g *generator) contacts() {
	g.each(g.Size.Contacts, func(i int) {
		p := g.parties[i%len(g.parties)]
		v := values{
			"name": g.person(p.place.zh), "account": p.id, "owner": p.owner, "title": pick(g, titles), "mobile": g.mobile(), "email": fmt.Sprintf("person%d@example.com", i+1),
			"preferredChannel": pick(g, []string{"phone", "mail", "wecom"}), "wecomExternalId": g.maybe(300, fmt.Sprintf("wm%08d", i)),
		}
		if g.chance(30) {
			v["status"], v["invalidReason"] = "left", "离职"
		}
		id := g.add("contact", v)
		p.contacts = append(p.contacts, id)
		if g.chance(500) {
			g.add("accountContact", values{"account": p.id, "contact": id, "role": pick(g, roles), "isPrimary": len(p.contacts) == 1, "influence": int64(1 + g.rand.IntN(5)), "attitude": pick(g, attitudes)})
		}
	})
}

// leads are people who asked for something; a fifth waits in a pool.
func (g *generator) leads() {
	status := []string{"new", "assigned", "contacted", "contacted", "nurturing", "qualified", "unqualified", "converted"}
	g.each(g.Size.Leads, func(i int) {
		p := pick(g, places)
		family, given := pick(g, zhSurnames), pick(g, zhGiven)
		v := values{
			"name": pick(g, needs) + fmt.Sprintf(" %d", i+1), "type": "b2b", "company": g.company(p), "contactName": map[string]any{"family": family, "given": given}, "mobile": g.mobile(),
			"region": p.address(g), "industry": pick(g, industries), "source": pick(g, sources), "score": int64(g.rand.IntN(101)), "budget": money(cents(100*(1000+g.rand.IntN(900_000))), p.currency),
			"utm": g.maybe(300, map[string]any{"campaign": "spring", "medium": "cpc"}), "status": pick(g, status), "owner": g.owner(i),
		}
		switch v["status"] {
		case "unqualified":
			v["discardReason"] = "notATarget"
		case "converted":
			to := pick(g, g.parties)
			v["convertedAccount"] = to.id
		case "new":
			v["owner"], v["pool"], v["poolState"] = nil, pick(g, g.leadPools), "inPool"
		}
		g.add("lead", v)
	})
}
