package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/trellishq/trellis/core"
)

// roots adds the root fields of no object.
func (b *builder) roots() {
	d := b.wide("Query")
	b.search(d)
	b.output(d, "nothing", "There is nothing you may read.", named("Boolean"), binding{what: rootNothing})
	for _, f := range validator.QueryIntrospectionFields() {
		what := rootSchema
		if f.Name == "__type" {
			what = rootType
		}
		b.typ(d).add(f, &binding{what: what})
	}
}

// queriesOf adds the root fields by which an object is read.
func (b *builder) queriesOf(o *objectSight) {
	d := b.wide("Query")
	if b.asks(d, o.names.one) {
		args := []*ast.ArgumentDefinition{arg("id", "", named("ID"))}
		if len(o.keys) > 0 {
			args = append(args, arg("key", "", named(o.names.key)))
		}
		if o.remove {
			args = append(args, includeDeleted)
		}
		b.output(d, o.names.one, b.describe(o.Label, "", o.Name)+"\n\nBy id or key; null when it is not there or you may not read it.",
			named(o.names.typ), binding{what: rootOne, object: o}, args...)
	}
	if b.asks(d, o.names.many) {
		b.output(d, o.names.many, b.describe(o.PluralLabel, "", o.Plural), named(o.names.connection),
			binding{what: rootMany, object: o}, b.listArgs(o, true)...)
	}
}

// mutationsOf adds the root fields by which an object is written.
func (b *builder) mutationsOf(o *objectSight) {
	if !o.writable() {
		return
	}
	d := b.wide("Mutation")
	n := o.names
	id := arg("id", "", required("ID"))
	version := arg("ifVersion", "Refuses unless the record has this version.", named("Long"))
	onError := argDefault("onError", "", "OnError", ast.EnumValue, "ABORT")
	if o.create {
		b.output(d, n.create, "", named(n.payload), binding{what: rootCreate, object: o}, arg("input", "", required(n.input)), onceArg)
		b.output(d, n.createMany, "1,000 inputs at most.", named(n.listPayload), binding{what: rootCreateMany, object: o},
			arg("inputs", "", requiredList(n.input)), onError, onceArg)
	}
	if o.update {
		b.output(d, n.update, "", named(n.payload), binding{what: rootUpdate, object: o}, id, version, arg("input", "", required(n.patch)), onceArg)
	}
	if o.mayUpsert() {
		b.output(d, n.upsertMany, "Updates the record with the same key, else creates one. 1,000 inputs at most.", named(n.listPayload),
			binding{what: rootUpsertMany, object: o}, arg("key", "", requiredList(n.keyField)), arg("inputs", "", requiredList(n.input)), onError, onceArg)
	}
	if o.remove {
		b.output(d, n.remove, "Puts the record into the trash, with its children.", named("DeletePayload"), binding{what: rootDelete, object: o}, id, version, onceArg)
		b.output(d, n.restore, "Takes the record out of the trash, with what went in by the same delete.", named(n.payload),
			binding{what: rootRestore, object: o}, id, onceArg)
	}
	b.wheres(d, o)
}

func (b *builder) mutationErrors() {
	e := b.define(ast.Object, "MutationError", "Why a record was refused.")
	b.output(e, "code", "INVALID_INPUT, VALIDATION_FAILED, CONFLICT, VERSION_CONFLICT, VETOED, NOT_FOUND, FORBIDDEN …", required("String"), binding{what: errorCode})
	b.output(e, "path", "Where in the arguments, outermost first; positions in lists as numbers.", requiredList("String"), binding{what: errorPath})
	b.output(e, "message", "", required("String"), binding{what: errorMessage})
	gone := b.define(ast.Object, "DeletePayload", "")
	b.output(gone, "id", "Null when nothing was deleted.", named("ID"), binding{what: payloadID})
	b.output(gone, "errors", "", requiredList("MutationError"), binding{what: payloadErrors})
	deleted := b.define(ast.Object, "DeleteResult", "")
	b.output(deleted, "index", "", required("Int"), binding{what: resultIndex})
	b.output(deleted, "id", "", named("ID"), binding{what: payloadID})
	many := b.define(ast.Object, "DeleteManyPayload", "")
	b.output(many, "results", "One for each record that was deleted.", requiredList("DeleteResult"), binding{what: payloadResults})
}

// batches adds writes over several objects in one transaction.
func (b *builder) batches() {
	input(b.wide("BatchOperation"), "ref", "A name for later operations: letters, digits and _.", named("String"))
	row := b.wide("BatchResult")
	b.output(row, "index", "The position in operations.", required("Int"), binding{what: resultIndex})
	b.output(row, "ref", "", named("String"), binding{what: resultRef})
	b.output(row, "id", "Null when nothing was written.", named("ID"), binding{what: payloadID})
	b.output(row, "record", "", named("BatchRecord"), binding{what: payloadRecord})
	b.output(row, "errors", "", requiredList("MutationError"), binding{what: payloadErrors})
	all := b.define(ast.Object, "BatchPayload", "")
	b.output(all, "results", "One for each of the operations, in their order.", requiredList("BatchResult"), binding{what: payloadResults})
	b.output(b.wide("Mutation"), "batch", "Several operations in one transaction, in order. 1,000 at most.", named("BatchPayload"), binding{what: rootBatch},
		arg("operations", "", requiredList("BatchOperation")), argDefault("onError", "", "OnError", ast.EnumValue, "ABORT"), onceArg)
}

// batchOperations adds an object's operations in a batch.
func (b *builder) batchOperations(o *objectSight) {
	if !o.writable() {
		return
	}
	n, op := o.names, b.wide("BatchOperation")
	if o.read {
		b.output(b.wide("BatchRecord"), n.one, "", named(n.typ), binding{what: batchRecord, object: o})
	}
	target := func(name string) *ast.Definition {
		d := b.define(ast.InputObject, name, "")
		input(d, "id", "", required("ID"))
		input(d, "ifVersion", "Refuses unless the record has this version.", named("Long"))
		return d
	}
	for _, v := range o.verbs() {
		b.input(op, v.name, "", v.typ)
		switch v.verb {
		case core.Update:
			input(target(n.batchUpdate), "input", "", required(n.patch))
		case core.Upsert:
			d := b.define(ast.InputObject, n.batchUpsert, "")
			input(d, "key", "The fields of one unique key.", requiredList(n.keyField))
			input(d, "input", "", required(n.input))
		case core.Delete:
			target(n.batchDelete)
		}
	}
}

// verbOf is an operation in a batch: its key and what is given.
type verbOf struct {
	name string
	verb core.Verb
	typ  *ast.Type
}

// verbs are the operations of an object in a batch.
func (o *objectSight) verbs() []verbOf {
	n := o.names
	var out []verbOf
	if o.create {
		out = append(out, verbOf{n.create, core.Create, named(n.input)})
	}
	if o.update {
		out = append(out, verbOf{n.update, core.Update, named(n.batchUpdate)})
	}
	if o.mayUpsert() {
		out = append(out, verbOf{n.upsert, core.Upsert, named(n.batchUpsert)})
	}
	if o.remove {
		out = append(out, verbOf{n.remove, core.Delete, named(n.batchDelete)}, verbOf{n.restore, core.Restore, named("ID")})
	}
	return out
}
