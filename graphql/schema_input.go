package graphql

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/metadata"
)

// inputs adds what is given to create and to update a record.
func (b *builder) inputs(o *objectSight) {
	if o.create {
		b.values(o.names.input, "What is absent takes its default.", o, o.creatable)
		children := b.define(ast.InputObject, o.names.children,
			"Records that are written with their parent, in its transaction.")
		input(children, "create", "", listOf(o.names.input))
	}
	if o.update {
		b.values(o.names.patch, "What is absent stays as it is; null empties the field.", o, o.updatable)
	}
}

func (b *builder) values(name, help string, o *objectSight, writable func(string) bool) {
	d := b.define(ast.InputObject, name, help)
	for _, f := range b.fields(d, o) {
		if !writable(f.Name) {
			continue
		}
		text := b.help(f)
		if f.Required {
			text += "\n\nRequired."
		}
		b.input(d, f.Name, text, o.inputType(f))
	}
	for _, r := range b.relations(d, o.Relations) {
		if t := b.sight.child(r); t != nil && o.Field(r.Name) == nil {
			b.input(d, r.Name, b.describe(t.PluralLabel, "", r.Name), named(t.names.children))
		}
	}
	if b.asks(d, "nothing") && !b.settable(o, writable) {
		b.input(d, "nothing", "There is no field you may set.", named("Boolean"))
	}
}

// settable says that there is something to be given of a record.
func (b *builder) settable(o *objectSight, writable func(string) bool) bool {
	return slices.ContainsFunc(o.All, func(f *metadata.Field) bool { return writable(f.Name) }) ||
		slices.ContainsFunc(o.Relations, func(r *metadata.Relation) bool { return b.sight.child(r) != nil && o.Field(r.Name) == nil })
}

// writable says that the caller may change records of the object in some way.
func (o *objectSight) writable() bool { return o.create || o.update || o.remove }

// mayUpsert says that the caller may use a unique key to create or update.
func (o *objectSight) mayUpsert() bool {
	return o.read && o.create && o.update && len(o.upsertKeys()) > 0
}

// upsertKeys are the unique keys all of whose fields the caller may also set.
func (o *objectSight) upsertKeys() [][]string {
	var keys [][]string
	for _, k := range o.keys {
		settable := true
		for _, name := range k {
			settable = settable && o.creatable(name)
		}
		if settable {
			keys = append(keys, k)
		}
	}
	return keys
}

// payloads adds the answers of mutations on an object.
func (b *builder) payloads(o *objectSight) {
	if !o.writable() {
		return
	}
	n := o.names
	one := b.define(ast.Object, n.payload, "")
	b.outcome(one, o)
	if !o.create && !(o.read && o.update) {
		return
	}
	row := b.define(ast.Object, n.result, "")
	b.output(row, "index", "The position in inputs.", required("Int"), binding{what: resultIndex})
	b.outcome(row, o)
	many := b.define(ast.Object, n.listPayload, "")
	b.output(many, "results", "One for each of the inputs, in their order.", requiredList(n.result), binding{what: payloadResults, object: o})
	if b.defines(n.keyField) && o.mayUpsert() {
		var names []string
		seen := map[string]bool{}
		for _, k := range o.upsertKeys() {
			for _, f := range k {
				if !seen[f] {
					names, seen[f] = append(names, f), true
				}
			}
		}
		b.enum(n.keyField, "The fields of unique keys.", names...)
	}
}

// outcome adds what is told of one written record.
func (b *builder) outcome(d *ast.Definition, o *objectSight) {
	b.output(d, "id", "Null when nothing was written.", named("ID"), binding{what: payloadID})
	if o.read {
		b.output(d, "record", "The record after the write; null when nothing was written or you may not read it.",
			named(o.names.typ), binding{what: payloadRecord, object: o})
	}
	b.output(d, "errors", "Why nothing was written; empty when it was.", requiredList("MutationError"), binding{what: payloadErrors})
}
