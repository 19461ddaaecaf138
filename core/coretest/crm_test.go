package coretest_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
	"github.com/trellishq/trellis/metadata"
)

// values are the fields of a record. What is some is the id of a record of that
// object that stands in the world, made when it is first asked for; what is self
// is the record's own id.
type (
	values map[string]any
	some   string
	about  string // a polymorphic reference to some
	self   struct{}
	unique string // text that is another each time, beginning so
)

// company is a workspace with the CRM.
type company struct {
	*testing.T
	*coretest.World
	root  *core.Request
	def   *metadata.Definition
	stand map[string]trellis.ID
	n     *int
}

func newCompany(t *testing.T) *company {
	t.Helper()
	w := coretest.New(t, coretest.Options{Package: apps.CRM()})
	return &company{T: t, World: w, root: w.System(t), def: w.View.Definition(), stand: map[string]trellis.ID{}, n: new(int)}
}

// minimal is what a record of each object cannot do without.
var minimal = map[string]values{
	"legalEntity": {"code": unique("LE"), "name": "Ours"}, "department": {"code": unique("D"), "name": "Sales"},
	"employee": {"staffNo": unique("E"), "name": values{"family": "王", "given": "芳"}, "department": some("department")},
	"handover": {"from": some("employee"), "to": some("employee2"), "scope": []any{"account"}}, "handoverLine": {"handover": some("handover"), "about": about("account")},
	"exchangeRate": {"from": "USD", "to": "CNY", "validFrom": "2026-01-01", "rate": "7.1"}, "taxCode": {"code": unique("T"), "name": "VAT", "rate": "13"},
	"paymentTerm": {"code": unique("N"), "name": "Net 30", "days": 30}, "paymentTermLine": {"paymentTerm": some("paymentTerm"), "share": "100"}, "uom": {"code": unique("U"), "name": "Piece"},
	"account": {"name": "Acme"}, "accountTeam": {"account": some("account"), "user": some("user")}, "contact": {"name": "Ann", "email": "ann@example.com", "account": some("account")},
	"kolProfile": {"contact": some("contact"), "platform": "weibo", "handle": unique("h")}, "accountContact": {"account": some("account"), "contact": some("contact"), "role": "buyer"},
	"partyRelation":  {"from": about("account"), "to": about("contact"), "kind": "refers"},
	"invoiceProfile": {"account": some("account"), "title": "Acme", "taxNo": "1"}, "shipAddress": {"account": some("account"), "label": "Store", "address": values{"country": "CN", "city": "上海"}},
	"identity": {"subject": about("account"), "kind": "mobile", "value": unique("v")}, "tagCategory": {"name": unique("g")}, "tag": {"name": unique("t")}, "tagAssignment": {"tag": some("tag"), "about": about("account")},
	"segment": {"name": "All"}, "segmentMember": {"segment": some("segment"), "about": about("account")}, "behaviourEvent": {"at": "2026-01-01T00:00:00Z", "name": "scan", "anonymousId": "a"},
	"consentPurpose": {"code": unique("c"), "name": "Mail", "text": "We send mail.", "revision": "1"}, "consent": {"subject": about("contact"), "purpose": some("consentPurpose"), "channel": "mail", "state": "withdrawn"},
	"partnerProfile": {"account": some("account")}, "supplierProfile": {"account": some("account")},
	"partyEvaluation": {"about": some("account"), "period": unique("2026-"), "kind": "supplier"}, "evaluationCriterion": {"evaluation": some("partyEvaluation"), "name": "Quality", "weight": "100", "score": "80"},
	"lead": {"name": "Need a pump", "source": "website", "email": "lead@example.com"}, "pool": {"name": unique("p"), "object": "account"}, "poolMember": {"pool": some("pool"), "department": some("department")},
	"poolRule": {"pool": some("pool")}, "poolHolding": {"pool": some("pool"), "user": some("user")}, "poolLog": {"pool": some("pool"), "about": about("account"), "act": "enter"},
	"stageSet": {"code": unique("s"), "name": "Sale"}, "stage": {"stageSet": some("stageSet"), "code": unique("s"), "name": "Need", "position": 1},
	"opportunity": {"name": "Pumps", "account": some("account")}, "opportunityLine": {"opportunity": some("opportunity"), "product": some("product")},
	"opportunityContact": {"opportunity": some("opportunity"), "contact": some("contact"), "role": "buyer"}, "opportunityCompetitor": {"opportunity": some("opportunity"), "account": some("account")},
	"forecastSnapshot": {"period": "2026-01", "category": "commit", "amountBase": "1"}, "target": {"period": unique("2026-"), "startOn": "2026-01-01", "endOn": "2026-01-31", "scope": about("employee"), "metric": "signed", "value": "1"},
	"productCategory": {"code": unique("c"), "name": "Pumps"}, "product": {"name": "Pump"}, "productUom": {"product": some("product"), "uom": some("uom")}, "bundleItem": {"product": some("product"), "component": some("product2")},
	"priceBook": {"code": unique("b"), "name": "List", "validFrom": "2026-01-01"}, "priceEntry": {"priceBook": some("priceBook"), "product": some("product"), "uom": some("uom"), "price": "5", "validFrom": "2026-01-01"},
	"promotion": {"code": unique("p"), "name": "Summer", "kind": "gift", "validFrom": "2026-01-01"}, "warehouse": {"code": unique("w"), "name": "Main"}, "stock": {"product": some("product"), "warehouse": some("warehouse")},
	"stockReservation": {"orderLine": some("orderLine"), "warehouse": some("warehouse"), "quantity": "1"},
	"quote":            {"legalEntity": some("legalEntity"), "account": some("account"), "date": "2026-01-10", "validUntil": "2026-02-10"}, "quoteLine": {"quote": some("quote"), "product": some("product"), "price": "5"},
	"contract":       {"title": "Pumps", "legalEntity": some("legalEntity"), "account": some("account"), "startOn": "2026-01-01", "endOn": "2026-12-31"},
	"contractClause": {"contract": some("contract"), "code": unique("c"), "text": "Text"}, "contractSigner": {"contract": some("contract"), "party": "ours", "employee": some("employee")},
	"paymentPlan": {"contract": some("planned"), "lineNo": 2, "name": "Rest", "amount": "5", "dueOn": "2026-06-01"},
	"order":       {"legalEntity": some("legalEntity"), "account": some("account"), "orderDate": "2026-01-10"}, "orderLine": {"order": some("order"), "product": some("product"), "price": "5"},
	"orderChange": {"order": some("order"), "revision": 1, "reason": "Wish"}, "shipment": {"order": some("released"), "warehouse": some("warehouse")},
	"shipmentLine": {"shipment": some("shipment"), "orderLine": some("releasedLine"), "quantity": "1"},
	"returnOrder":  {"order": some("released"), "date": "2026-02-01", "reason": "damaged"}, "returnLine": {"returnOrder": some("returnOrder"), "orderLine": some("shippedLine"), "quantity": "1"},
	"invoice": {"legalEntity": some("legalEntity"), "account": some("account"), "date": "2026-01-20"}, "invoiceLine": {"invoice": some("invoice"), "product": some("product"), "price": "5"},
	"bankAccount":   {"name": "Ours", "legalEntity": some("legalEntity"), "bank": "Bank", "accountNo": unique("6222")},
	"payment":       {"legalEntity": some("legalEntity"), "account": some("account"), "date": "2026-02-01", "amount": "100", "state": "confirmed"},
	"allocation":    {"payment": some("payment"), "invoice": some("issued"), "amount": "1"},
	"bankStatement": {"name": "January", "bankAccount": some("bankAccount"), "fromDate": "2026-01-01", "toDate": "2026-01-31", "opening": "0", "closing": "0"},
	"bankLine":      {"bankAccount": some("bankAccount"), "date": "2026-01-05", "amount": "5", "hash": unique("h")}, "bankMatch": {"bankLine": some("bankLine"), "payment": some("payment")},
	"statementOfAccount": {"legalEntity": some("legalEntity"), "account": some("account"), "fromDate": "2026-01-01", "toDate": "2026-01-31"}, "statementDispute": {"statement": some("statementOfAccount"), "reason": "Missing"},
	"expense": {"employee": some("employee"), "amount": "5", "date": "2026-01-05"}, "activity": {"kind": "call", "about": about("account"), "subject": "Called"},
	"visit": {"purpose": "Demo", "account": some("account")}, "task": {"subject": "Call back"},
}

// standing makes a record that is more than a minimal one.
func (c *company) standing(name string) trellis.ID {
	c.Helper()
	beside := func(object string, v values) trellis.ID { return c.make(object, with(minimal[object], v)) }
	switch name {
	case "user":
		return c.make("user", values{"name": "Uma", "email": fmt.Sprintf("uma%d@example.com", c.count())})
	case "employee2":
		return beside("employee", nil)
	case "product2":
		return beside("product", nil)
	case "team":
		return c.make("team", values{"name": fmt.Sprintf("Team %d", c.count())})
	case "product3":
		return beside("product", nil)
	case "opportunity2":
		return beside("opportunity", nil)
	case "otherAccount":
		return beside("account", values{"name": "Other"})
	case "office":
		return beside("account", values{"geo": values{"lat": "31.2", "lng": "121.4"}})
	case "invalidAccount":
		return beside("account", values{"lifecycle": "invalid", "invalidReason": "closed"})
	case "heldAccount":
		return beside("account", values{"creditHold": true})
	case "smallLimit":
		return beside("account", values{"creditLimitBase": "1"})
	case "leadPool":
		return beside("pool", values{"object": "lead"})
	case "wonStage":
		return beside("stage", values{"category": "won", "probability": "100"})
	case "closedEntity":
		return beside("legalEntity", values{"lockedUntil": "2026-06-30"})
	case "planned": // a contract that the plan of one payment is missing from
		return beside("contract", values{"amount": "5"})
	case "otherPayment":
		return beside("payment", values{"account": some("otherAccount")})
	case "dollars":
		return beside("payment", values{"currency": "USD"})
	case "draftPayment":
		return beside("payment", values{"state": "draft"})
	case "bigPayment":
		return beside("payment", values{"amount": "1000"})
	case "released", "releasedLine": // an order of ten pieces
		ids := c.document("order", values{"state": "released"}, values{"quantity": "10"})
		c.stand["released"], c.stand["releasedLine"] = ids[0], ids[1]
		return c.stand[name]
	case "shippedLine": // the same, of which two are delivered
		c.shipped(c.some("released"), c.some("releasedLine"), "2")
		return c.some("releasedLine")
	case "issued": // an invoice of 100
		return c.document("invoice", values{"state": "issued", "invoiceNo": unique("26")}, values{"quantity": "20"})[0]
	}
	return c.make(name, minimal[name])
}

// document writes a head and its lines, and gives their ids.
func (c *company) document(object string, head values, lines ...values) []trellis.ID {
	c.Helper()
	ops := []core.Op{c.op(object, with(minimal[object], head))}
	for _, l := range lines {
		ops = append(ops, c.op(object+"Line", with(minimal[object+"Line"], l, values{object: core.Ref(0)})))
	}
	res, err := c.write(ops...)
	if err != nil {
		c.Fatalf("%s: %v", object, err)
	}
	ids := make([]trellis.ID, len(res))
	for i, r := range res {
		ids[i] = r.ID
	}
	return ids
}

func with(list ...values) values {
	v := values{}
	for _, l := range list {
		maps.Copy(v, l)
	}
	return v
}

func (c *company) count() int { *c.n++; return *c.n }

func (c *company) write(ops ...core.Op) ([]core.Result, error) {
	return c.Engine.Write(c.Context(), c.root, &core.Write{Ops: ops})
}

func (c *company) make(object string, v values) trellis.ID {
	c.Helper()
	res, err := c.write(c.op(object, v))
	if err != nil {
		c.Fatalf("%s: %v", object, err)
	}
	return res[0].ID
}

// op is the creation of a record.
func (c *company) op(object string, v values) core.Op {
	c.Helper()
	id := trellis.NewID()
	return core.Op{Verb: core.Create, Object: object, ID: id, Values: c.resolve(v, id)}
}

func (c *company) resolve(v values, id trellis.ID) map[string]any {
	c.Helper()
	out := map[string]any{}
	for k, x := range v {
		switch x := x.(type) {
		case some:
			out[k] = c.some(string(x))
		case about:
			out[k] = map[string]any{"object": string(x), "id": c.some(string(x)).String()}
		case self:
			out[k] = id
		case unique:
			out[k] = fmt.Sprintf("%s%d", x, c.count())
		case values:
			out[k] = c.resolve(x, id)
		case int:
			out[k] = int64(x)
		default:
			out[k] = x
		}
	}
	return out
}

// lineOf is the one line of a document.
func (c *company) lineOf(object, parent string, id trellis.ID) trellis.ID {
	c.Helper()
	o := c.View.Snapshot.Lookup(object)
	var line trellis.ID
	query := fmt.Sprintf("SELECT id FROM %s.%q WHERE %s = $1", c.View.Schema, o.Table, o.Field(parent).Column)
	if err := c.DB.QueryRow(c.Context(), query, id).Scan(&line); err != nil {
		c.Fatal(err)
	}
	return line
}

// some is the record that stands for an object.
func (c *company) some(object string) trellis.ID {
	c.Helper()
	if id, ok := c.stand[object]; ok {
		return id
	}
	id := c.standing(object)
	c.stand[object] = id
	return id
}
