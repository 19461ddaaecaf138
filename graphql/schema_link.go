package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
)

// linkList adds a list over a link: a manyToMany field of the object, or that
// of another which points here.
func (b *builder) linkList(d *ast.Definition, o *objectSight, r *metadata.Relation) {
	t := b.sight.linked(r)
	if t == nil || b.has(d, r.Name) {
		return
	}
	b.output(d, r.Name, b.linkHelp(t, r), named(t.names.connection), binding{what: recordList, object: t, relation: r}, b.listArgs(t, false)...)
}

// linkHelp describes a list by its field, or by what is in it.
func (b *builder) linkHelp(t *objectSight, r *metadata.Relation) string {
	if r.Back() {
		return b.describe(t.PluralLabel, "", r.Name)
	}
	return b.help(r.Field)
}

// linkConditions adds some, none and every over links.
func (b *builder) linkConditions(d *ast.Definition, o *objectSight) {
	for _, r := range b.relations(d, o.Links) {
		if t := b.sight.linked(r); t != nil && !b.has(d, r.Name) {
			b.input(d, r.Name, b.linkHelp(t, r), named(t.names.listFilter))
		}
	}
}

// linksInput is the type of what is given for a manyToMany field.
const linksInput = "LinksInput"

// relationTypes adds the types of relations that are the same for all objects.
func (b *builder) relationTypes() {
	b.refTypes()
	b.fileTypes()
	d := b.define(ast.InputObject, linksInput,
		"Which records are linked: add and remove some, or set all. 1,000 ids at most.")
	input(d, "add", "Links these besides those there are.", listOf("ID"))
	input(d, "remove", "These are linked no more.", listOf("ID"))
	input(d, "set", "These are linked, and no others.", listOf("ID"))
}
