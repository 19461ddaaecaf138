package graphql

import (
	"math"
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// objectNames are the names an object has in the schema.
type objectNames struct {
	typ, connection, edge                 string
	filter, lookupFilter, listFilter      string
	order, input, patch, children         string
	key, keyField                         string
	group, groupKey, groupBy, groupOrder  string
	totals, extremes                      string
	payload, listPayload, result          string
	batchUpdate, batchDelete, batchUpsert string
	enums                                 expr.ByName[enumNames] // by field
	one, many                             string                 // root fields of Query
	create, createMany, update            string                 // root fields of Mutation
	upsertMany, upsert, remove, restore   string
	updateMany, removeMany                string
	// bent lists the names that gave way to others; "" for nearly all objects.
	bent string
}

// enumNames are the types that come with a field: of its values, and of
// conditions on them.
type enumNames struct{ values, filter string }

// enum is the type of a field's values, "" when it has none of its own.
func (n *objectNames) enum(field string) string {
	e, _ := n.enums.Get(field)
	return e.values
}

// enumFilter is the type of conditions on those.
func (n *objectNames) enumFilter(field string) string {
	e, _ := n.enums.Get(field)
	return e.filter
}

// derivedTypes are the types that come with an object, by what is added to its
// own name. An object's types claim their names in this order.
var derivedTypes = []struct {
	suffix string
	part   part
	name   func(*objectNames) *string
}{
	{"Connection", connectionPart, func(n *objectNames) *string { return &n.connection }},
	{"Edge", connectionPart, func(n *objectNames) *string { return &n.edge }},
	{"Filter", filterPart, func(n *objectNames) *string { return &n.filter }},
	{"LookupFilter", filterPart, func(n *objectNames) *string { return &n.lookupFilter }},
	{"ListFilter", filterPart, func(n *objectNames) *string { return &n.listFilter }},
	{"OrderBy", orderPart, func(n *objectNames) *string { return &n.order }},
	{"Input", inputPart, func(n *objectNames) *string { return &n.input }},
	{"Patch", inputPart, func(n *objectNames) *string { return &n.patch }},
	{"ChildrenInput", inputPart, func(n *objectNames) *string { return &n.children }},
	{"Key", keyPart, func(n *objectNames) *string { return &n.key }},
	{"KeyField", payloadPart, func(n *objectNames) *string { return &n.keyField }},
	{"Group", groupPart, func(n *objectNames) *string { return &n.group }},
	{"GroupKey", groupPart, func(n *objectNames) *string { return &n.groupKey }},
	{"GroupBy", groupPart, func(n *objectNames) *string { return &n.groupBy }},
	{"GroupOrderBy", groupPart, func(n *objectNames) *string { return &n.groupOrder }},
	{"Totals", groupPart, func(n *objectNames) *string { return &n.totals }},
	{"Extremes", groupPart, func(n *objectNames) *string { return &n.extremes }},
	{"Payload", payloadPart, func(n *objectNames) *string { return &n.payload }},
	{"ListPayload", payloadPart, func(n *objectNames) *string { return &n.listPayload }},
	{"Result", payloadPart, func(n *objectNames) *string { return &n.result }},
	{"UpdateOperationInput", batchPart, func(n *objectNames) *string { return &n.batchUpdate }},
	{"DeleteOperationInput", batchPart, func(n *objectNames) *string { return &n.batchDelete }},
	{"UpsertOperationInput", batchPart, func(n *objectNames) *string { return &n.batchUpsert }},
}

// mutationFields are the root fields of Mutation that come with an object, by
// what stands in front of its type's name or of its plural.
var mutationFields = []struct {
	prefix string
	plural bool
	name   func(*objectNames) *string
}{
	{"create", false, func(n *objectNames) *string { return &n.create }},
	{"update", false, func(n *objectNames) *string { return &n.update }},
	{"delete", false, func(n *objectNames) *string { return &n.remove }},
	{"restore", false, func(n *objectNames) *string { return &n.restore }},
	{"create", true, func(n *objectNames) *string { return &n.createMany }},
	{"upsert", true, func(n *objectNames) *string { return &n.upsertMany }},
	{"upsert", false, func(n *objectNames) *string { return &n.upsert }},
	{"update", true, func(n *objectNames) *string { return &n.updateMany }},
	{"delete", true, func(n *objectNames) *string { return &n.removeMany }},
}

// fixedTypes are taken whatever the workspace defines.
var fixedTypes = []string{
	"Query", "Mutation", "Subscription", "Int", "Float", "String", "Boolean", "ID",
	"LinksInput", "RefInput", "File", "FileInput", "Long", "Decimal", "Date", "DateTime", "Time", "Duration", "JSON", "Money", "MoneyInput",
	"GeoPoint", "GeoPointInput", "NearInput", "PostalAddress", "PostalAddressInput", "PersonName", "PersonNameInput", "PageInfo", "OrderDirection", "OnError",
	"IDFilter", "TextFilter", "LongFilter", "DecimalFilter", "DateFilter", "DateTimeFilter", "BooleanFilter", "MoneyFilter",
	"TimeFilter", "DurationFilter", "JSONFilter", "TextListFilter", "GeoPointFilter", "PostalAddressFilter", "PersonNameFilter",
	"DateBucket", "MoneyGroupBy", "SearchHit", "MutationError", "DeletePayload", "DeleteManyPayload", "DeleteResult", "BatchOperation", "BatchPayload", "BatchResult", "BatchRecord",
}

// fixedRoots and fixedMutations are root fields of no object.
var fixedRoots, fixedMutations = []string{"nothing", "search"}, []string{"batch", "ref"}

// names gives the objects of a snapshot their names. They are chosen over all
// objects, whoever asks, so that a type has one name for everybody; and from the
// snapshot alone, name by name, so that nothing is kept for the objects that
// nobody asks for. Metadata reserves most collisions; of the few left, all but
// the first get trailing underscores: what is fixed is first, then the objects'
// own names, then what is derived, in order of the objects.
type names struct{ snapshot *metadata.Snapshot }

// named finds an object by the name it has, not by one it had.
func (s names) named(name string) *metadata.ObjectView {
	if o := s.snapshot.Lookup(name); o != nil && o.Name == name {
		return o
	}
	return nil
}

// of gives the names of an object.
func (s names) of(o *metadata.ObjectView) *objectNames {
	n, enums := &objectNames{}, map[string]enumNames{}
	n.typ = n.bend(s.typeOf(o.Name), "")
	for i, d := range derivedTypes {
		*d.name(n) = n.bend(n.typ+d.suffix, strings.Repeat("_", s.typesBefore(n.typ+d.suffix, o.Name, i)))
	}
	at := len(derivedTypes)
	for _, f := range o.All {
		if !hasTypes(f) {
			continue
		}
		wanted := n.typ + pascal(f.Name)
		enums[f.Name] = enumNames{
			n.bend(wanted, strings.Repeat("_", s.typesBefore(wanted, o.Name, at))),
			n.bend(wanted+"Filter", strings.Repeat("_", s.typesBefore(wanted+"Filter", o.Name, at+1))),
		}
		at += 2
	}
	n.enums = expr.Table(enums)
	n.one = n.bend(o.Name, strings.Repeat("_", count(fixedRoots, o.Name)))
	many := count(fixedRoots, o.Plural)
	if s.named(o.Plural) != nil {
		many++
	}
	n.many = n.bend(o.Plural, strings.Repeat("_", many))
	for i, m := range mutationFields {
		wanted := m.prefix + n.typ
		if m.plural {
			wanted = m.prefix + pascal(o.Plural)
		}
		*m.name(n) = n.bend(wanted, strings.Repeat("_", s.mutationsBefore(wanted, o.Name, i)))
	}
	n.pack()
	return n
}

// pack lets the names be parts of one text: they are many, short and kept long.
func (n *objectNames) pack() {
	var all []*string
	for _, d := range derivedTypes {
		all = append(all, d.name(n))
	}
	for _, m := range mutationFields {
		all = append(all, m.name(n))
	}
	for i := range n.enums {
		all = append(all, &n.enums[i].Value.values, &n.enums[i].Value.filter)
	}
	var text []byte
	for _, name := range all {
		text = append(text, *name...)
	}
	rest := string(text)
	for _, name := range all {
		*name, rest = rest[:len(*name)], rest[len(*name):]
	}
}

// bend joins a wanted name and its underscores, and notes that there are some.
func (n *objectNames) bend(wanted, underscores string) string {
	if underscores != "" {
		n.bent += wanted + underscores + " "
	}
	return wanted + underscores
}

func count(list []string, name string) int {
	if slices.Contains(list, name) {
		return 1
	}
	return 0
}

// typeOf is the type of an object: its name, unless that is fixed.
func (s names) typeOf(object string) string {
	name := pascal(object)
	return name + strings.Repeat("_", count(fixedTypes, name))
}

// typesBefore counts who takes a type's name before the at-th type of an object.
func (s names) typesBefore(name, object string, at int) int {
	before := count(fixedTypes, name)
	if s.named(unpascal(name)) != nil {
		before++
	}
	s.eachPrefix(name, func(o *metadata.ObjectView, rest string) {
		if o.Name > object {
			return
		}
		for i, d := range derivedTypes {
			if d.suffix == rest && (o.Name != object || i < at) {
				before++
			}
		}
		if o.Name != object {
			before += s.enumsBefore(o, rest, math.MaxInt)
		} else {
			before += s.enumsBefore(o, rest, at)
		}
	})
	return before
}

// eachPrefix calls f for the objects whose type begins a type's name.
func (s names) eachPrefix(name string, f func(o *metadata.ObjectView, rest string)) {
	for i := 1; i < len(name); i++ {
		if c := name[i]; c < 'A' || c > 'Z' {
			continue
		}
		object := unpascal(strings.TrimRight(name[:i], "_"))
		if o := s.named(object); o != nil && s.typeOf(object) == name[:i] {
			f(o, name[i:])
		}
	}
}

// enumsBefore counts the enums of an object, and their filters, that take the
// rest of a type's name before its at-th type.
func (s names) enumsBefore(o *metadata.ObjectView, rest string, at int) int {
	before, i := 0, len(derivedTypes)
	enum := unpascal(rest)
	filtered, isFilter := strings.CutSuffix(enum, "Filter")
	for _, f := range o.All {
		if !hasTypes(f) {
			continue
		}
		if f.Name == enum && i < at {
			before++
		}
		if isFilter && f.Name == filtered && i+1 < at {
			before++
		}
		i += 2
	}
	return before
}

// mutationsBefore counts who takes a mutation's name before the at-th of an
// object.
func (s names) mutationsBefore(name, object string, at int) int {
	before := count(fixedMutations, name)
	for i, m := range mutationFields {
		rest, ok := strings.CutPrefix(name, m.prefix)
		if !ok || rest == "" {
			continue
		}
		var o *metadata.ObjectView
		if m.plural {
			o = s.snapshot.LookupPlural(unpascal(rest))
		} else if o = s.named(unpascal(strings.TrimRight(rest, "_"))); o != nil && s.typeOf(o.Name) != rest {
			o = nil
		}
		if o != nil && (o.Name < object || o.Name == object && i < at) {
			before++
		}
	}
	return before
}

// typeOwners lists the objects that a type of this name may come with, the most
// likely first.
func (s names) typeOwners(name string) []*metadata.ObjectView {
	var out []*metadata.ObjectView
	add := func(object string) {
		if o := s.named(unpascal(strings.TrimRight(object, "_"))); o != nil && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	for i := len(name); i > 0; i-- {
		if i == len(name) || name[i] >= 'A' && name[i] <= 'Z' {
			add(name[:i])
		}
	}
	return out
}

// fieldOwners lists the objects that a field of this name in Query, Mutation or
// another wide type may come with.
func (s names) fieldOwners(name string) []*metadata.ObjectView {
	var out []*metadata.ObjectView
	add := func(name string) {
		for _, o := range []*metadata.ObjectView{s.named(name), s.snapshot.LookupPlural(name)} {
			if o != nil && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	name = strings.TrimRight(name, "_")
	add(name)
	for _, m := range mutationFields {
		if rest, ok := strings.CutPrefix(name, m.prefix); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			add(unpascal(strings.TrimRight(rest, "_")))
		}
	}
	return out
}

// unpascal is the camelCase name of a type's name; "" for one that is none.
func unpascal(s string) string {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return ""
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// pascal is a camelCase name as a type's name.
func pascal(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// hasTypes says that a field brings types of its own: an enum or the parts of a
// polymorphic lookup, and their filter.
func hasTypes(f *metadata.Field) bool { return hasEnum(f) || f.Kind == metadata.KindPolymorphic }

// hasEnum says that a field brings an enum and its filter.
func hasEnum(f *metadata.Field) bool {
	return (f.Kind == metadata.KindSelect || f.Kind == metadata.KindMultiSelect) && isEnum(f)
}

// isEnum says that a select becomes an enum: each option is a GraphQL name.
// Otherwise the field is a String, since answers hold the stored names.
func isEnum(f *metadata.Field) bool {
	for _, o := range f.Options {
		if !isName(o.Name) || o.Name == "true" || o.Name == "false" || o.Name == "null" || strings.HasPrefix(o.Name, "__") {
			return false
		}
	}
	return len(f.Options) > 0
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
