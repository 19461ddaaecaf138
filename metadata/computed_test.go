package metadata

import (
	"fmt"
	"slices"
	"testing"

	"github.com/trellishq/trellis/metadata/expr"
)

func computedShop() *Definition {
	line := &Object{Name: "line", Plural: "lines", Unowned: true, Fields: []*Field{
		{Name: "order", Kind: KindLookup, Target: "order", Inverse: "lines", OnDelete: Cascade, Required: true},
		{Name: "price", Kind: KindDecimal, Precision: 12, Scale: 3},
		{Name: "qty", Kind: KindInteger},
		{Name: "due", Kind: KindDate},
		{Name: "paid", Kind: KindCurrency},
		{Name: "net", Kind: KindFormula, Result: KindDecimal, Precision: 20, Scale: 3, Formula: "record.price * record.qty"},
		{Name: "late", Kind: KindFormula, Result: KindBoolean, Formula: "record.due < today"},
	}}
	order := &Object{Name: "order", Plural: "orders", Fields: []*Field{
		{Name: "no", Kind: KindText, MaxLength: 20},
		{Name: "account", Kind: KindLookup, Target: "account", Inverse: "orders"},
		{Name: "tax", Kind: KindDecimal},
		{Name: "total", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Sum, Field: "net"}},
		{Name: "mean", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Mean, Field: "qty"}},
		{Name: "lastDue", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Most, Field: "due"}},
		{Name: "paid", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Sum, Field: "paid"}},
		{Name: "big", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Count, Where: "record.qty > 10"}},
		{Name: "lateLines", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Count, Where: "record.late"}},
		{Name: "open", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Count, Where: "record.due > today - 365"}},
		{Name: "far", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Count, Where: `record.order.no == "x"`}},
		{Name: "gross", Kind: KindFormula, Result: KindDecimal, Formula: "record.total + record.tax"},
		{Name: "label", Kind: KindFormula, Result: KindText, Formula: `record.no + "!"`, Unique: true},
		{Name: "region", Kind: KindFormula, Result: KindText, Formula: "record.account.name"},
		{Name: "onRegion", Kind: KindFormula, Result: KindText, Formula: `record.region + "?"`},
		{Name: "age", Kind: KindFormula, Result: KindInteger, Formula: "record.version"},
	}}
	account := &Object{Name: "account", Plural: "accounts", Fields: []*Field{
		{Name: "name", Kind: KindText},
		{Name: "revenue", Kind: KindRollUp, RollUp: &RollUp{Relation: "orders", Function: expr.Sum, Field: "gross"}},
		{Name: "lateLines", Kind: KindRollUp, RollUp: &RollUp{Relation: "orders", Function: expr.Sum, Field: "lateLines"}},
	}}
	return &Definition{Objects: []*Object{line, order, account}}
}

func TestComputedIsDecided(t *testing.T) {
	t.Parallel()
	def := computedShop()
	Normalize(def, nil)
	if errs := Validate(def); errs != nil {
		t.Fatal(errs)
	}
	for _, want := range []struct {
		object, field    string
		computed         Computed
		kind             Kind
		precision, scale int
		columns          int
	}{
		{"line", "net", Stored, KindDecimal, 20, 3, 1},
		{"line", "late", AtRead, KindBoolean, 0, 0, 0},
		{"order", "total", Stored, KindDecimal, 38, 3, 1},
		{"order", "mean", Stored, KindDecimal, 38, 4, 1},
		{"order", "lastDue", Stored, KindDate, 0, 0, 1},
		{"order", "paid", Stored, KindCurrency, 38, 2, 2},
		{"order", "big", Stored, KindInteger, 0, 0, 1},
		{"order", "lateLines", AtRead, KindInteger, 0, 0, 0},
		{"order", "open", AtRead, KindInteger, 0, 0, 0},
		{"order", "far", AtRead, KindInteger, 0, 0, 0},
		{"order", "gross", Stored, KindDecimal, 18, 2, 1},
		{"order", "label", Stored, KindText, 0, 0, 1},
		{"order", "region", AtRead, KindText, 0, 0, 0},
		{"order", "onRegion", AtRead, KindText, 0, 0, 0},
		{"order", "age", AtRead, KindInteger, 0, 0, 0},
		{"account", "revenue", Stored, KindDecimal, 38, 2, 1},
		{"account", "lateLines", AtRead, KindInteger, 0, 0, 0},
	} {
		f := def.Object(want.object).Field(want.field)
		if f.Computed != want.computed || f.ValueKind() != want.kind || f.Precision != want.precision || f.Scale != want.scale || len(f.Columns()) != want.columns {
			t.Errorf("%s.%s is %s, %s(%d,%d), %v", want.object, want.field, f.Computed, f.ValueKind(), f.Precision, f.Scale, f.Columns())
		}
	}
}

// A formula that comes to read today makes what rolls it up, in an object that
// nobody changed, computed at read.
func TestComputedFollowsTheChildren(t *testing.T) {
	t.Parallel()
	was := computedShop()
	Normalize(was, nil)
	def := was.Fork()
	def.Own("line").Field("net").Formula = "record.due < today ? record.price : 0"
	Normalize(def, was)
	if errs := ValidateChange(def, was); errs != nil {
		t.Fatal(errs)
	}
	for object, field := range map[string]string{"line": "net", "order": "total", "account": "revenue"} {
		if got := def.Object(object).Field(field).Computed; got != AtRead {
			t.Errorf("%s.%s is %s", object, field, got)
		}
		if got := was.Object(object).Field(field).Computed; got != Stored {
			t.Errorf("%s.%s was changed where it was: %s", object, field, got)
		}
	}
	for field, filling := range map[string]bool{"gross": false, "mean": false} {
		if got := def.Object("order").Field(field); got.Filling != filling {
			t.Errorf("order.%s: filling is %v", field, got.Filling)
		}
	}
	if def.Object("account") == was.Object("account") || def.Object("user") != was.Object("user") {
		t.Error("account is shared, or user is not")
	}
	if got := def.Object("order").Field("mean").Computed; got != Stored {
		t.Errorf("order.mean is %s", got)
	}
}

func TestFormulasComeInOrder(t *testing.T) {
	t.Parallel()
	def := &Definition{Objects: []*Object{{Name: "order", Plural: "orders", Fields: []*Field{
		{Name: "c", Kind: KindFormula, Result: KindInteger, Formula: "record.b + record.a"},
		{Name: "b", Kind: KindFormula, Result: KindInteger, Formula: "record.a + record.n"},
		{Name: "t", Kind: KindFormula, Result: KindBoolean, Formula: "record.createdAt < now"},
		{Name: "a", Kind: KindFormula, Result: KindInteger, Formula: "record.n + 1"},
		{Name: "n", Kind: KindInteger},
	}}}}
	Normalize(def, nil)
	if errs := Validate(def); errs != nil {
		t.Fatal(errs)
	}
	s := New(def, 1)
	list, err := s.Formulas(s.Lookup("order"))
	if err != nil {
		t.Fatal(err)
	}
	var names string
	for _, c := range list {
		names += c.Field.Name
	}
	if names != "abc" {
		t.Errorf("the order is %s", names)
	}
}

func TestFormulaValuesFitTheirKind(t *testing.T) {
	t.Parallel()
	def := &Definition{Objects: []*Object{{Name: "thing", Plural: "things", Fields: []*Field{
		{Name: "n", Kind: KindInteger},
		{Name: "s", Kind: KindText},
		{Name: "third", Kind: KindFormula, Result: KindDecimal, Precision: 5, Scale: 2, Formula: "dec(record.n) / 3"},
		{Name: "square", Kind: KindFormula, Result: KindInteger, Formula: "record.n * record.n"},
		{Name: "text", Kind: KindFormula, Result: KindText, MaxLength: 3, Formula: "record.s + record.s"},
	}}}}
	Normalize(def, nil)
	if errs := Validate(def); errs != nil {
		t.Fatal(errs)
	}
	s := New(def, 1)
	o := s.Lookup("thing")
	for _, c := range []struct {
		field string
		n     int64
		s     string
		want  string
	}{
		{"third", 10, "", "3.33"}, {"third", -5, "", "-1.67"}, {"third", 2997, "", "999.00"}, {"third", 3000, "", "<nil>"},
		{"square", 3, "", "9"}, {"square", 1 << 27, "", "<nil>"}, {"square", 1 << 32, "", "<nil>"},
		{"text", 1, "a", "aa"}, {"text", 1, "ab", "<nil>"}, {"text", 1, "", "<nil>"},
	} {
		f := o.Field(c.field)
		got, err := s.Computation(o, f)
		if err != nil {
			t.Fatal(err)
		}
		rec := expr.MapRecord{"n": c.n, "s": c.s}
		v, err := got.Value(t.Context(), expr.Vars{Record: rec})
		term, err2 := got.Term(expr.Whole, expr.Vars{})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		for _, v := range []any{v, expr.ValueOf(term, []expr.Record{rec})} {
			if shown(v) != c.want {
				t.Errorf("%s of %d, %q is %s, want %s", c.field, c.n, c.s, shown(v), c.want)
			}
		}
	}
}

func shown(v any) string {
	if d, ok := v.(*expr.Decimal); ok {
		return d.Text('f')
	}
	if v == nil {
		return "<nil>"
	}
	return columnText(v)
}

func TestFilling(t *testing.T) {
	t.Parallel()
	was := computedShop()
	Normalize(was, nil)
	for _, f := range was.Object("order").Fields {
		if f.Filling {
			t.Errorf("%s of a new object is to be filled", f.Name)
		}
	}
	for name, c := range map[string]struct {
		change  func(d *Definition)
		filling map[string]bool
	}{
		"nothing":         {func(d *Definition) { d.Own("line") }, nil},
		"formula":         {func(d *Definition) { d.Own("line").Field("net").Formula = "record.price" }, map[string]bool{"line.net": true, "order.total": true, "order.gross": true, "account.revenue": true}},
		"condition":       {func(d *Definition) { d.Own("order").Field("big").RollUp.Where = "record.qty > 11" }, map[string]bool{"order.big": true}},
		"digits":          {func(d *Definition) { d.Own("order").Field("gross").Scale = 1 }, map[string]bool{"order.gross": true, "account.revenue": true}},
		"from the moment": {func(d *Definition) { d.Own("order").Field("open").RollUp.Where = "" }, map[string]bool{"order.open": true}},
		"new": {func(d *Definition) {
			o := d.Own("account")
			o.Fields = append(o.Fields, &Field{Name: "loud", Kind: KindFormula, Result: KindText, Formula: `record.name + "!"`})
		}, map[string]bool{"account.loud": true}},
	} {
		def := was.Fork()
		c.change(def)
		Normalize(def, was)
		if errs := ValidateChange(def, was); errs != nil {
			t.Fatalf("%s: %v", name, errs)
		}
		for _, o := range def.Objects {
			for _, f := range o.Fields {
				if f.Filling != c.filling[o.Name+"."+f.Name] {
					t.Errorf("%s: filling of %s.%s is %v", name, o.Name, f.Name, f.Filling)
				}
			}
		}
		again := def.Fork()
		again.Own("order")
		Normalize(again, def)
		for _, f := range again.Object("order").Fields {
			if f.Filling != c.filling["order."+f.Name] {
				t.Errorf("%s, once more: filling of order.%s is %v", name, f.Name, f.Filling)
			}
		}
	}
}

// TestAKeyWaitsUntilItIsFilled: a unique key over a column that is to be filled
// is refused, one that is there already too; one that is filled, or of a new
// object, is not.
func TestAKeyWaitsUntilItIsFilled(t *testing.T) {
	t.Parallel()
	was := computedShop()
	was.Own("line").Field("net").Unique = true // of a new object: nothing to fill
	was.Own("order").Field("total").Unique = true
	was.Own("account").Indexes = []*Index{{Fields: []string{"revenue", "name"}, Unique: true}}
	Normalize(was, nil)
	if errs := ValidateChange(was, nil); errs != nil {
		t.Fatal(errs)
	}
	keyless := func(d *Definition) {
		d.Own("line").Field("net").Unique = false
		d.Own("order").Field("total").Unique = false
		d.Own("account").Indexes = nil
	}
	const index = "[objects account indexes 0 fields]"
	for name, c := range map[string]struct {
		change func(d *Definition)
		paths  []string
	}{
		"filled":          {func(d *Definition) { d.Own("order").Field("gross").Unique = true }, nil},
		"relabelled":      {func(d *Definition) { d.Own("line").Field("net").Label = Texts{"en": "N"}.Label() }, nil},
		"changed":         {func(d *Definition) { d.Own("line").Field("net").Formula = "record.price" }, []string{index, "[objects line fields net unique]", "[objects order fields total unique]"}},
		"changed, no key": {func(d *Definition) { keyless(d); d.Own("line").Field("net").Formula = "record.price" }, nil},
		"new":             {func(d *Definition) { addLoud(d).Unique = true }, []string{"[objects account fields loud unique]"}},
		"part of a key":   {func(d *Definition) { addLoud(d); addKey(d, true) }, []string{"[objects account indexes 1 fields]"}},
		"part of a range": {func(d *Definition) {
			addLoud(d)
			o := d.Own("account")
			o.Fields = append(o.Fields, &Field{Name: "since", Kind: KindDate}, &Field{Name: "until", Kind: KindDate})
			o.Indexes = append(o.Indexes, &Index{Fields: []string{"loud"}, Unique: true, Range: &IndexRange{From: "since", To: "until"}})
		}, []string{"[objects account indexes 1 fields]"}},
		"end of a range": {func(d *Definition) {
			o := d.Own("order")
			o.Indexes = append(o.Indexes, &Index{Unique: true, Range: &IndexRange{From: "total", To: "total"}})
		}, []string{"[objects order indexes 0 range]", "[objects order indexes 0 range]"}},
		"condition": {func(d *Definition) {
			o := d.Own("order")
			o.Indexes = append(o.Indexes, &Index{Fields: []string{"account"}, Unique: true, Where: "record.total > 5.0"})
		}, []string{"[objects order indexes 0 where]"}},
		"part of a index": {func(d *Definition) { addLoud(d); addKey(d, false) }, nil},
	} {
		def := was.Fork()
		c.change(def)
		Normalize(def, was)
		errs := ValidateChange(def, was)
		var paths []string
		for _, e := range errs {
			paths = append(paths, fmt.Sprint(e.Path))
		}
		slices.Sort(paths)
		if !slices.Equal(paths, c.paths) {
			t.Errorf("%s: want %s, got %v", name, c.paths, errs)
		}
	}
}

func addLoud(d *Definition) *Field {
	f := &Field{Name: "loud", Kind: KindFormula, Result: KindText, Formula: `record.name + "!"`}
	o := d.Own("account")
	o.Fields = append(o.Fields, f)
	return f
}

func addKey(d *Definition, unique bool) {
	o := d.Own("account")
	o.Indexes = append(o.Indexes, &Index{Fields: []string{"loud", "name"}, Unique: unique})
}
