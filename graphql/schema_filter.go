package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
)

// filters adds the filter of an object, and how it is filtered through a
// lookup and through a list.
func (b *builder) filters(o *objectSight) {
	n := o.names
	d := b.define(&ast.Definition{Kind: ast.InputObject, Name: n.filter,
		Description: "Conditions that must all hold. not finds exactly the records that the condition does not."})
	b.conditions(d, o)
	hop := b.define(&ast.Definition{Kind: ast.InputObject, Name: n.lookupFilter,
		Description: "Conditions on the record a lookup refers to; a record you may not see is as if it were not there."})
	input(hop, "isNull", "There is no record you may see.", named("Boolean"))
	for _, f := range d.Fields {
		if f.Name != "isNull" {
			hop.Fields = append(hop.Fields, f)
		}
	}
	many := b.define(&ast.Definition{Kind: ast.InputObject, Name: n.listFilter,
		Description: "Conditions on the records of a list; only those you may see count."})
	input(many, "some", "One of them meets the filter.", named(n.filter))
	input(many, "none", "None of them does.", named(n.filter))
	input(many, "every", "All of them do, or there are none.", named(n.filter))
}

func (b *builder) conditions(d *ast.Definition, o *objectSight) {
	input(d, "and", "", listOf(o.names.filter))
	input(d, "or", "", listOf(o.names.filter))
	input(d, "not", "", named(o.names.filter))
	for _, f := range o.All {
		if !o.filterable(f.Name) || f.Linked() || d.Fields.ForName(f.Name) != nil {
			continue
		}
		help := b.help(f)
		if f.Kind == metadata.KindPolymorphic {
			input(d, f.Name, help, named(o.names.enumFilters[f.Name]))
		} else if !f.Kind.IsLookup() {
			input(d, f.Name, help, named(o.operatorsOf(f)))
		} else if t := b.sight.target(f); t != nil {
			input(d, f.Name, help, named(t.names.lookupFilter))
		}
	}
	b.linkConditions(d, o)
	for _, r := range o.Relations {
		if t := b.sight.listed(r); t != nil && t.filterable(r.Field.Name) && d.Fields.ForName(r.Name) == nil {
			input(d, r.Name, describe(t.PluralLabel, nil, r.Name), named(t.names.listFilter))
		}
	}
}

// orderBy adds the sort terms of an object.
func (b *builder) orderBy(o *objectSight) {
	d := b.define(&ast.Definition{Kind: ast.InputObject, Name: o.names.order, Description: "One sort term: exactly one of the fields is given."})
	for _, f := range o.All {
		if !o.filterable(f.Name) || f.Linked() {
			continue
		}
		help := b.help(f)
		switch {
		case f.Kind.IsLookup():
			if t := b.sight.target(f); t != nil {
				input(d, f.Name, help, named(t.names.order))
			}
		case f.Sortable():
			input(d, f.Name, help, named("OrderDirection"))
		}
	}
}
