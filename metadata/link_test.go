package metadata

import (
	"slices"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
)

// leads is a lead with its interests in products, over a link nobody defined,
// and products that belong together.
func leads() *Definition {
	return &Definition{Objects: []*Object{
		{Name: "lead", Plural: "leads", Label: Texts{"en": "Lead"}.Label(), Fields: []*Field{
			{Name: "name", Kind: KindText, Label: Texts{"en": "Name"}.Label()},
			{Name: "productInterest", Kind: KindManyToMany, Target: "product", Inverse: "leads", Label: Texts{"en": "Interests"}.Label()},
		}},
		{Name: "product", Plural: "products", Label: Texts{"en": "Product"}.Label(), Fields: []*Field{
			{Name: "name", Kind: KindText, Label: Texts{"en": "Name"}.Label()},
			{Name: "related", Kind: KindManyToMany, Target: "product", Inverse: "relatedTo", Label: Texts{"en": "Related"}.Label()},
		}},
	}}
}

func TestImpliedLinks(t *testing.T) {
	t.Parallel()
	def := leads()
	Normalize(def, nil)
	if errs := Validate(def); len(errs) > 0 {
		t.Fatal(errs)
	}
	link := def.Object("leadProductInterest")
	if link == nil || !link.Implied || !link.Unowned || link.Table != "lead_product_interest" || link.Fields[0].Column != "lead_id" || link.Fields[1].Name != "product" {
		t.Fatalf("the link is %+v", link)
	}
	self := def.Object("productRelated")
	if self.Fields[0].Name != "source" || self.Fields[1].Name != "target" {
		t.Errorf("the link to itself has %s and %s", self.Fields[0].Name, self.Fields[1].Name)
	}
	snap := New(def, 1)
	for _, x := range []struct{ on, list, near, far, object string }{
		{"lead", "productInterest", "lead", "product", "product"},
		{"product", "leads", "product", "lead", "lead"},
		{"product", "related", "source", "target", "product"},
		{"product", "relatedTo", "target", "source", "product"},
	} {
		r := snap.Lookup(x.on).Relation(x.list)
		if r == nil || r.Object != x.object || !r.Linked() {
			t.Fatalf("%s.%s is %+v", x.on, x.list, r)
		}
		if _, near, far := snap.Sides(r); near.Name != x.near || far.Name != x.far {
			t.Errorf("%s.%s goes from %s to %s", x.on, x.list, near.Name, far.Name)
		}
	}
	if got := len(snap.Lookup("product").Referrers); got != 3 {
		t.Errorf("%d lookups refer to product", got)
	}
	again, errs := Read(asFolder(Write(def)))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if again.Object("leadProductInterest") != nil {
		t.Error("the implied link is written")
	}
	merged := Merge(def, again)
	Normalize(merged, def)
	Intern(merged, def)
	if changes := Diff(def, merged); len(changes) > 0 {
		t.Errorf("read again it differs: %v", changes)
	}
	// Nothing to do, nothing touched.
	same := def.Fork()
	Normalize(same, def)
	if !slices.Equal(same.Objects, def.Objects) {
		t.Error("objects that did not change were made anew")
	}
}

func TestImpliedLinksFollow(t *testing.T) {
	t.Parallel()
	def := leads()
	Normalize(def, nil)
	link := def.Object("leadProductInterest")
	renamed := def.Fork()
	renamed.Own("lead").Name = "prospect"
	Normalize(renamed, def)
	if errs := ValidateChange(renamed, def); len(errs) > 0 {
		t.Fatal(errs)
	}
	got := renamed.Object("leadProductInterest")
	if got.Table != link.Table || got.Fields[0].Column != link.Fields[0].Column || got.Fields[0].Name != "prospect" || got.Fields[0].Target != "prospect" {
		t.Errorf("after the rename the link is %+v with %+v", got, got.Fields[0])
	}
	next := New(def, 1).Next(renamed, 2)
	if r := next.Lookup("product").Relation("leads"); r == nil || r.Object != "prospect" {
		t.Errorf("the list after the rename is %+v", r)
	}
	gone := def.Fork()
	o := gone.Own("lead")
	o.Fields = slices.DeleteFunc(o.Fields, func(f *Field) bool { return f.Kind == KindManyToMany })
	Normalize(gone, def)
	if gone.Object("leadProductInterest") != nil {
		t.Error("the link outlives its field")
	}
	if snap := New(def, 1).Next(gone, 2); snap.Lookup("product").Relation("leads") != nil || len(snap.Lookup("product").Referrers) != 2 {
		t.Error("the list outlives its field")
	}
	more := def.Fork()
	l := more.Own("leadProductInterest")
	l.Fields = append(l.Fields, &Field{Name: "weight", Kind: KindInteger, Label: Texts{"en": "Weight"}.Label()})
	Normalize(more, def)
	if errs := ValidateChange(more, def); len(errs) > 0 || more.Object("leadProductInterest").Implied || len(more.Object("leadProductInterest").Fields) != 3 {
		t.Errorf("a field on the link: %v", errs)
	}
}

func TestLinksThatCannotBe(t *testing.T) {
	t.Parallel()
	lookup := func(name, target string, d OnDelete) *Field {
		return &Field{Name: name, Kind: KindLookup, Target: target, OnDelete: d, Label: Texts{"en": name}.Label()}
	}
	between := func(fields ...*Field) func(d *Definition) {
		return func(d *Definition) {
			o := &Object{Name: "interest", Plural: "interests", Label: Texts{"en": "Interest"}.Label(), Fields: fields}
			for _, f := range fields {
				if f.Unique {
					f.Unique, o.Indexes = false, []*Index{{Fields: []string{"lead", "product"}, Unique: true}}
				}
			}
			d.Objects = append(d.Objects, o)
			d.Objects[0].Fields[1].Link = "interest"
		}
	}
	key := lookup("product", "product", Cascade)
	key.Unique = true
	for name, x := range map[string]struct {
		spoil func(d *Definition)
		want  string
	}{
		"no target":     {func(d *Definition) { d.Objects[0].Fields[1].Target = "" }, "a target is missing"},
		"unknown":       {func(d *Definition) { d.Objects[0].Fields[1].Target = "prodct" }, `did you mean "product"`},
		"one side":      {between(lookup("lead", "lead", Cascade)), "is no link between lead and product"},
		"not cascading": {between(lookup("lead", "lead", Restrict), lookup("product", "product", Cascade)), "is no link between"},
		"not unique":    {between(lookup("lead", "lead", Cascade), lookup("product", "product", Cascade)), "needs a unique index over lead and product"},
		"fine":          {between(lookup("lead", "lead", Cascade), key), ""},
		"required":      {func(d *Definition) { d.Objects[0].Fields[1].Required = true }, "cannot be required"},
		"policy": {func(d *Definition) {
			d.Roles = []*Role{{Name: "r"}}
			d.Policies = []*Policy{{Name: "p", Role: "r", Object: "leadProductInterest", Actions: []Action{ActionRead}}}
		}, "follows the right to the field"},
		"lookup to it": {func(d *Definition) {
			d.Objects[0].Fields = append(d.Objects[0].Fields, lookup("x", "leadProductInterest", SetNull))
		}, "is made for a manyToMany field"},
		"inverse": {func(d *Definition) { d.Objects[0].Fields[1].Inverse = "name" }, `has a field "name" already`},
		"twice":   {func(d *Definition) { d.Objects[1].Fields[1].Inverse = "leads" }, `has a list "leads" already`},
	} {
		def := leads()
		x.spoil(def)
		Normalize(def, nil)
		errs := Validate(def)
		if x.want == "" {
			if len(errs) > 0 {
				t.Errorf("%s: %v", name, errs)
			}
			continue
		}
		if len(errs) == 0 || !strings.Contains(errs.Error(), x.want) {
			t.Errorf("%s: got %v, want %q", name, errs, x.want)
		}
	}
}

func TestCoerceLinks(t *testing.T) {
	t.Parallel()
	f := &Field{Name: "f", Kind: KindManyToMany}
	a, b := trellis.NewID(), trellis.NewID()
	for _, x := range []struct {
		in   any
		want *LinkChange
	}{
		{map[string]any{"add": []any{a.String(), a}, "remove": []any{b}}, &LinkChange{Add: []trellis.ID{a}, Remove: []trellis.ID{b}}},
		{map[string]any{"set": []any{b}}, &LinkChange{Replace: true, Add: []trellis.ID{b}}},
		{map[string]any{"set": []any{}}, &LinkChange{Replace: true}},
		{map[string]any{"set": nil, "add": []any{a}}, &LinkChange{Add: []trellis.ID{a}}},
		{[]any{a}, &LinkChange{Replace: true, Add: []trellis.ID{a}}},
		{map[string]any{"set": []any{a}, "add": []any{b}}, nil},
		{map[string]any{"add": []any{a}, "remove": []any{a}}, nil},
		{map[string]any{"add": []any{nil}}, nil},
		{map[string]any{"add": "x"}, nil},
		{map[string]any{"put": []any{a}}, nil},
		{map[string]any{"add": make([]any, MaxLinks+1)}, nil},
		{"x", nil},
	} {
		got, err := f.Coerce(x.in)
		if (err != nil) != (x.want == nil) {
			t.Errorf("%v: %v, %v", x.in, got, err)
			continue
		}
		if x.want == nil {
			continue
		}
		c := got.(LinkChange)
		if c.Replace != x.want.Replace || !slices.Equal(c.Add, x.want.Add) || !slices.Equal(c.Remove, x.want.Remove) {
			t.Errorf("%v: got %+v", x.in, c)
		}
	}
}
