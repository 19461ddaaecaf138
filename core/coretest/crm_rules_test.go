package coretest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata"
)

// offence is a record that breaks one rule: what is given beside the minimum,
// with children in the same write, or what is changed afterwards.
type offence struct {
	object, rule string
	given        values
	children     []child
	then         values
	before       func(c *company, id trellis.ID) // before the change
	later        time.Duration                   // the change comes so much later
}

type child struct {
	object, parent string
	values         values
}

func line(of string, v values) []child { return []child{{of + "Line", of, v}} }

// backwards are dates in the wrong order.
func backwards(from, to string) values { return values{from: "2026-03-02", to: "2026-03-01"} }

var badCode = values{"uscc": "91310000MA1FL0AB11"}

// offences has one for each rule of the CRM.
var offences = slices.Concat(organisationOffences, partyOffences, saleOffences, documentOffences, receivableOffences, workOffences)

var organisationOffences = []offence{
	{object: "legalEntity", rule: "usccForm", given: badCode},
	{object: "department", rule: "notItsOwnParent", given: values{"parent": self{}}},
	{object: "employee", rule: "leftNeedsDate", given: values{"status": "left"}},
	{object: "employee", rule: "leftAfterHired", given: backwards("hiredOn", "leftOn")},
	{object: "employee", rule: "notOwnManager", given: values{"manager": self{}}},
	{object: "handover", rule: "differentPeople", given: values{"to": some("employee")}},
	{object: "handover", rule: "receiver", given: values{"to": nil}},
	{object: "exchangeRate", rule: "ratePositive", given: values{"rate": "0"}},
	{object: "exchangeRate", rule: "twoCurrencies", given: values{"to": "USD"}},
	{object: "taxCode", rule: "dates", given: backwards("validFrom", "validTo")},
	{object: "taxCode", rule: "exemptIsZero", given: values{"kind": "exempt"}},
	{object: "paymentTerm", rule: "installmentsAddUp", given: values{"kind": "installments"}, children: []child{{"paymentTermLine", "paymentTerm", values{"share": "50"}}}},
	{object: "paymentTerm", rule: "daysNeeded", given: values{"days": nil}},
	{object: "uom", rule: "factorPositive", given: values{"factor": "0"}},
}

var partyOffences = []offence{
	{object: "account", rule: "creditLimitNotNegative", given: values{"creditLimit": values{"amount": "-1", "currency": "CNY"}}},
	{object: "account", rule: "notItsOwnParent", given: values{"parent": self{}}},
	{object: "account", rule: "usccForm", given: badCode},
	{object: "account", rule: "usccForm", given: values{"uscc": "91310000MA1FL0AB1"}}, // too short
	{object: "account", rule: "pooledHasNoOwner", given: values{"poolState": "inPool"}},
	{object: "account", rule: "pooledHasNoOwner", given: values{"poolState": "inPool", "pool": some("pool"), "owner": some("user")}},
	{object: "account", rule: "supplierNeedsTax", given: values{"roles": []any{"customer", "supplier"}}},
	{object: "account", rule: "invalidNeedsReason", given: values{"lifecycle": "invalid"}},
	{object: "contact", rule: "reach", given: values{"email": nil}},
	{object: "contact", rule: "inactiveNeedsReason", given: values{"status": "left"}},
	{object: "accountContact", rule: "dates", given: backwards("validFrom", "validTo")},
	{object: "accountContact", rule: "notToOneself", given: values{"reportsTo": some("contact")}},
	{object: "partyRelation", rule: "twoParties", given: values{"to": about("account")}},
	{object: "partyRelation", rule: "dates", given: backwards("validFrom", "validTo")},
	{object: "invoiceProfile", rule: "specialNeedsBank", given: values{"kind": "special", "bank": "Bank"}},
	{object: "tag", rule: "autoNeedsRule", given: values{"mode": "auto"}},
	{object: "segment", rule: "dynamicNeedsFilter", given: values{"mode": "dynamic"}},
	{object: "segmentMember", rule: "times", given: values{"enteredAt": "2026-01-02T00:00:00Z", "leftAt": "2026-01-01T00:00:00Z"}},
	{object: "behaviourEvent", rule: "somebody", given: values{"anonymousId": nil}},
	{object: "consent", rule: "givenNeedsVersion", given: values{"state": "given"}},
	{object: "consent", rule: "untilAfterAt", given: values{"at": "2026-01-02T00:00:00Z", "validUntil": "2026-01-01"}},
	{object: "partnerProfile", rule: "dates", given: backwards("signedOn", "expiresOn")},
	{object: "partyEvaluation", rule: "weightsAddUp", children: []child{{"evaluationCriterion", "evaluation", values{"weight": "50"}}}},
	{object: "lead", rule: "reach", given: values{"email": nil}},
	{object: "lead", rule: "discardNeedsReason", given: values{"status": "discarded"}},
	{object: "lead", rule: "convertedIsFixed", given: values{"status": "converted", "convertedAccount": some("account")}, then: values{"name": "Another"}},
	{object: "lead", rule: "convertedIntoSomething", given: values{"status": "converted"}},
	{object: "lead", rule: "pooledHasNoOwner", given: values{"poolState": "inPool"}},
	{object: "poolMember", rule: "oneOf", given: values{"department": nil}},
	{object: "poolMember", rule: "oneOf", given: values{"user": some("user")}},
	{object: "poolRule", rule: "holdMaxPositive", given: values{"holdMax": 0}},
	{object: "poolRule", rule: "sameObject", given: values{"recycleTo": some("leadPool")}},
	{object: "poolRule", rule: "notItself", given: values{"recycleTo": some("pool")}},
	{object: "poolRule", rule: "remindInTime", given: values{"recycleNoActivityDays": 5, "remindDaysBefore": []any{"d7", "d1"}}},
	{object: "poolLog", rule: "releaseNeedsReason", given: values{"act": "release"}},
	{object: "poolLog", rule: "claimNeedsUser", given: values{"act": "claim"}},
}

var saleOffences = []offence{
	{object: "stage", rule: "wonIsCertain", given: values{"category": "won"}},
	{object: "stage", rule: "lostIsNot", given: values{"category": "lost", "probability": "10"}},
	{object: "opportunity", rule: "amountNotNegative", given: values{"amount": values{"amount": "-1", "currency": "CNY"}}},
	{object: "opportunity", rule: "lostNeedsReason", given: values{"stage": "lost"}},
	{object: "opportunity", rule: "amountOfLines", given: values{"amount": values{"amount": "10", "currency": "CNY"}}, children: line("opportunity", values{"price": "5"})},
	{object: "opportunity", rule: "closesInFuture", then: values{"closeDate": "2020-01-01"}},
	{
		object: "opportunity", rule: "currencyIsFixed", given: values{"amount": values{"amount": "10", "currency": "CNY"}}, then: values{"amount": values{"amount": "10", "currency": "EUR"}},
		before: func(c *company, id trellis.ID) { c.make("quote", with(minimal["quote"], values{"opportunity": id})) },
	},
	{object: "opportunity", rule: "stageOfSet", given: values{"processStage": some("stage")}},
	{object: "opportunity", rule: "stageMeansTheSame", given: values{"processStage": some("wonStage"), "stageSet": some("stageSet")}},
	{object: "opportunityLine", rule: "quantityPositive", given: values{"quantity": "0"}},
	{object: "opportunityLine", rule: "priceNotNegative", given: values{"price": "-1"}},
	{object: "target", rule: "dates", given: backwards("startOn", "endOn")},
	{object: "target", rule: "valueNotNegative", given: values{"value": "-1"}},
	{object: "target", rule: "splitAddsUp", given: values{"value": "3"}, children: []child{{"target", "parent", values{"value": "2", "metric": "visits"}}}},
	{object: "productCategory", rule: "notItsOwnParent", given: values{"parent": self{}}},
	{object: "product", rule: "priceNotNegative", given: values{"price": values{"amount": "-1", "currency": "CNY"}}},
	{object: "product", rule: "costNotNegative", given: values{"cost": values{"amount": "-1", "currency": "CNY"}}},
	{object: "product", rule: "stoppedIsInactive", given: values{"lifecycle": "stopped"}},
	{object: "productUom", rule: "factorPositive", given: values{"factor": "0"}},
	{object: "bundleItem", rule: "notItself", given: values{"component": some("product")}},
	{object: "bundleItem", rule: "quantityPositive", given: values{"quantity": "0"}},
	{object: "bundleItem", rule: "range", given: values{"least": 2, "most": 1}},
	{object: "priceBook", rule: "dates", given: backwards("validFrom", "validTo")},
	{object: "priceEntry", rule: "priceNotNegative", given: values{"price": "-1"}},
	{object: "priceEntry", rule: "minQuantityNotNegative", given: values{"minQuantity": "-1"}},
	{object: "priceEntry", rule: "floorBelowPrice", given: values{"floorPrice": "6"}},
	{object: "priceEntry", rule: "dates", given: backwards("validFrom", "validTo")},
	{object: "promotion", rule: "dates", given: backwards("validFrom", "validTo")},
	{object: "promotion", rule: "percentInRange", given: values{"kind": "percent", "value": "101"}},
	{object: "stockReservation", rule: "quantityPositive", given: values{"quantity": "0"}},
}

var workOffences = []offence{
	{object: "expense", rule: "amountPositive", given: values{"amount": "0"}},
	{object: "expense", rule: "ratePositive", given: values{"fxRate": "0"}},
	{object: "expense", rule: "notInFuture", given: values{"date": "2999-01-01"}},
	{object: "expense", rule: "frozen", given: values{"state": "approved"}, then: values{"amount": "6"}},
	{object: "activity", rule: "editedWithinADay", then: values{"body": "Something else"}, later: 25 * time.Hour},
	{object: "activity", rule: "nextLater", given: values{"at": "2026-01-02T00:00:00Z", "nextAt": "2026-01-01T00:00:00Z"}},
	{object: "activity", rule: "systemDoesNotCount", given: values{"kind": "system"}},
	{object: "visit", rule: "whom", given: values{"account": nil}},
	{object: "visit", rule: "near", given: values{"checkinGeo": values{"lat": "31.2", "lng": "121.4"}, "distance": 501}},
	{object: "visit", rule: "near", given: values{"account": some("office"), "checkinGeo": values{"lat": "31.24", "lng": "121.4"}}},
	{object: "visit", rule: "outAfterIn", given: values{"checkinAt": "2026-01-02T00:00:00Z", "checkoutAt": "2026-01-01T00:00:00Z"}},
	{object: "visit", rule: "startedNeedsCheckin", given: values{"state": "started"}},
	{object: "visit", rule: "doneNeedsResult", given: values{"state": "done", "checkinAt": "2026-01-02T00:00:00Z"}},
	{object: "task", rule: "doneNeedsTime", given: values{"state": "done"}},
	{object: "task", rule: "remindBeforeDue", given: values{"dueAt": "2026-01-01T00:00:00Z", "remindAt": "2026-01-02T00:00:00Z"}},
	{object: "task", rule: "notItsOwnPart", given: values{"parent": self{}}},
	{object: "task", rule: "overdueFree", given: values{"state": "done", "doneAt": "2026-01-02T00:00:00Z"}, children: []child{{"task", "parent", nil}}},
}

// TestRulesOfTheCRM breaks each rule once, and wants to hear of it in the rule's
// words, at its field.
func TestRulesOfTheCRM(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	tried := map[string]bool{}
	for _, o := range offences {
		tried[o.object+"."+o.rule] = true
		t.Run(o.object+"."+o.rule, func(t *testing.T) {
			c := *c
			c.T = t
			rule := ruleOf(c.def, o.object, o.rule)
			if rule == nil {
				t.Fatal("there is no such rule")
			}
			want := []any{0}
			if rule.Field != "" {
				want = append(want, rule.Field)
			}
			for _, e := range trellis.Public(c.offend(o)) {
				if e.Code == trellis.CodeValidationFailed && e.Message == rule.Message.Text("en") && trellis.PathString(e.Path) == trellis.PathString(want) {
					return
				}
			}
			t.Errorf("want %q at %v, got %v", rule.Message.Text("en"), want, c.offend(o))
		})
	}
	for _, o := range c.def.Objects {
		for _, r := range o.Rules {
			if !tried[o.Name+"."+r.Name] {
				t.Errorf("nothing breaks %s.%s", o.Name, r.Name)
			}
		}
	}
}

func ruleOf(def *metadata.Definition, object, name string) *metadata.ValidationRule {
	for _, o := range def.Objects {
		for _, r := range o.Rules {
			if o.Name == object && r.Name == name {
				return r
			}
		}
	}
	return nil
}

// offend writes the offence and gives the refusal.
func (c *company) offend(o offence) error {
	c.Helper()
	ops := []core.Op{c.op(o.object, with(minimal[o.object], o.given))}
	for _, k := range o.children {
		ops = append(ops, c.op(k.object, with(minimal[k.object], k.values, values{k.parent: core.Ref(0)})))
	}
	for i := range ops {
		ops[i].Path = []any{i}
	}
	res, err := c.write(ops...)
	if o.then == nil {
		return err
	}
	if err != nil {
		c.Fatalf("before the offence: %v", err)
	}
	if o.before != nil {
		o.before(c, res[0].ID)
	}
	r := *c.root
	r.Now = r.Now.Add(o.later)
	_, err = c.Engine.Write(c.Context(), &r, &core.Write{Ops: []core.Op{{Verb: core.Update, Object: o.object, ID: res[0].ID, Values: c.resolve(o.then, res[0].ID), Path: []any{0}}}})
	return err
}

// TestMinimalRecordsOfTheCRM makes one of each object with what it cannot do
// without.
func TestMinimalRecordsOfTheCRM(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	def, problems := metadata.Read(apps.CRM())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, o := range def.Objects {
		t.Run(o.Name, func(t *testing.T) {
			c := *c
			c.T = t
			if minimal[o.Name] == nil {
				t.Fatal("nobody says what it needs")
			}
			c.some(o.Name)
		})
	}
}
