package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
)

// enums adds an enum per select, of one option or several, that the caller may read or write.
func (b *builder) enums(o *objectSight) {
	for _, f := range o.All {
		name, filter := o.names.enum(f.Name), o.names.enumFilter(f.Name)
		if name == "" || !b.defines(name, filter) || !hasEnum(f) || !o.readable(f.Name) && !o.creatable(f.Name) && !o.updatable(f.Name) {
			continue
		}
		if d := b.enum(name, b.help(f)); d != nil {
			for _, opt := range f.Options {
				d.EnumValues = append(d.EnumValues, &ast.EnumValueDefinition{Name: opt.Name, Description: b.describe(opt.Label, "", opt.Name)})
			}
		}
		switch {
		case !o.filterable(f.Name):
		case f.Kind == metadata.KindMultiSelect:
			b.listOperators(filter, name)
		default:
			b.operatorType(filter, name, nil)
		}
	}
}

// record adds the object's own type. Everything but id and version may be
// null: a rule on rows or fields must not break a client.
func (b *builder) record(o *objectSight) {
	d := b.define(ast.Object, o.names.typ, b.describe(o.Label, o.Description, o.Name))
	for _, f := range b.fields(d, o) {
		if o.readable(f.Name) {
			b.recordField(d, o, f)
		}
	}
	for _, r := range b.relations(d, o.Links) {
		b.linkList(d, o, r)
	}
	for _, r := range b.relations(d, o.Relations) {
		if t := b.sight.listed(r); t != nil && o.Field(r.Name) == nil {
			b.output(d, r.Name, b.describe(t.PluralLabel, "", r.Name), named(t.names.connection),
				binding{what: recordList, object: t, relation: r}, b.listArgs(t, false)...)
		}
	}
}

func (b *builder) recordField(d *ast.Definition, o *objectSight, f *metadata.Field) {
	help := b.help(f)
	switch {
	case f.Linked(): // see linkList
	case f.Kind == metadata.KindFile:
		b.output(d, f.Name, help, listOf("File"), binding{what: recordFiles, object: o, field: f})
	case f.Kind == metadata.KindPolymorphic:
		b.output(d, f.Name, help, named(o.names.enum(f.Name)), binding{what: recordRef, object: o, field: f})
	case f.Kind.IsLookup():
		if t := b.sight.target(f); t != nil {
			b.output(d, f.Name, help, named(t.names.typ), binding{what: recordLookup, object: t, field: f})
		}
	case compositeOf(f) != nil:
		b.output(d, f.Name, help, o.valueType(f), binding{what: recordComposite, object: o, field: f})
	case f.Kind == metadata.KindID || f.System() && f.Name == "version":
		b.output(d, f.Name, help, required(o.scalarOf(f)), binding{what: recordValue, object: o, field: f})
	default:
		b.output(d, f.Name, help, o.valueType(f), binding{what: recordValue, object: o, field: f})
	}
}

func (b *builder) connection(o *objectSight) {
	n := o.names
	edge := b.define(ast.Object, n.edge, "A record with its place in the list.")
	b.output(edge, "cursor", "", required("String"), binding{what: edgeCursor, object: o})
	b.output(edge, "node", "", required(n.typ), binding{what: edgeNode, object: o})
	d := b.define(ast.Object, n.connection, "A page of a list: "+b.describe(o.PluralLabel, "", o.Plural))
	b.output(d, "nodes", "", requiredList(n.typ), binding{what: listNodes, object: o})
	b.output(d, "edges", "", requiredList(n.edge), binding{what: listEdges, object: o})
	b.output(d, "pageInfo", "", required("PageInfo"), binding{what: listPageInfo, object: o})
	b.output(d, "totalCount", "How many records the filter finds. Stops at 10,000 unless exact.", named("Long"),
		binding{what: listTotal, object: o}, exact)
	b.groupLists(d, o)
}

// rootPage and nestedPage are the arguments by which lists are paged, shared by
// all of them.
var rootPage, nestedPage = pageArgs("50 unless told, 1,000 at most."), pageArgs("10 unless told, 200 at most.")

func pageArgs(limits string) []*ast.ArgumentDefinition {
	return []*ast.ArgumentDefinition{
		arg("first", limits, named("Int")),
		arg("after", "A cursor of this list: what comes after it.", named("String")),
		arg("last", "Counts from the end. "+limits, named("Int")),
		arg("before", "A cursor of this list: what comes before it.", named("String")),
	}
}

// listArgs are the arguments of a list of o.
func (b *builder) listArgs(o *objectSight, root bool) []*ast.ArgumentDefinition {
	args := append([]*ast.ArgumentDefinition{
		arg("filter", "", named(o.names.filter)),
		arg("orderBy", "The most important first. Equal records are sorted by id.", listOf(o.names.order)),
	}, nestedPage...)
	if root {
		args = append(args[:2], rootPage...)
	}
	if o.searchable() {
		args = append(args, search)
	}
	if root && o.remove {
		args = append(args, includeDeleted)
	}
	return args
}

// exact counts on, however many there are; includeDeleted is for those who may
// delete.
var (
	exact          = argDefault("exact", "", "Boolean", ast.BooleanValue, "false")
	includeDeleted = argDefault("includeDeleted", "Also records in the trash.", "Boolean", ast.BooleanValue, "false")
)

// key adds the input that names a record by a unique key.
func (b *builder) key(o *objectSight) {
	if len(o.keys) == 0 {
		return
	}
	d := b.define(ast.InputObject, o.names.key, "The fields of one unique key.")
	for _, f := range o.keyFields() {
		b.input(d, f.Name, b.help(f), o.inputType(f))
	}
}
