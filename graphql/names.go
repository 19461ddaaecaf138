package graphql

import (
	"strings"

	"github.com/trellishq/trellis/metadata"
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
	enums, enumFilters                    map[string]string // by field
	one, many                             string            // root fields of Query
	create, createMany, update            string            // root fields of Mutation
	upsertMany, upsert, remove, restore   string
}

// names gives each object of a snapshot its names. They are chosen over all
// objects, whoever asks, so that a type has one name for everybody. Metadata
// reserves most collisions; the few left get a trailing underscore.
type names map[string]*objectNames

// fixedTypes are taken whatever the workspace defines.
var fixedTypes = []string{
	"Query", "Mutation", "Subscription", "Int", "Float", "String", "Boolean", "ID",
	"Long", "Decimal", "Date", "DateTime", "Money", "MoneyInput", "PageInfo", "OrderDirection", "OnError",
	"IDFilter", "TextFilter", "LongFilter", "DecimalFilter", "DateFilter", "DateTimeFilter", "BooleanFilter", "MoneyFilter",
	"DateBucket", "MoneyGroupBy", "MutationError", "DeletePayload", "BatchOperation", "BatchPayload", "BatchResult", "BatchRecord",
}

func newNames(snap *metadata.Snapshot) names {
	types, roots, mutations := claims{}, claims{"nothing": true}, claims{"batch": true, "ref": true}
	for _, t := range fixedTypes {
		types[t] = true
	}
	all := names{}
	// Objects first: their own names give way to nobody's derived ones.
	for _, name := range snap.Names() {
		all[name] = &objectNames{typ: types.take(pascal(name)), one: roots.take(name)}
	}
	for _, name := range snap.Names() {
		o, n := snap.Lookup(name), all[name]
		n.many = roots.take(o.Plural)
		n.deriveTypes(types, o)
		plural := pascal(o.Plural)
		n.create = mutations.take("create" + n.typ)
		n.update = mutations.take("update" + n.typ)
		n.remove = mutations.take("delete" + n.typ)
		n.restore = mutations.take("restore" + n.typ)
		n.createMany = mutations.take("create" + plural)
		n.upsertMany = mutations.take("upsert" + plural)
		n.upsert = mutations.take("upsert" + n.typ)
	}
	return all
}

func (n *objectNames) deriveTypes(types claims, o *metadata.ObjectView) {
	for _, t := range []struct {
		name   *string
		suffix string
	}{
		{&n.connection, "Connection"}, {&n.edge, "Edge"},
		{&n.filter, "Filter"}, {&n.lookupFilter, "LookupFilter"}, {&n.listFilter, "ListFilter"},
		{&n.order, "OrderBy"}, {&n.input, "Input"}, {&n.patch, "Patch"}, {&n.children, "ChildrenInput"},
		{&n.key, "Key"}, {&n.keyField, "KeyField"},
		{&n.group, "Group"}, {&n.groupKey, "GroupKey"}, {&n.groupBy, "GroupBy"}, {&n.groupOrder, "GroupOrderBy"},
		{&n.totals, "Totals"}, {&n.extremes, "Extremes"},
		{&n.payload, "Payload"}, {&n.listPayload, "ListPayload"}, {&n.result, "Result"},
		{&n.batchUpdate, "UpdateOperationInput"}, {&n.batchDelete, "DeleteOperationInput"}, {&n.batchUpsert, "UpsertOperationInput"},
	} {
		*t.name = types.take(n.typ + t.suffix)
	}
	n.enums, n.enumFilters = map[string]string{}, map[string]string{}
	for _, f := range o.All {
		if f.Kind == metadata.KindSelect && isEnum(f) {
			n.enums[f.Name] = types.take(n.typ + pascal(f.Name))
			n.enumFilters[f.Name] = types.take(n.typ + pascal(f.Name) + "Filter")
		}
	}
}

// claims are names that are taken.
type claims map[string]bool

func (c claims) take(name string) string {
	for c[name] {
		name += "_"
	}
	c[name] = true
	return name
}

// pascal is a camelCase name as a type's name.
func pascal(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
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
