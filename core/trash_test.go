package core_test

import (
	"fmt"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata"
)

// binders adds object binder, which goes with its account, and sheet, which
// goes with its binder and with its account.
func (l *lab) binders() {
	l.change(func(d *metadata.Definition) {
		up := func(name, target string) *metadata.Field {
			return &metadata.Field{Name: name, Kind: metadata.KindLookup, Target: target, Label: metadata.Texts{"en": name}.Label(), OnDelete: metadata.Cascade}
		}
		name := &metadata.Field{Name: "name", Kind: metadata.KindText, Label: metadata.Texts{"en": "Name"}.Label()}
		held := up("heldBy", "sheet")
		held.OnDelete, held.Inverse = metadata.Restrict, "holds"
		binder, sheet := up("account", "account"), up("account", "account")
		binder.Inverse, sheet.Inverse = "binders", "sheets"
		in := up("binder", "binder")
		in.Inverse = "sheets"
		d.Objects = append(d.Objects,
			&metadata.Object{Name: "binder", Plural: "binders", Label: metadata.Texts{"en": "Binder"}.Label(), Fields: []*metadata.Field{name, binder}},
			&metadata.Object{Name: "sheet", Plural: "sheets", Label: metadata.Texts{"en": "Sheet"}.Label(), Fields: []*metadata.Field{name, sheet, in}},
			&metadata.Object{Name: "pin", Plural: "pins", Label: metadata.Texts{"en": "Pin"}.Label(), Fields: []*metadata.Field{name, held, {Name: "account", Kind: metadata.KindLookup, Target: "account", Inverse: "pins", Label: metadata.Texts{"en": "Account"}.Label(), OnDelete: metadata.Cascade}}})
	})
}

func made(object string, values map[string]any) core.Op {
	values["name"] = object
	return core.Op{Verb: core.Create, Object: object, Values: values}
}

// TestOneRecordOnTwoPathsGoesOnce: a record that belongs to two records of a
// delete goes and comes back once.
func TestOneRecordOnTwoPathsGoesOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.binders()
	acc := l.must(l.root, account("A"))[0].ID
	binder := l.must(l.root, made("binder", map[string]any{"account": acc}))[0].ID
	sheet := l.must(l.root, made("sheet", map[string]any{"account": acc, "binder": binder}))[0].ID
	l.must(l.root, core.Op{Verb: core.Delete, Object: "account", ID: acc})
	if l.get(l.root, "sheet", sheet, "name") != nil || l.get(l.root, "binder", binder, "name") != nil {
		t.Fatal("what belongs to the account stays")
	}
	l.must(l.root, core.Op{Verb: core.Restore, Object: "account", ID: acc})
	if got := l.get(l.root, "sheet", sheet, "version"); fmt.Sprint(got) != "map[version:3]" {
		t.Fatal(got)
	}
	// Both asked for in one write.
	l.must(l.root, core.Op{Verb: core.Delete, Object: "sheet", ID: sheet}, core.Op{Verb: core.Delete, Object: "account", ID: acc})
	if l.get(l.root, "sheet", sheet, "name") != nil || l.get(l.root, "account", acc, "name") != nil {
		t.Fatal("something stays")
	}
}

// TestReferrersThatGoTooDoNotHinder: what is deleted in the same write refers to
// nothing afterwards, what stays keeps all of it from going.
func TestReferrersThatGoTooDoNotHinder(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.binders()
	acc := l.must(l.root, account("A"))[0].ID
	sheet := l.must(l.root, made("sheet", map[string]any{"account": acc}))[0].ID
	inside := l.must(l.root, made("pin", map[string]any{"heldBy": sheet, "account": acc}))[0].ID
	outside := l.must(l.root, made("pin", map[string]any{"heldBy": sheet}))[0].ID
	for _, perRow := range []bool{false, true} {
		res, err := l.engine.Write(t.Context(), l.root, &core.Write{Ops: []core.Op{{Verb: core.Delete, Object: "account", ID: acc}}, PerRow: perRow})
		if perRow && err == nil && res[0].Err != nil {
			err = res[0].Err
		}
		if trellis.CodeOf(err) != trellis.CodeConflict || len(trellis.Public(err)) != 1 {
			t.Fatalf("per row %t: %v", perRow, err)
		}
		if l.get(l.root, "account", acc, "name") == nil || l.get(l.root, "pin", inside, "name") == nil {
			t.Fatalf("per row %t: something went", perRow)
		}
	}
	l.must(l.root, core.Op{Verb: core.Delete, Object: "pin", ID: outside})
	l.must(l.root, core.Op{Verb: core.Delete, Object: "account", ID: acc})
	if l.get(l.root, "sheet", sheet, "name") != nil || l.get(l.root, "pin", inside, "name") != nil {
		t.Fatal("something stays")
	}
}

// TestBrokenRecordsCanGo: a rule that came later must not keep a record.
func TestBrokenRecordsCanGo(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id := l.must(l.root, account("A"))[0].ID
	l.change(func(d *metadata.Definition) {
		o := d.Object("account")
		o.Rules = append(o.Rules, &metadata.ValidationRule{Name: "needsPhone", Rule: "record.phone != null", Message: metadata.Texts{"en": "Give a phone number"}.Label()})
	})
	if _, err := l.write(l.root, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": "B"}}); trellis.CodeOf(err) != trellis.CodeValidationFailed {
		t.Fatal(err)
	}
	l.must(l.root, core.Op{Verb: core.Delete, Object: "account", ID: id})
	l.must(l.root, core.Op{Verb: core.Restore, Object: "account", ID: id})
}

// TestOneRecordTwiceInAWrite is refused as what it is.
func TestOneRecordTwiceInAWrite(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	id := l.must(l.root, account("A"))[0].ID
	again := core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"phone": "+49 1"}, Path: []any{"inputs", 1}}
	_, err := l.write(l.root, core.Op{Verb: core.Update, Object: "account", ID: id, Values: map[string]any{"name": "B"}}, again)
	wantCode(t, err, trellis.CodeInvalidInput, "inputs[1]")
}

// TestRulesSeeTheWholeWrite: a line's rule reads the order made or changed in
// the same write.
func TestRulesSeeTheWholeWrite(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.change(func(d *metadata.Definition) {
		o := d.Object("orderLine")
		o.Rules = append(o.Rules, &metadata.ValidationRule{Name: "lineOfOpenOrder", Rule: `record.order.number != "closed" && record.order.account.name == "A"`, Message: metadata.Texts{"en": "The order is closed"}.Label(), Field: "order"})
	})
	acc := l.must(l.root, account("A"))[0].ID
	prod := l.must(l.root, core.Op{Verb: core.Create, Object: "product", Values: map[string]any{"code": "P1", "name": "Pump"}})[0].ID
	res := l.must(l.root, order("O1", acc, line(1, prod, "2"))...)
	_, err := l.write(l.root, order("closed", acc, line(1, prod, "2"))...)
	wantCode(t, err, trellis.CodeValidationFailed, "input.lines[0].order")
	_, err = l.write(l.root, core.Op{Verb: core.Update, Object: "order", ID: res[0].ID, Values: map[string]any{"number": "closed"}},
		core.Op{Verb: core.Update, Object: "orderLine", ID: res[1].ID, Values: map[string]any{"quantity": "3"}})
	wantCode(t, err, trellis.CodeValidationFailed, "order")
}
