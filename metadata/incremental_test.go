package metadata

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/trellishq/trellis/metadata/expr"
)

var incrementalSeeds = flag.Int("incremental.seeds", 20, "how many sequences of edits to compare")

// TestAChangeIsValidatedAsTheWhole makes random edits, half of them hostile, and
// compares what Normalize and ValidateChange make of a draft that shares with
// the definition of a snapshot what it does not change, with what they make of
// the same draft when nothing is shared and all is looked at.
func TestAChangeIsValidatedAsTheWhole(t *testing.T) {
	t.Parallel()
	refused, taken := 0, 0
	for seed := range *incrementalSeeds {
		current := editable()
		Normalize(current, nil)
		if errs := Validate(current); errs != nil {
			t.Fatal(errs)
		}
		snapshot := New(current, 1)
		for step := range 30 {
			name := fmt.Sprintf("seed %d, step %d", seed, step)
			before := mustJSON(t, current)
			rng := func() *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), uint64(step))) }
			draft := current.Fork()
			done := randomEdits(rng(), draft)
			problems := settle(draft, current)
			apart, unshared := current.Clone(), current.Clone()
			randomEdits(rng(), apart)
			want := settle(apart, unshared)
			if !slices.Equal(problems, want) {
				t.Fatalf("%s: %s\nproblems %q\n    want %q", name, done, problems, want)
			}
			if after := mustJSON(t, current); !bytes.Equal(before, after) {
				t.Fatalf("%s: %s: the draft changed what it was made from\n%s\n%s", name, done, before, after)
			}
			if len(want) > 0 {
				refused++
				continue
			}
			if got, want := mustJSON(t, draft), mustJSON(t, apart); !bytes.Equal(got, want) {
				for i, o := range apart.Objects {
					if i < len(draft.Objects) && !equalJSON(o, draft.Objects[i]) {
						got, want = mustJSON(t, &Definition{Objects: draft.Objects[i : i+1]}), mustJSON(t, &Definition{Objects: apart.Objects[i : i+1]})
						break
					}
				}
				t.Fatalf("%s: %s\n got %s\nwant %s", name, done, got, want)
			}
			taken++
			next := snapshot.Next(draft, int64(step+2))
			sameSnapshot(t, name+": "+fmt.Sprint(done), next, New(draft.Clone(), int64(step+2)))
			current, snapshot = next.Definition(), next
		}
	}
	if refused < *incrementalSeeds || taken < *incrementalSeeds {
		t.Errorf("%d edits were refused and %d taken: the edits show little", refused, taken)
	}
}

// settle normalises and validates as the catalogue does.
func settle(def, current *Definition) []string {
	Normalize(def, current)
	Intern(def, current)
	var out []string
	for _, e := range ValidateChange(def, current) {
		out = append(out, fmt.Sprint(e.Path, e.Message))
	}
	slices.Sort(out)
	return out
}

func mustJSON(t *testing.T, def *Definition) []byte {
	t.Helper()
	b, err := json.Marshal(def)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sameSnapshot(t *testing.T, name string, got, want *Snapshot) {
	t.Helper()
	if !slices.Equal(got.Names(), want.Names()) || !maps.Equal(got.Former(), want.Former()) {
		t.Fatalf("%s: names %v %v, want %v %v", name, got.Names(), got.Former(), want.Names(), want.Former())
	}
	if n := len(want.Names()); got.objects.len != n || got.plurals.len != n || got.tables.len != n {
		t.Fatalf("%s: %d objects, %d plurals, %d tables, want %d", name, got.objects.len, got.plurals.len, got.tables.len, n)
	}
	for _, o := range want.Names() {
		a, b := got.Lookup(o), want.Lookup(o)
		if got.LookupPlural(b.Plural) != a || got.tables.get(b.Table) != a || got.roles["boss"] == nil != (want.roles["boss"] == nil) {
			t.Fatalf("%s: %s is found otherwise", name, o)
		}
		if !reflect.DeepEqual(a.expression(), b.expression()) || !reflect.DeepEqual(a, b) {
			t.Fatalf("%s: %s is seen otherwise:\n%#v\n%#v", name, o, a, b)
		}
	}
}

// editable is a definition in which everything refers to something else.
func editable() *Definition {
	en := Texts{"en": "No"}.Label()
	return &Definition{
		Objects: []*Object{
			{Name: "account", Plural: "accounts", Title: "name", Fields: []*Field{
				{Name: "name", Kind: KindText},
				{Name: "code", Kind: KindText, MaxLength: 20, Formerly: []*Alias{{Name: "number"}}},
				{Name: "tier", Kind: KindSelect, Options: []*Option{{Name: "a"}, {Name: "b"}}},
				{Name: "parent", Kind: KindLookup, Target: "account", Inverse: "branches"},
				{Name: "revenue", Kind: KindRollUp, RollUp: &RollUp{Relation: "orders", Function: expr.Sum, Field: "total"}},
				{Name: "tags", Kind: KindManyToMany, Target: "tag", Inverse: "tagged"},
			}, Indexes: []*Index{{Fields: []string{"code"}, Unique: true, Where: `record.tier == "a"`}}},
			{Name: "order", Plural: "orders", Formerly: []*Alias{{Name: "purchase"}}, Fields: []*Field{
				{Name: "account", Kind: KindLookup, Target: "account", Inverse: "orders"},
				{Name: "no", Kind: KindText, MaxLength: 20},
				{Name: "tax", Kind: KindDecimal},
				{Name: "total", Kind: KindRollUp, RollUp: &RollUp{Relation: "lines", Function: expr.Sum, Field: "net", Where: "record.qty > 0"}},
				{Name: "gross", Kind: KindFormula, Result: KindDecimal, Formula: "record.total + record.tax"},
				{Name: "region", Kind: KindFormula, Result: KindText, Formula: "record.account.code"},
			}, Rules: []*ValidationRule{{Name: "known", Rule: `record.account.name != "x" && record.lines.all(l, l.qty > 0)`, Message: en, Field: "account"}}},
			{Name: "line", Plural: "lines", Unowned: true, Fields: []*Field{
				{Name: "order", Kind: KindLookup, Target: "order", Inverse: "lines", OnDelete: Cascade, Required: true},
				{Name: "price", Kind: KindDecimal, Precision: 12, Scale: 3, DefaultRule: "record.order.tax"},
				{Name: "qty", Kind: KindInteger},
				{Name: "net", Kind: KindFormula, Result: KindDecimal, Precision: 20, Scale: 3, Formula: "record.price * record.qty"},
			}},
			{Name: "tag", Plural: "tags", Fields: []*Field{
				{Name: "name", Kind: KindText},
				{Name: "about", Kind: KindPolymorphic, Targets: []string{"account", "order"}, Inverse: "notes"},
				{Name: "when", Kind: KindExpression, Expression: &Expression{Over: "order"}},
			}},
			{Name: "member", Plural: "members", Unowned: true, Fields: []*Field{
				{Name: "tag", Kind: KindLookup, Target: "tag", OnDelete: Cascade, Required: true},
				{Name: "line", Kind: KindLookup, Target: "line", OnDelete: Cascade, Required: true},
			}, Indexes: []*Index{{Fields: []string{"tag", "line"}, Unique: true}}},
			{Name: "extra", Plural: "extras", Fields: []*Field{
				{Name: "lines", Kind: KindManyToMany, Target: "tag", Link: "extraTag"},
				{Name: "number", Kind: KindAutoNumber, Number: &AutoNumber{Pattern: "E-{####}"}},
				{Name: "state", Kind: KindSelect, Options: []*Option{{Name: "a"}, {Name: "b"}}},
			}},
		},
		Roles: []*Role{{Name: "boss"}, {Name: "clerk", Inherits: []string{"boss"}}},
		Policies: []*Policy{
			{Name: "all", Role: "boss", Object: "*", Actions: []Action{ActionRead}},
			{Name: "own", Role: "clerk", Object: "order", Actions: []Action{ActionUpdate}, Rule: `record.account.tier == "a"`, WriteFields: []string{"no", "tax"}},
			{Name: "few", Role: "clerk", Object: "account", Actions: []Action{ActionRead}, ReadFields: []string{"name", "code"}},
		},
	}
}

// someNames are few, so that they collide; the types, plurals and lists of some
// are the names of others.
var someNames = []string{"account", "order", "line", "tag", "member", "extra", "code", "name", "net", "total", "orders", "lines", "accounts", "notes", "branches",
	"accountGroup", "extraState", "accountTags", "extraTag", "number", "purchase", "tagged", "fresh", "more", "other", "user", "owner", "qty", "tier"}

// randomEdits changes a definition and says how. What it does depends on the
// numbers and on what the definition holds.
func randomEdits(r *rand.Rand, d *Definition) (done []string) {
	for range 1 + r.IntN(3) {
		edit := edits[r.IntN(len(edits))]
		name := pick(r, d.Objects).Name
		o := d.Own(name)
		done = append(done, edit.name+" "+o.Name)
		edit.do(r, d, o)
	}
	return done
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func anyName(r *rand.Rand) string { return pick(r, someNames) }

var edits = []struct {
	name string
	do   func(r *rand.Rand, d *Definition, o *Object)
}{
	{"touch", func(_ *rand.Rand, _ *Definition, o *Object) { o.Label = Texts{"en": o.Name}.Label() }},
	{"add field", func(r *rand.Rand, d *Definition, o *Object) { o.Fields = append(o.Fields, anyField(r, d)) }},
	{"add field", func(r *rand.Rand, d *Definition, o *Object) { o.Fields = append(o.Fields, anyField(r, d)) }},
	{"remove field", func(r *rand.Rand, _ *Definition, o *Object) {
		if len(o.Fields) > 0 {
			i := r.IntN(len(o.Fields))
			o.Fields = slices.Delete(o.Fields, i, i+1)
		}
	}},
	{"rename field", func(r *rand.Rand, _ *Definition, o *Object) {
		if len(o.Fields) > 0 {
			f, to := pick(r, o.Fields), anyName(r)
			if f.Name != to && r.IntN(4) > 0 {
				f.Formerly = Renamed(f.Formerly, f.Name, to, "")
			}
			f.Name = to
		}
	}},
	{"change field", func(r *rand.Rand, d *Definition, o *Object) {
		if len(o.Fields) > 0 {
			i := r.IntN(len(o.Fields))
			name := o.Fields[i].Name
			o.Fields[i] = anyField(r, d)
			o.Fields[i].Name = name
		}
	}},
	{"retarget", func(r *rand.Rand, d *Definition, o *Object) {
		for _, f := range o.Fields {
			if f.Kind.IsLookup() && f.Kind != KindPolymorphic {
				f.Target = pick(r, d.Objects).Name
			}
		}
	}},
	{"change formula", func(r *rand.Rand, _ *Definition, o *Object) {
		for _, f := range o.Fields {
			if f.Kind == KindFormula {
				f.Formula = pick(r, someFormulas)
			}
		}
	}},
	{"drop former names", func(_ *rand.Rand, _ *Definition, o *Object) {
		o.Formerly = nil
		for _, f := range o.Fields {
			f.Formerly = nil
		}
	}},
	{"inverse", func(r *rand.Rand, _ *Definition, o *Object) {
		for _, f := range o.Fields {
			if len(f.points()) > 0 && r.IntN(2) == 0 {
				f.Inverse = anyName(r)
			}
		}
	}},
	{"options", func(r *rand.Rand, _ *Definition, o *Object) {
		for _, f := range o.Fields {
			if isEnum(f) {
				f.Options = append(f.Options[:r.IntN(len(f.Options)+1)], &Option{Name: pick(r, []string{"a", "b", "c"})})
			}
		}
	}},
	{"cascade", func(r *rand.Rand, _ *Definition, o *Object) {
		for _, f := range o.Fields {
			if f.Kind == KindLookup {
				f.OnDelete = pick(r, []OnDelete{"", SetNull, Cascade})
			}
		}
	}},
	{"unindex", func(_ *rand.Rand, _ *Definition, o *Object) { o.Indexes = nil }},
	{"index", func(r *rand.Rand, _ *Definition, o *Object) {
		o.Indexes = append(o.Indexes, &Index{Fields: []string{anyName(r)}, Unique: r.IntN(2) == 0})
	}},
	{"rule", func(r *rand.Rand, _ *Definition, o *Object) {
		o.Rules = append(o.Rules, &ValidationRule{Name: anyName(r), Rule: pick(r, someFormulas) + " == null", Message: Texts{"en": "No"}.Label()})
	}},
	{"add object", func(r *rand.Rand, d *Definition, _ *Object) {
		name := anyName(r)
		d.Objects = append(d.Objects, &Object{Name: name, Plural: pick(r, []string{name + "s", name + "List", anyName(r)}), Fields: []*Field{anyField(r, d), anyField(r, d)}})
	}},
	{"remove object", func(_ *rand.Rand, d *Definition, o *Object) {
		d.Objects = slices.DeleteFunc(d.Objects, func(x *Object) bool { return x == o })
	}},
	{"rename object", func(r *rand.Rand, _ *Definition, o *Object) {
		to := anyName(r)
		if o.Name != to && r.IntN(4) > 0 {
			o.Formerly = Renamed(o.Formerly, o.Name, to, "")
		}
		o.Name = to
	}},
	{"plural", func(r *rand.Rand, _ *Definition, o *Object) { o.Plural = anyName(r) }},
	{"extend", func(r *rand.Rand, d *Definition, _ *Object) {
		d.Objects = append(d.Objects, &Object{Name: anyName(r), Extends: true, Fields: []*Field{anyField(r, d)}})
	}},
	{"policy", func(r *rand.Rand, d *Definition, o *Object) {
		d.Policies = append(d.Policies, &Policy{Name: anyName(r), Role: pick(r, []string{"boss", "clerk", "nobody"}), Object: o.Name, Actions: []Action{ActionRead},
			Rule: pick(r, []string{"", `record.version > 1`, `record.name == "x"`, `record.account.code == "x"`}), ReadFields: []string{pick(r, []string{"version", "name", "code"})}})
	}},
	{"role", func(r *rand.Rand, d *Definition, _ *Object) {
		if i := r.IntN(len(d.Roles) + 1); i < len(d.Roles) {
			d.Roles = slices.Delete(d.Roles, i, i+1)
		} else {
			d.Roles = append(d.Roles, &Role{Name: anyName(r), Inherits: []string{"boss"}})
		}
	}},
	{"package", func(r *rand.Rand, d *Definition, o *Object) {
		if r.IntN(2) == 0 {
			d.Packages = nil
		}
		o.Package = pick(r, []string{CustomPackage, "crm", systemPackage})
	}},
}

var someFormulas = []string{"record.total", "record.gross", "record.net", "record.price", "record.account.revenue", "record.order.gross", "record.code", "record.number",
	"record.account.number", "record.region", "record.parent.revenue", "record.tax + record.total", "record.order.account.tier"}

// anyField is a field of a random kind that refers to something that is there or
// not.
func anyField(r *rand.Rand, d *Definition) *Field {
	f := &Field{Name: anyName(r), Kind: pick(r, []Kind{KindText, KindInteger, KindDecimal, KindSelect, KindMultiSelect, KindLookup, KindLookup, KindPolymorphic,
		KindManyToMany, KindFormula, KindRollUp, KindExpression, KindBoolean, "odd"})}
	target := func() string {
		if r.IntN(8) == 0 {
			return anyName(r)
		}
		return pick(r, d.Objects).Name
	}
	inverse := func() string { return pick(r, []string{"", "", anyName(r)}) }
	switch f.Kind {
	case KindSelect, KindMultiSelect:
		f.Options = []*Option{{Name: "a"}, {Name: "b"}}
	case KindLookup:
		f.Target, f.Inverse = target(), inverse()
	case KindManyToMany:
		f.Target, f.Inverse, f.Link = target(), inverse(), pick(r, []string{"", "", "member", anyName(r)})
	case KindPolymorphic:
		f.Targets, f.Inverse = []string{target()}, inverse()
	case KindFormula:
		f.Result, f.Formula = pick(r, []Kind{KindDecimal, KindText}), pick(r, someFormulas)
	case KindRollUp:
		f.RollUp = &RollUp{Relation: pick(r, []string{"lines", "orders", "branches", "notes"}), Function: pick(r, []expr.Aggregate{expr.Sum, expr.Count, expr.Mean}), Field: pick(r, []string{"", "net", "total", "revenue", "qty"})}
		if r.IntN(3) == 0 {
			f.RollUp.Where = pick(r, someFormulas) + " > 1"
		}
	case KindExpression:
		f.Expression = &Expression{Over: target()}
	}
	return f
}
