package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
)

// filters adds the filter of an object, and how it is filtered through a
// lookup and through a list.
func (b *builder) filters(o *objectSight) {
	n := o.names
	d := b.define(ast.InputObject, n.filter,
		"Conditions that must all hold. not finds exactly the records that the condition does not.")
	b.conditions(d, o)
	hop := b.define(ast.InputObject, n.lookupFilter,
		"Conditions on the record a lookup refers to; a record you may not see is as if it were not there.")
	b.input(hop, "isNull", "There is no record you may see.", named("Boolean"))
	b.conditions(hop, o)
	many := b.define(ast.InputObject, n.listFilter,
		"Conditions on the records of a list; only those you may see count.")
	input(many, "some", "One of them meets the filter.", named(n.filter))
	input(many, "none", "None of them does.", named(n.filter))
	input(many, "every", "All of them do, or there are none.", named(n.filter))
}

func (b *builder) conditions(d *ast.Definition, o *objectSight) {
	b.input(d, "and", "", listOf(o.names.filter))
	b.input(d, "or", "", listOf(o.names.filter))
	b.input(d, "not", "", named(o.names.filter))
	for _, f := range b.fields(d, o) {
		if !o.filterable(f.Name) || f.Linked() || b.has(d, f.Name) {
			continue
		}
		help := b.help(f)
		if f.Kind == metadata.KindPolymorphic {
			b.input(d, f.Name, help, named(o.names.enumFilter(f.Name)))
		} else if !f.Kind.IsLookup() {
			b.input(d, f.Name, help, named(o.operatorsOf(f)))
		} else if t := b.sight.target(f); t != nil {
			b.input(d, f.Name, help, named(t.names.lookupFilter))
		}
	}
	b.linkConditions(d, o)
	for _, r := range b.relations(d, o.Relations) {
		if t := b.sight.listed(r); t != nil && t.filterable(r.Field.Name) && !b.has(d, r.Name) {
			b.input(d, r.Name, b.describe(t.PluralLabel, "", r.Name), named(t.names.listFilter))
		}
	}
}

// orderBy adds the sort terms of an object.
func (b *builder) orderBy(o *objectSight) {
	d := b.define(ast.InputObject, o.names.order, "One sort term: exactly one of the fields is given.")
	for _, f := range b.fields(d, o) {
		if !o.filterable(f.Name) || f.Linked() {
			continue
		}
		help := b.help(f)
		switch {
		case f.Kind.IsLookup():
			if t := b.sight.target(f); t != nil {
				b.input(d, f.Name, help, named(t.names.order))
			}
		case f.Sortable():
			b.input(d, f.Name, help, named("OrderDirection"))
		}
	}
}
