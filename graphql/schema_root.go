package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/trellishq/trellis/core"
)

// query adds the root of queries.
func (b *builder) query() {
	d := b.define(&ast.Definition{Kind: ast.Object, Name: "Query"})
	b.schema.Query = d
	for _, o := range b.sight.order {
		if !o.read {
			continue
		}
		args := []*ast.ArgumentDefinition{arg("id", "", named("ID"))}
		if len(o.keys) > 0 {
			args = append(args, arg("key", "", named(o.names.key)))
		}
		if o.remove {
			args = append(args, includeDeleted())
		}
		b.output(d, o.names.one, describe(o.Label, nil, o.Name)+"\n\nBy id or key; null when it is not there or you may not read it.",
			named(o.names.typ), binding{what: rootOne, object: o}, args...)
		b.output(d, o.names.many, describe(o.PluralLabel, nil, o.Plural), named(o.names.connection),
			binding{what: rootMany, object: o}, b.listArgs(o, true)...)
	}
	if len(d.Fields) == 0 {
		b.output(d, "nothing", "There is nothing you may read.", named("Boolean"), binding{what: rootNothing})
	}
	for _, f := range validator.QueryIntrospectionFields() {
		what := rootSchema
		if f.Name == "__type" {
			what = rootType
		}
		d.Fields = append(d.Fields, f)
		b.bind[f] = &binding{what: what}
	}
}

// mutation adds the root of mutations, unless there is nothing to do.
func (b *builder) mutation() {
	d := &ast.Definition{Kind: ast.Object, Name: "Mutation",
		Description: "Each field is one transaction; they run in the order given."}
	for _, o := range b.sight.order {
		b.mutationsOf(d, o)
	}
	if len(d.Fields) == 0 {
		return
	}
	b.mutationErrors()
	b.batch(d)
	b.schema.Mutation = b.define(d)
}

func (b *builder) mutationsOf(d *ast.Definition, o *objectSight) {
	n := o.names
	id := arg("id", "", required("ID"))
	version := arg("ifVersion", "Refuses unless the record has this version.", named("Long"))
	onError := argDefault("onError", "", "OnError", ast.EnumValue, "ABORT")
	if o.create {
		b.output(d, n.create, "", named(n.payload), binding{what: rootCreate, object: o}, arg("input", "", required(n.input)))
		b.output(d, n.createMany, "1,000 inputs at most.", named(n.listPayload), binding{what: rootCreateMany, object: o},
			arg("inputs", "", requiredList(n.input)), onError)
	}
	if o.update {
		b.output(d, n.update, "", named(n.payload), binding{what: rootUpdate, object: o}, id, version, arg("input", "", required(n.patch)))
	}
	if o.mayUpsert() {
		b.output(d, n.upsertMany, "Updates the record with the same key, else creates one. 1,000 inputs at most.", named(n.listPayload),
			binding{what: rootUpsertMany, object: o}, arg("key", "", requiredList(n.keyField)), arg("inputs", "", requiredList(n.input)), onError)
	}
	if o.remove {
		b.output(d, n.remove, "Puts the record into the trash, with its children.", named("DeletePayload"), binding{what: rootDelete, object: o}, id, version)
		b.output(d, n.restore, "Takes the record out of the trash, with what went in by the same delete.", named(n.payload),
			binding{what: rootRestore, object: o}, id)
	}
}

func (b *builder) mutationErrors() {
	e := b.define(&ast.Definition{Kind: ast.Object, Name: "MutationError", Description: "Why a record was refused."})
	b.output(e, "code", "INVALID_INPUT, VALIDATION_FAILED, CONFLICT, VERSION_CONFLICT, VETOED, NOT_FOUND, FORBIDDEN …", required("String"), binding{what: errorCode})
	b.output(e, "path", "Where in the arguments, outermost first; positions in lists as numbers.", requiredList("String"), binding{what: errorPath})
	b.output(e, "message", "", required("String"), binding{what: errorMessage})
	gone := b.define(&ast.Definition{Kind: ast.Object, Name: "DeletePayload"})
	b.output(gone, "id", "Null when nothing was deleted.", named("ID"), binding{what: payloadID})
	b.output(gone, "errors", "", requiredList("MutationError"), binding{what: payloadErrors})
}

// batch adds writes over several objects in one transaction.
func (b *builder) batch(d *ast.Definition) {
	op := b.define(&ast.Definition{Kind: ast.InputObject, Name: "BatchOperation",
		Description: "One operation: exactly one of the fields beside ref is given. A lookup may be \"@name\", the record of an earlier operation with that ref."})
	input(op, "ref", "A name for later operations: letters, digits and _.", named("String"))
	for _, o := range b.sight.order {
		b.batchOperations(op, o)
	}
	record := b.define(&ast.Definition{Kind: ast.Object, Name: "BatchRecord", Description: "The record of an operation, in the field of its object."})
	for _, o := range b.sight.order {
		if o.read && o.writable() {
			b.output(record, o.names.one, "", named(o.names.typ), binding{what: batchRecord, object: o})
		}
	}
	row := b.define(&ast.Definition{Kind: ast.Object, Name: "BatchResult"})
	b.output(row, "index", "The position in operations.", required("Int"), binding{what: resultIndex})
	b.output(row, "ref", "", named("String"), binding{what: resultRef})
	b.output(row, "id", "Null when nothing was written.", named("ID"), binding{what: payloadID})
	if len(record.Fields) > 0 {
		b.output(row, "record", "", named("BatchRecord"), binding{what: payloadRecord})
	} else {
		delete(b.schema.Types, record.Name)
	}
	b.output(row, "errors", "", requiredList("MutationError"), binding{what: payloadErrors})
	all := b.define(&ast.Definition{Kind: ast.Object, Name: "BatchPayload"})
	b.output(all, "results", "One for each of the operations, in their order.", requiredList("BatchResult"), binding{what: payloadResults})
	b.output(d, "batch", "Several operations in one transaction, in order. 1,000 at most.", named("BatchPayload"), binding{what: rootBatch},
		arg("operations", "", requiredList("BatchOperation")), argDefault("onError", "", "OnError", ast.EnumValue, "ABORT"))
}

func (b *builder) batchOperations(op *ast.Definition, o *objectSight) {
	n := o.names
	add := func(name string, verb core.Verb, t *ast.Type) {
		input(op, name, "", t)
		b.sight.batch[name] = batchVerb{o, verb}
	}
	target := func(name string, also ...*ast.FieldDefinition) {
		d := b.define(&ast.Definition{Kind: ast.InputObject, Name: name})
		input(d, "id", "", required("ID"))
		input(d, "ifVersion", "Refuses unless the record has this version.", named("Long"))
		d.Fields = append(d.Fields, also...)
	}
	if o.create {
		add(n.create, core.Create, named(n.input))
	}
	if o.update {
		target(n.batchUpdate, &ast.FieldDefinition{Name: "input", Type: required(n.patch)})
		add(n.update, core.Update, named(n.batchUpdate))
	}
	if o.mayUpsert() {
		d := b.define(&ast.Definition{Kind: ast.InputObject, Name: n.batchUpsert})
		input(d, "key", "The fields of one unique key.", requiredList(n.keyField))
		input(d, "input", "", required(n.input))
		add(n.upsert, core.Upsert, named(n.batchUpsert))
	}
	if o.remove {
		target(n.batchDelete)
		add(n.remove, core.Delete, named(n.batchDelete))
		add(n.restore, core.Restore, named("ID"))
	}
}
