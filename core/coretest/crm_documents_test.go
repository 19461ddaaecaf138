package coretest_test

import "github.com/trellishq/trellis"

// settled is before: a settlement of so much with the record.
func settled(field, amount string, more values) func(*company, trellis.ID) {
	return func(c *company, id trellis.ID) {
		c.make("allocation", with(minimal["allocation"], values{"amount": amount, field: id}, more))
	}
}

// shipped is before: one piece of the line is delivered, or of the order's line.
func (c *company) shipped(order, line trellis.ID, quantity string) trellis.ID {
	c.Helper()
	s := c.make("shipment", with(minimal["shipment"], values{"order": order}))
	return c.make("shipmentLine", values{"shipment": s, "orderLine": line, "quantity": quantity})
}

var documentOffences = []offence{
	{object: "quote", rule: "linesAny", given: values{"state": "approved"}},
	{object: "quote", rule: "onePriceBasis", children: line("quote", values{"taxIncluded": false})},
	{object: "quote", rule: "periodOpen", given: values{"legalEntity": some("closedEntity")}},
	{object: "quote", rule: "ratePositive", given: values{"fxRate": "0"}},
	{object: "quote", rule: "voidNeedsReason", given: values{"state": "void"}, children: line("quote", nil)},
	{object: "quote", rule: "frozen", given: values{"state": "approved"}, children: line("quote", nil), then: values{"currency": "USD"}},
	{object: "quote", rule: "validAfterDate", given: values{"validUntil": "2026-01-09"}},
	{object: "quote", rule: "acceptedInTime", given: values{"acceptedAt": "2026-03-01T00:00:00Z"}},
	{object: "quoteLine", rule: "quantityPositive", given: values{"quantity": "0"}},
	{object: "quoteLine", rule: "priceNotNegative", given: values{"price": "-1"}},
	{object: "quoteLine", rule: "floor", given: values{"floorPrice": "6"}},
	{object: "contract", rule: "periodOpen", given: values{"legalEntity": some("closedEntity"), "signedOn": "2026-06-30"}},
	{object: "contract", rule: "ratePositive", given: values{"fxRate": "0"}},
	{object: "contract", rule: "voidNeedsReason", given: values{"state": "void"}},
	{object: "contract", rule: "frozen", given: values{"state": "active", "signedOn": "2026-01-01"}, then: values{"amount": "7"}},
	{object: "contract", rule: "dates", given: values{"endOn": "2025-12-31"}},
	{object: "contract", rule: "amountNotNegative", given: values{"amount": "-1"}},
	{object: "contract", rule: "signedNotInFuture", given: values{"signedOn": "2999-01-01"}},
	{object: "contract", rule: "signedNeedsDay", given: values{"state": "signed"}},
	{object: "contract", rule: "planAddsUp", given: values{"amount": "6"}, children: []child{{"paymentPlan", "contract", nil}}},
	{
		object: "contract", rule: "withinFrame", given: values{"amount": "4"}, then: values{"type": "frame"},
		before: func(c *company, id trellis.ID) { c.document("order", values{"contract": id}, nil) },
	},
	{object: "contract", rule: "failNeedsReason", given: values{"state": "failed"}},
	{object: "contract", rule: "notItsOwnParent", given: values{"parent": self{}}},
	{object: "contractSigner", rule: "who", given: values{"employee": nil}},
	{object: "contractSigner", rule: "signedNeedsTime", given: values{"result": "signed"}},
	{object: "paymentPlan", rule: "when", given: values{"dueOn": nil}},
	{object: "paymentPlan", rule: "amountPositive", given: values{"amount": "0"}},
	{object: "paymentPlan", rule: "notTooMuch", children: []child{{"allocation", "paymentPlan", values{"invoice": nil, "amount": "5.01"}}}},
	{object: "order", rule: "linesAny", given: values{"state": "approved"}},
	{object: "order", rule: "onePriceBasis", children: line("order", values{"taxIncluded": false})},
	{object: "order", rule: "periodOpen", given: values{"legalEntity": some("closedEntity")}},
	{object: "order", rule: "ratePositive", given: values{"fxRate": "0"}},
	{object: "order", rule: "voidNeedsReason", given: values{"state": "void"}, children: line("order", nil)},
	{object: "order", rule: "frozen", given: values{"state": "released"}, children: line("order", nil), then: values{"orderDate": "2026-01-11"}},
	{object: "order", rule: "requestedLater", given: values{"requestedOn": "2026-01-09"}},
	{object: "order", rule: "accountValid", given: values{"account": some("invalidAccount")}},
	{object: "order", rule: "pickupNeedsStore", given: values{"delivery": "pickup"}},
	{object: "order", rule: "creditGate", given: values{"account": some("heldAccount"), "state": "approved"}, children: line("order", nil)},
	{object: "order", rule: "creditGate", given: values{"account": some("smallLimit"), "state": "approved"}, children: line("order", nil)},
	{
		object: "order", rule: "voidBeforeShipment", given: values{"state": "released"}, then: values{"state": "void", "voidReason": "Mistake"},
		children: line("order", values{"quantity": "2", "description": "shipped"}),
		before:   func(c *company, id trellis.ID) { c.shipped(id, c.lineOf("orderLine", "order", id), "1") },
	},
	{object: "orderLine", rule: "quantityPositive", given: values{"quantity": "0"}},
	{object: "orderLine", rule: "priceNotNegative", given: values{"price": "-1"}},
	{
		object: "orderLine", rule: "notOverShipped", given: values{"order": some("released"), "quantity": "2"}, then: values{"quantity": "1"},
		before: func(c *company, id trellis.ID) { c.shipped(c.some("released"), id, "2") },
	},
	{
		object: "orderLine", rule: "notOverInvoiced", given: values{"order": some("released"), "quantity": "2"}, then: values{"quantity": "1"},
		before: func(c *company, id trellis.ID) { c.document("invoice", nil, values{"orderLine": id, "quantity": "2"}) },
	},
	{object: "orderLine", rule: "notOverReturned", given: values{"order": some("released")}, children: []child{{"returnLine", "orderLine", nil}}},
	{object: "orderLine", rule: "frozen", given: values{"order": some("released")}, then: values{"price": "6"}},
	{object: "shipment", rule: "linesAny", given: values{"state": "shipped", "shippedAt": "2026-02-01T00:00:00Z"}},
	{object: "shipment", rule: "signedAfterShipped", given: values{"signedAt": "2026-02-01T00:00:00Z"}},
	{object: "shipment", rule: "shippedNeedsTime", given: values{"state": "shipped"}, children: []child{{"shipmentLine", "shipment", nil}}},
	{object: "shipment", rule: "orderReleased", given: values{"order": some("order")}},
	{object: "shipmentLine", rule: "quantityPositive", given: values{"quantity": "0"}},
	{object: "shipmentLine", rule: "sameOrder", given: values{"orderLine": some("orderLine")}},
	{object: "returnOrder", rule: "linesAny", given: values{"state": "approved"}},
	{object: "returnOrder", rule: "refundWithinOrder", given: values{"refund": "1000"}},
	{object: "returnLine", rule: "quantityPositive", given: values{"quantity": "0"}},
	{object: "returnLine", rule: "sameOrder", given: values{"orderLine": some("orderLine")}},
}

var receivableOffences = []offence{
	{object: "invoice", rule: "linesAny", given: values{"state": "issued", "invoiceNo": unique("26")}},
	{object: "invoice", rule: "onePriceBasis", children: line("invoice", values{"taxIncluded": false})},
	{object: "invoice", rule: "periodOpen", given: values{"legalEntity": some("closedEntity")}},
	{object: "invoice", rule: "ratePositive", given: values{"fxRate": "0"}},
	{object: "invoice", rule: "voidNeedsReason", given: values{"state": "void"}, children: line("invoice", values{"counted": false})},
	{object: "invoice", rule: "voidDoesNotCount", given: values{"state": "void", "voidReason": "Mistake"}, children: line("invoice", nil)},
	{object: "invoice", rule: "frozen", given: values{"state": "issued", "invoiceNo": unique("26")}, children: line("invoice", nil), then: values{"currency": "USD"}},
	{object: "invoice", rule: "dueLater", given: values{"dueOn": "2026-01-19"}},
	{object: "invoice", rule: "redIsNegative", given: values{"kind": "red"}},
	{object: "invoice", rule: "redOfSame", given: values{"redOf": some("issued")}},
	{object: "invoice", rule: "redOfSame", given: values{"kind": "red", "redOf": some("issued"), "account": some("otherAccount")}, children: line("invoice", values{"quantity": "-1"})},
	{object: "invoice", rule: "linesOfAccount", given: values{"account": some("otherAccount")}, children: line("invoice", values{"orderLine": some("orderLine")})},
	{
		object: "invoice", rule: "notOverSettled", given: values{"state": "issued", "invoiceNo": unique("26")},
		children: append(line("invoice", values{"quantity": "2"}), child{"allocation", "invoice", values{"amount": "10.01"}}),
	},
	{object: "invoice", rule: "issuedNeedsNumber", given: values{"state": "issued"}, children: line("invoice", nil)},
	{object: "invoiceLine", rule: "priceNotNegative", given: values{"price": "-1"}},
	{object: "invoiceLine", rule: "sign", given: values{"quantity": "-1"}},
	{object: "payment", rule: "amountPositive", given: values{"amount": "0"}},
	{object: "payment", rule: "ratePositive", given: values{"fxRate": "0"}},
	{object: "payment", rule: "periodOpen", given: values{"legalEntity": some("closedEntity")}},
	{object: "payment", rule: "billNeedsNumber", given: values{"method": "acceptance", "billNo": "1"}},
	{object: "payment", rule: "notOverSettled", given: values{"amount": "5"}, children: []child{{"allocation", "payment", values{"amount": "5.01"}}}},
	{object: "payment", rule: "notOverSettled", before: settled("payment", "5", nil), then: values{"amount": "4"}},
	{object: "payment", rule: "reversedIsFree", before: settled("payment", "5", nil), then: values{"state": "reversed"}},
	{object: "payment", rule: "frozen", then: values{"currency": "USD"}},
	{object: "payment", rule: "accountCurrency", given: values{"bankAccount": some("bankAccount"), "currency": "USD"}},
	{object: "allocation", rule: "oneTarget", given: values{"invoice": nil}},
	{object: "allocation", rule: "oneTarget", given: values{"order": some("order")}},
	{object: "allocation", rule: "amountSign", given: values{"amount": "-1"}},
	{object: "allocation", rule: "amountSign", given: values{"amount": "-2", "reverses": some("allocation")}},
	{object: "allocation", rule: "reversesTheSame", given: values{"amount": "-1", "reverses": some("allocation"), "invoice": nil, "order": some("order")}},
	{object: "allocation", rule: "sameAccount", given: values{"payment": some("otherPayment")}},
	{object: "allocation", rule: "sameCurrency", given: values{"payment": some("dollars")}},
	{object: "allocation", rule: "paymentConfirmed", given: values{"payment": some("draftPayment")}},
	{object: "bankStatement", rule: "dates", given: backwards("fromDate", "toDate")},
	{object: "bankStatement", rule: "balances", children: []child{{"bankLine", "bankStatement", nil}}},
	{object: "bankLine", rule: "amountNotZero", given: values{"amount": "0"}},
	{object: "bankLine", rule: "oneCurrency", given: values{"currency": "USD"}},
	{object: "statementOfAccount", rule: "dates", given: backwards("fromDate", "toDate")},
	{object: "statementOfAccount", rule: "confirmedNeedsContact", given: values{"state": "confirmed"}},
}
