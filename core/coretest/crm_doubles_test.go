package coretest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// double is a record that cannot be there twice: the second differs from the
// first by what is given, if anything.
type double struct {
	object, fields string // of the index
	first, second  values
	fits           values // and what makes a third fit after all
}

// doubles has one for each unique index of the CRM over several fields, or over
// some records alone.
var doubles = []double{
	{object: "handoverLine", fields: "handover,about", fits: values{"about": about("contract")}},
	{object: "exchangeRate", fields: "from,to,validFrom", second: values{"rate": "8"}, fits: values{"validFrom": "2026-01-02"}},
	{object: "accountTeam", fields: "account,user", fits: values{"account": some("otherAccount")}},
	{object: "kolProfile", fields: "contact,platform,handle", first: values{"handle": "h"}, fits: values{"platform": "douyin"}},
	{object: "accountContact", fields: "account,contact,role", fits: values{"role": "finance"}},
	{object: "identity", fields: "kind,scope,value", first: values{"value": "1"}, second: values{"subject": about("contact")}, fits: values{"scope": "app"}},
	{object: "tag", fields: "category,name", first: values{"category": some("tagCategory"), "name": "VIP"}, fits: values{"name": "Other"}},
	{object: "tagAssignment", fields: "tag,about", fits: values{"about": about("contact")}},
	{object: "segmentMember", fields: "segment,about", fits: values{"leftAt": "2999-01-01T00:00:00Z"}},
	{object: "partyEvaluation", fields: "about,period,kind", first: values{"period": "2026"}, fits: values{"kind": "partner"}},
	{object: "poolMember", fields: "pool,department", fits: values{"pool": some("leadPool")}},
	{object: "poolMember", fields: "pool,user", first: values{"department": nil, "user": some("user")}, fits: values{"pool": some("leadPool")}},
	{object: "poolMember", fields: "pool,memberTeam", first: values{"department": nil, "memberTeam": some("team")}, fits: values{"pool": some("leadPool")}},
	{object: "poolHolding", fields: "pool,user", fits: values{"pool": some("leadPool")}},
	{object: "stage", fields: "stageSet,code", first: values{"code": "x"}, fits: values{"code": "y"}},
	{object: "opportunityContact", fields: "opportunity,contact", second: values{"role": "user"}, fits: values{"opportunity": some("opportunity2")}},
	{object: "opportunityCompetitor", fields: "opportunity,account", fits: values{"opportunity": some("opportunity2")}},
	{object: "target", fields: "period,scope,metric", first: values{"period": "2026-01"}, second: values{"value": "2"}, fits: values{"metric": "visits"}},
	{object: "productUom", fields: "product,uom", fits: values{"product": some("product2")}},
	{object: "bundleItem", fields: "product,component", fits: values{"product": some("product3")}},
	// Ranges include both ends.
	{object: "priceEntry", fields: "priceBook,product,uom,minQuantity", first: values{"validTo": "2026-03-31"}, second: values{"validFrom": "2026-03-31", "validTo": nil}, fits: values{"validFrom": "2026-04-01"}},
	{object: "priceEntry", fields: "priceBook,product,uom,minQuantity", first: values{"validFrom": "2025-01-01", "validTo": "2025-06-30"}, second: values{"validFrom": "2025-03-01", "validTo": "2025-03-02"}, fits: values{"minQuantity": "10"}},
	{object: "stock", fields: "product,warehouse,lot", fits: values{"lot": "A"}},
	{object: "contractClause", fields: "contract,code", first: values{"code": "1"}, fits: values{"code": "2"}},
	{object: "order", fields: "shop,shopOrderNo", first: values{"shop": "s", "shopOrderNo": "1"}, fits: values{"shop": "t"}},
	{object: "orderChange", fields: "order,revision", fits: values{"revision": 2}},
	{object: "payment", fields: "bankAccount,bankRef", first: values{"bankAccount": some("bankAccount"), "bankRef": "1"}, fits: values{"bankRef": nil}},
	{object: "allocation", fields: "reverses", first: values{"amount": "-1", "reverses": some("allocation")}, fits: values{"reverses": nil, "amount": "1"}},
	{object: "bankMatch", fields: "bankLine,payment", fits: values{"payment": some("bigPayment")}},
	{object: "statementOfAccount", fields: "legalEntity,account,currency,fromDate", fits: values{"currency": "USD"}},
	{object: "visit", fields: "owner", first: values{"owner": some("user"), "state": "started", "checkinAt": "2026-01-02T00:00:00Z"}, fits: values{"state": "done", "result": "Fine"}},
}

// TestDoublesOfTheCRM makes each record twice, and wants to hear of it in the
// words of the index; a third that differs where it matters fits.
func TestDoublesOfTheCRM(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	tried := map[string]bool{"paymentPlan contract,lineNo": true}
	plan := with(minimal["paymentPlan"], values{"contract": core.Ref(0)})
	_, err := c.write(c.op("contract", with(minimal["contract"], values{"amount": "10"})), c.op("paymentPlan", plan), c.op("paymentPlan", plan))
	if trellis.CodeOf(err) != trellis.CodeConflict || trellis.Public(err)[0].Message != c.messageOf("paymentPlan", "contract,lineNo") {
		t.Errorf("two instalments of one number: %v", err)
	}
	for _, d := range doubles {
		tried[d.object+" "+d.fields] = true
		t.Run(d.object+" "+d.fields, func(t *testing.T) {
			c := *c
			c.T = t
			want := c.messageOf(d.object, d.fields)
			first := with(minimal[d.object], d.first)
			if _, err := c.write(c.op(d.object, first)); err != nil {
				t.Fatal(err)
			}
			second := with(first, d.second)
			_, err := c.write(c.op(d.object, second))
			if all := trellis.Public(err); len(all) != 1 || all[0].Code != trellis.CodeConflict || all[0].Message != want {
				t.Errorf("want %q, got %v", want, err)
			}
			if _, err := c.write(c.op(d.object, with(second, d.fits))); err != nil {
				t.Errorf("what fits: %v", err)
			}
		})
	}
	for _, o := range c.def.Objects {
		for _, x := range o.Indexes {
			if fields := strings.Join(x.Fields, ","); x.Unique && !o.Implied && !tried[o.Name+" "+fields] {
				t.Errorf("nothing breaks the index of %s over %s", o.Name, fields)
			}
		}
	}
}

func (c *company) messageOf(object, fields string) string {
	c.Helper()
	for _, x := range c.View.Snapshot.Lookup(object).Indexes {
		if slices.Equal(x.Fields, strings.Split(fields, ",")) {
			return x.Message.Text("en")
		}
	}
	c.Fatal("there is no such index")
	return ""
}

// TestLedgersOfTheCRM tries to change and to delete what is append-only.
func TestLedgersOfTheCRM(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for object, v := range map[string]values{
		"allocation": {"reason": "Another"}, "poolLog": {"reason": "Another"}, "consent": {"textVersion": "2"}, "behaviourEvent": {"name": "click"}, "forecastSnapshot": {"amountBase": "2"},
	} {
		id := c.some(object)
		for _, op := range []core.Op{{Verb: core.Update, Object: object, ID: id, Values: v}, {Verb: core.Delete, Object: object, ID: id}} {
			if _, err := c.write(op); err == nil {
				t.Errorf("%s can be changed by %s", object, op.Verb)
			}
		}
		if !c.View.Snapshot.Lookup(object).AppendOnly {
			t.Errorf("%s is no ledger", object)
		}
	}
}

// TestExpressionsOfTheCRM gives a pool's rule conditions over the pool's own
// object, and one that only another object could fulfil.
func TestExpressionsOfTheCRM(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const exempt = `record.lifecycle == "loyal" && record.orderCount > 3`
	c.make("poolRule", values{"pool": some("pool"), "holdExempt": exempt, "lockWhen": `record.openPipeline > dec("0")`})
	c.make("tag", values{"name": "Big", "mode": "auto", "rule": `record.revenue12m > dec("1000000")`})
	c.make("segment", values{"name": "Mailing", "object": "contact", "mode": "dynamic", "filter": `record.email != null`})
	for _, bad := range []struct {
		object string
		given  values
		field  string
	}{
		{"poolRule", values{"pool": some("leadPool"), "holdExempt": exempt}, "holdExempt"}, // a lead has no lifecycle
		{"tag", values{"name": "Bad", "object": "lead", "rule": `record.creditHold`}, "rule"},
		{"segment", values{"name": "Bad", "filter": `record.`}, "filter"},
		{"priceBook", with(minimal["priceBook"], values{"conditions": `1 + 1`}), "conditions"},
	} {
		op := c.op(bad.object, bad.given)
		op.Path = []any{0}
		_, err := c.write(op)
		if all := trellis.Public(err); len(all) == 0 || trellis.PathString(all[0].Path) != trellis.PathString([]any{0, bad.field}) {
			t.Errorf("%s with %v: %v", bad.object, bad.given, err)
		}
	}
}
