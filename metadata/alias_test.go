package metadata

import (
	"slices"
	"strings"
	"testing"

	"github.com/trellishq/trellis/metadata/expr"
)

// renamed is the large definition with account called client and its name and
// code called otherwise, as a folder would say it.
func renamed(t *testing.T, current *Definition) *Definition {
	t.Helper()
	draft := current.Clone()
	for _, o := range draft.Objects {
		if o.Package != systemPackage {
			o.Table = ""
			for _, f := range o.Fields {
				f.Column = ""
			}
		}
	}
	o := draft.Object("account")
	o.Name, o.Plural = "client", "clients"
	o.Formerly = []*Alias{{Name: "account", Plural: "accounts", Until: "2030-01-31"}}
	f := o.Field("name")
	f.Name, f.Formerly = "fullName", []*Alias{{Name: "name"}}
	Normalize(draft, current)
	return draft
}

func TestFormerNamesKeepWhatWasThere(t *testing.T) {
	t.Parallel()
	current := large(t)
	Normalize(current, nil)
	draft := renamed(t, current)
	if errs := ValidateChange(draft, current); len(errs) > 0 {
		t.Fatal(errs)
	}
	o := draft.Object("client")
	if o.Table != "account" || o.Field("fullName").Column != "name" {
		t.Errorf("renamed, the table is %s and the column %s", o.Table, o.Field("fullName").Column)
	}
	for _, x := range o.Indexes {
		if slices.Contains(x.Fields, "name") {
			t.Error("an index still names the field as it was")
		}
	}
	for _, p := range draft.Policies {
		if p.Object == "account" || slices.Contains(p.ReadFields, "name") && p.Object == "client" {
			t.Errorf("the policy %s still says %s %v", p.Name, p.Object, p.ReadFields)
		}
	}
	if f := draft.Object("contact").Field("account"); f.Target != "client" {
		t.Errorf("the lookup of contact refers to %s", f.Target)
	}
	for _, c := range Diff(current, draft) {
		if c.Op == OpRemove || c.Op == OpAdd {
			t.Errorf("a rename makes the change %s", c)
		}
	}
	// A change of the client alone reaches those that refer to it, too.
	fork := current.Fork()
	fork.Own("account").Field("code").Name = "number"
	fork.Object("account").Field("number").Formerly = []*Alias{{Name: "code"}}
	Normalize(fork, current)
	if errs := ValidateChange(fork, current); len(errs) > 0 {
		t.Error(errs)
	}
}

func TestFormerNamesAnswer(t *testing.T) {
	t.Parallel()
	current := large(t)
	Normalize(current, nil)
	draft := renamed(t, current)
	first := New(current, 1)
	for _, s := range []*Snapshot{New(draft, 2), first.Next(draft, 2)} {
		o := s.Lookup("account")
		if o == nil || o.Name != "client" || s.Lookup("client") != o || slices.Contains(s.Names(), "account") {
			t.Fatal("the former name does not lead to client")
		}
		if f := o.Field("name"); f == nil || f.Name != "fullName" {
			t.Errorf("account.name is %v", f)
		}
		for _, src := range []string{`record.account.name == "x"`, `record.account.fullName == "x"`} {
			r, err := expr.New(s).Compile("contact", src, expr.Row)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(r.Deps(), []expr.Path{{"account", "fullName"}}, slices.Equal) {
				t.Errorf("%s reads %v", src, r.Deps())
			}
		}
	}
	// Once the name is not listed any more, it is nobody's.
	last := draft.Fork()
	last.Own("client").Formerly = nil
	if s := New(draft, 2).Next(last, 3); s.Lookup("account") != nil || len(s.Former()) != 0 {
		t.Error("a name that is not listed still answers")
	}
	if first.Lookup("account").Name != "account" {
		t.Error("the snapshot before has changed")
	}
}

func TestFormerNamesMustBeFree(t *testing.T) {
	t.Parallel()
	current := large(t)
	Normalize(current, nil)
	for name, spoil := range map[string]func(o *Object){
		"field":  func(o *Object) { o.Field("name").Formerly = []*Alias{{Name: "code"}} },
		"own":    func(o *Object) { o.Field("name").Formerly = []*Alias{{Name: "name"}} },
		"system": func(o *Object) { o.Field("name").Formerly = []*Alias{{Name: "owner"}} },
		"twice":  func(o *Object) { o.Field("name").Formerly = []*Alias{{Name: "was"}, {Name: "was"}} },
		"other": func(o *Object) {
			o.Field("name").Formerly = []*Alias{{Name: "was"}}
			o.Field("code").Formerly = []*Alias{{Name: "was"}}
		},
		"date":   func(o *Object) { o.Field("name").Formerly = []*Alias{{Name: "was", Until: "31.12.2027"}} },
		"shape":  func(o *Object) { o.Field("name").Formerly = []*Alias{{Name: "Was it"}} },
		"object": func(o *Object) { o.Formerly = []*Alias{{Name: "contact"}} },
		"plural": func(o *Object) { o.Formerly = []*Alias{{Name: "contacts"}} },
	} {
		draft := current.Fork()
		spoil(draft.Own("account"))
		Normalize(draft, current)
		if errs := ValidateChange(draft, current); len(errs) != 1 {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// A list over links has former names like any other field: rules that say them
// go on.
func TestListsAnswerToFormerNames(t *testing.T) {
	t.Parallel()
	of := func(tags *Field) *Definition {
		return &Definition{Objects: []*Object{{Name: "tag", Plural: "tags"}, {Name: "note", Plural: "notes", Fields: []*Field{tags},
			Rules:   []*ValidationRule{{Name: "few", Rule: "size(record.tags) < 9 && record.tags.exists(t, t.version > 0)", Message: Texts{"en": "Few"}.Label()}},
			Indexes: []*Index{{Fields: []string{"createdAt"}, Where: `record.version != 3`}}}}}
	}
	current := of(&Field{Name: "tags", Kind: KindManyToMany, Target: "tag", Inverse: "notes"})
	Normalize(current, nil)
	draft := of(&Field{Name: "labels", Kind: KindManyToMany, Target: "tag", Inverse: "notes", Formerly: []*Alias{{Name: "tags"}}})
	Normalize(draft, current)
	if errs := ValidateChange(draft, current); len(errs) > 0 {
		t.Fatal(errs)
	}
	if changes := Diff(current, draft); len(changes) != 1 || changes[0].Op != OpRename {
		t.Errorf("a rename makes %v", changes)
	}
	for _, s := range []*Snapshot{New(draft, 2), New(current, 1).Next(draft, 2)} {
		note := s.Lookup("note")
		if r := note.Relation("tags"); r == nil || r != note.Relation("labels") {
			t.Errorf("the list under its former name is %v", r)
		}
		if back := s.Lookup("tag").Relation("notes"); back == nil || s.Lookup("tag").Relation("tags") != nil {
			t.Errorf("the list back is %v", back)
		}
		if _, err := s.Exprs().Compile("note", "size(record.tags) < 9", expr.Validate); err != nil {
			t.Error(err)
		}
	}
}

// What follows a rename is done in the change that renames: the next change,
// whatever it is, finds nothing more to do.
func TestNothingFollowsLater(t *testing.T) {
	t.Parallel()
	folder := func(object, field string, was ...string) *Definition {
		thing := &Object{Name: object, Plural: object + "s", Fields: []*Field{{Name: field, Kind: KindInteger}}, Indexes: []*Index{{Fields: []string{"size"}, Where: "record.size > 2"}}}
		for _, a := range was {
			thing.Fields[0].Formerly = append(thing.Fields[0].Formerly, &Alias{Name: a})
		}
		if object != "thing" {
			thing.Formerly = []*Alias{{Name: "thing"}}
		}
		return &Definition{Objects: []*Object{thing, {Name: "note", Plural: "notes", Fields: []*Field{{Name: "about", Kind: KindManyToMany, Target: "thing"}}}}}
	}
	var current *Definition
	for i, d := range []*Definition{folder("thing", "size"), folder("item", "length", "size"), folder("item", "height", "length", "size")} {
		Normalize(d, current)
		if errs := ValidateChange(d, current); len(errs) > 0 {
			t.Fatal(errs)
		}
		for _, o := range d.Objects {
			if o.Table == "thing" && !strings.HasPrefix(o.Indexes[0].Name, "thing__size__") {
				t.Errorf("%d: the index becomes %s", i, o.Indexes[0].Name)
			}
		}
		again := d.Clone()
		Normalize(again, d)
		if changes := Diff(d, again); len(changes) > 0 {
			t.Errorf("%d: %v", i, changes)
		}
		current = d
	}
	if link := current.Object("noteAbout"); link == nil || link.Field("item") == nil || link.Table != "note_about" {
		t.Errorf("the link is %+v", link)
	}
}
