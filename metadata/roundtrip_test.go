package metadata

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis/metadata/expr"
)

// large gives a definition with everything in it, of two packages.
func large(t testing.TB) *Definition {
	t.Helper()
	def, errs := Read(folder(readSections(t, "testdata/large.txt"), ""))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return def
}

func asFolder(files map[string][]byte) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: data}
	}
	return fsys
}

func TestWriteGivesBackWhatWasRead(t *testing.T) {
	t.Parallel()
	def := large(t)
	Normalize(def, nil)
	if errs := Validate(def); len(errs) > 0 {
		t.Fatal(errs)
	}
	want := folder(readSections(t, "testdata/large.txt"), "")
	got := Write(def)
	for name, f := range want {
		if string(got[name]) != string(f.Data) {
			t.Errorf("%s is written as\n%s", name, got[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("written: %v", slices.Sorted(maps.Keys(got)))
	}
	again, errs := Read(asFolder(got))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	Normalize(again, nil)
	if changes := Diff(def, again); len(changes) > 0 {
		t.Errorf("read again it differs: %v", changes)
	}
}

func TestPhysicalNames(t *testing.T) {
	t.Parallel()
	lookup := func(name string) *Field { return &Field{Name: name, Kind: KindLookup, Target: "teamMember"} }
	text := func(name string) *Field { return &Field{Name: name, Kind: KindText} }
	long := "aVeryLongNameThatFillsAllFortyCharacters"
	def := &Definition{Objects: []*Object{
		{Name: "teamMember", Plural: "teamMembers", Fields: []*Field{
			text("closeDate"), lookup("account"), text("accountId"), text("ownerId"), text("xmin"), text("deletedBatch"),
			{Name: "amount", Kind: KindCurrency}, text("amountCode"), text("totalCode"), {Name: "total", Kind: KindCurrency}, text(long),
		}},
		{Name: "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMN", Plural: "x"},
	}}
	Normalize(def, nil)
	o := def.Object("teamMember")
	want := map[string]string{
		"closeDate": "close_date", "account": "account_id", "accountId": "account_id_2", "ownerId": "owner_id_2", "xmin": "xmin_2",
		"deletedBatch": "deleted_batch_2", "amount": "amount", "amountCode": "amount_code_2", "totalCode": "total_code", "total": "total_2",
		long: "a_very_long_name_that_fills_all_forty_characters",
	}
	if o.Table != "team_member_2" {
		t.Errorf("the table is %q", o.Table)
	}
	seen := map[string]bool{}
	for _, f := range o.Fields {
		if f.Column != want[f.Name] {
			t.Errorf("%s has the column %q, want %q", f.Name, f.Column, want[f.Name])
		}
		for _, c := range f.Columns() {
			if seen[c] || len(c) > maxIdent {
				t.Errorf("the column %s is there twice or too long", c)
			}
			seen[c] = true
		}
	}
	if table := def.Object("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMN").Table; len(table) > maxTable {
		t.Errorf("the table %q is too long", table)
	}
}

func TestPhysicalNamesAreKept(t *testing.T) {
	t.Parallel()
	current := large(t)
	Normalize(current, nil)
	draft := current.Fork()
	o := draft.Own("account")
	o.Name = "client"                         // a rename carries the table on
	o.Field("name").Name = "fullName"         // and the column
	o.Field("code").Column = "somebody_elses" // a draft cannot choose
	draft.Objects = append(draft.Objects, &Object{Name: "account", Plural: "clients"})
	Normalize(draft, current)
	if o.Table != "account" || o.Field("fullName").Column != "name" || o.Field("code").Column != "code" {
		t.Errorf("renamed: %s, %s, %s", o.Table, o.Field("fullName").Column, o.Field("code").Column)
	}
	if table := draft.Object("account").Table; table != "account_2" {
		t.Errorf("the new object has the table %q", table)
	}
	if draft.Object("contact") != current.Object("contact") {
		t.Error("an object that did not change was copied")
	}
}

func TestMergeKeepsWhatOthersAdded(t *testing.T) {
	t.Parallel()
	current := large(t)
	Normalize(current, nil)
	all := folder(readSections(t, "testdata/large.txt"), "")
	var crm Definition
	crm.Packages = []*Package{{Name: "crm", Version: "2"}}
	only, errs := Read(folder(readSections(t, "testdata/large.txt"), "crm/"))
	if len(errs) > 0 {
		t.Fatal(errs, all)
	}
	only.Objects = slices.DeleteFunc(only.Objects, func(o *Object) bool { return o.Name == "contact" })
	merged := Merge(current, only)
	Normalize(merged, current)
	Intern(merged, current)
	if errs := ValidateChange(merged, current); len(errs) > 0 {
		t.Fatal(errs)
	}
	if got := Diff(current, merged); len(got) != 1 || got[0].String() != "remove object contact" {
		t.Errorf("the changes are %v", got)
	}
	if merged.Object("account").Field("tier") == nil || merged.Object("user").Field("phone") == nil {
		t.Error("the customer's fields are gone")
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	old := large(t)
	Normalize(old, nil)
	def := old.Clone()
	account := def.Object("account")
	account.Field("name").Label = Texts{"en": "Title"}.Label()
	account.Field("code").Name = "number"
	account.Fields = append(account.Fields, &Field{Name: "since", Kind: KindDate})
	account.Indexes = nil
	account.Rules[0].Rule = "true"
	def.Roles[0].Inherits = []string{"viewer"}
	def.Policies = def.Policies[1:]
	def.Packages[0].Version = "3"
	Normalize(def, old)
	Intern(def, old)
	var got []string
	for _, c := range Diff(old, def) {
		got = append(got, c.String())
	}
	want := []string{
		"change package crm: version", "change field account.name: label", "rename field account.number (was code)", "add field account.since",
		"remove index account.account__region__name__x", "remove index account.account__owner_id__since__key__x", "remove index account.account__tier__x", "change rule account.notNegative: rule", "change role clerk: inherits", "remove policy " + old.Policies[0].Name,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if def.Object("contact") != old.Object("contact") {
		t.Error("an equal object was not interned")
	}
}

func TestNextIsLikeNew(t *testing.T) {
	t.Parallel()
	old := large(t)
	Normalize(old, nil)
	s := New(old, 1)
	contact := s.Lookup("contact")
	draft := old.Fork()
	o := draft.Own("account")
	o.Fields = append(o.Fields, &Field{Name: "main", Kind: KindLookup, Target: "contact", Inverse: "mainOf"})
	draft.Objects = append(draft.Objects, &Object{Name: "note", Plural: "notes", Fields: []*Field{{Name: "about", Kind: KindLookup, Target: "account", Inverse: "notes"}}})
	Normalize(draft, old)
	next, fresh := s.Next(draft, 2), New(draft, 2)
	if !slices.Equal(next.Names(), fresh.Names()) || next.Revision != 2 {
		t.Errorf("names %v, want %v", next.Names(), fresh.Names())
	}
	for _, name := range fresh.Names() {
		a, b := next.Lookup(name), fresh.Lookup(name)
		if a.Object != b.Object || len(a.Relations) != len(b.Relations) || next.LookupPlural(b.Plural) != a {
			t.Fatalf("%s differs", name)
		}
		for i, r := range b.Relations {
			if !reflect.DeepEqual(a.Relations[i], r) || !reflect.DeepEqual(a.Relation(r.Name), r) {
				t.Errorf("%s: relation %v, want %v", name, a.Relations[i], r)
			}
		}
	}
	if contact.Relation("mainOf") != nil {
		t.Error("the old snapshot has the new relation")
	}
	if s.Lookup("team") != next.Lookup("team") {
		t.Error("the view of team was made anew")
	}
	removed := old.Fork()
	removed.Objects = slices.DeleteFunc(removed.Objects, func(o *Object) bool { return o.Name == "contact" })
	if last := New(old, 1).Next(removed, 2); last.Lookup("contact") != nil || last.LookupPlural("contacts") != nil || last.Lookup("account").Relation("contacts") != nil {
		t.Error("contact is still there")
	}
	var _ expr.Schema = next
}

func TestWhatKindsMayBecome(t *testing.T) {
	t.Parallel()
	base := func(k Kind) *Field {
		f := &Field{Name: "f", Kind: k}
		switch k {
		case KindSelect, KindMultiSelect:
			f.Options = []*Option{{Name: "one"}}
		case KindExpression:
			f.Expression = &Expression{Over: "team"}
		case KindPolymorphic:
			f.Targets = []string{"team"}
		case KindLookup, KindManyToMany:
			f.Target = "team"
		case KindFormula:
			f.Result, f.Formula = KindInteger, "1"
		case KindRollUp:
			f.RollUp = &RollUp{Relation: "parts", Function: expr.Count}
		case KindAutoNumber:
			f.Number = &AutoNumber{Pattern: "{##}"}
		}
		return f
	}
	texts := "text email phone longText autoNumber"
	copies := "integer decimal boolean date dateTime select richText url percent" // of text
	inPlace := map[Kind]string{
		KindText: texts, KindEmail: texts, KindPhone: texts, KindLongText: texts, KindAutoNumber: texts, KindURL: texts, KindSelect: texts,
		KindRating: "integer", KindFormula: "rollUp", KindRollUp: "formula", KindLookup: "", KindUser: "",
	}
	made := map[Kind]string{
		KindText: copies, KindEmail: copies, KindPhone: copies, KindLongText: copies, KindAutoNumber: copies, KindURL: copies,
		KindExpression: texts, KindRichText: texts, KindInteger: "text longText decimal percent rating", KindDecimal: "text longText integer percent",
		KindPercent: "text longText integer decimal", KindCurrency: "decimal", KindBoolean: "text longText", KindRating: "text longText decimal",
		KindDate: "text longText dateTime", KindDateTime: "text longText date", KindSelect: "multiSelect", KindMultiSelect: "text longText select",
	}
	among := func(list string, k Kind) bool { return slices.Contains(strings.Fields(list), string(k)) }
	for _, from := range Kinds {
		part := &Object{Name: "part", Plural: "parts", Fields: []*Field{{Name: "thing", Kind: KindLookup, Target: "thing", Inverse: "parts"}}}
		current := &Definition{Objects: []*Object{{Name: "thing", Plural: "things", Fields: []*Field{base(from)}}, part}}
		Normalize(current, nil)
		for _, to := range Kinds {
			draft := current.Fork()
			o := draft.Own("thing")
			o.Fields[0] = base(to)
			Normalize(draft, current)
			stays, copied := from == to || among(inPlace[from], to), from != to && among(made[from], to)
			if errs := ValidateChange(draft, current); (len(errs) == 0) != (stays || copied) {
				t.Errorf("from %s to %s: %v", from, to, errs)
			}
			was, is := current.Object("thing").Fields[0], draft.Object("thing").Fields[0]
			if same := was.Column == is.Column; !same != copied {
				t.Errorf("from %s to %s: the column %s becomes %s", from, to, was.Column, is.Column)
			}
		}
	}
}

func TestSystemObjectsStay(t *testing.T) {
	t.Parallel()
	current := &Definition{}
	Normalize(current, nil)
	for name, spoil := range map[string]func(d *Definition){
		"plural": func(d *Definition) { d.Own("user").Plural = "people" },
		"rename": func(d *Definition) { d.Own("user").Name = "person" },
		"owned":  func(d *Definition) { d.Own("team").Unowned = false },
		"field":  func(d *Definition) { o := d.Own("user"); o.Fields = o.Fields[1:] },
		"unique": func(d *Definition) { d.Own("user").Field("email").Unique = false },
		"package": func(d *Definition) {
			o := d.Own("user")
			o.Fields = append(o.Fields, &Field{Name: "x", Kind: KindText, Package: "system"})
		},
		"object": func(d *Definition) {
			d.Objects = append(d.Objects, &Object{Name: "x", Plural: "xs", Package: "system"})
		},
	} {
		draft := current.Fork()
		spoil(draft)
		Normalize(draft, current)
		if errs := ValidateChange(draft, current); len(errs) == 0 {
			t.Errorf("%s: the system let it happen", name)
		}
	}
	draft := current.Fork()
	o := draft.Own("user")
	o.Fields = append(o.Fields, &Field{Name: "phone", Kind: KindPhone, Package: CustomPackage})
	Normalize(draft, current)
	if errs := ValidateChange(draft, current); len(errs) > 0 {
		t.Errorf("a custom field on user: %v", errs)
	}
}
