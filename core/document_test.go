package core_test

import (
	"maps"
	"testing"
	"testing/fstest"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/coretest"
)

// The documents of the tests of writing: orders with lines, payments that are
// allocated, a ledger.
const (
	customerYAML = `name: customer
plural: customers
unowned: true
fields:
  - {name: name, kind: text, required: true}
  - {name: prefix, kind: text}
`
	documentYAML = `name: document
plural: documents
unowned: true
fields:
  - {name: no, kind: autoNumber, number: {pattern: "D{####}"}}
  - {name: gapless, kind: autoNumber, number: {pattern: "G{yyyy}-{##}", gapless: true}}
  - {name: scoped, kind: autoNumber, number: {pattern: "{kind}/{##}", scope: [kind], start: 5}}
  - {name: kind, kind: text, default: "a"}
  - {name: customer, kind: lookup, target: customer, inverse: documents}
  - {name: limit, kind: decimal}
  - {name: held, kind: integer, default: "0"}
  - {name: max, kind: integer}
  - {name: due, kind: date, defaultRule: 'today'}
  - {name: note, kind: text, defaultRule: 'record.kind + "!"'}
  - {name: remark, kind: text, defaultRule: 'record.note + record.customer.name'}
  - {name: watchers, kind: manyToMany, target: customer, inverse: watches}
  - {name: late, kind: formula, result: boolean, formula: record.due < today}
  - {name: customerName, kind: formula, result: text, formula: 'record.customer.name + "!"'}
rules:
  - name: notLate
    rule: record.late != true && record.customerName != "Late!"
    message: {en: It is late}
  - name: watched
    rule: record.watchers.all(c, c.name != "Eve")
    message: {en: Eve may not watch}
  - name: fits
    rule: record.limit == null || record.pieces.all(l, l.amount <= record.limit)
    message: {en: A piece is over the limit}
  - name: few
    rule: size(record.pieces) <= 5
    message: {en: Too many pieces}
  - name: quota
    rule: record.max == null || record.held <= record.max
    message: {en: The quota is used up}
    field: held
`
	pieceYAML = `name: piece
plural: pieces
unowned: true
fields:
  - {name: document, kind: lookup, target: document, inverse: pieces, onDelete: cascade}
  - {name: amount, kind: decimal, required: true}
  - {name: sort, kind: text, required: true, default: "x"}
rules:
  - {name: timely, rule: record.document == null || record.document.customerName != "Eve!", message: {en: Not for Eve}}
  - {name: positive, rule: record.amount > 0, field: amount, message: {en: An amount is more than 0}}
`
	entryYAML = `name: entry
plural: entries
unowned: true
appendOnly: true
fields:
  - {name: document, kind: lookup, target: document, inverse: entries, onDelete: cascade}
  - {name: key, kind: text, unique: true}
  - {name: amount, kind: decimal}
`
)

func documentFiles(more fstest.MapFS) fstest.MapFS {
	fs := fstest.MapFS{
		"package.yaml":          {Data: []byte("name: docs\n")},
		"objects/customer.yaml": {Data: []byte(customerYAML)},
		"objects/document.yaml": {Data: []byte(documentYAML)},
		"objects/piece.yaml":    {Data: []byte(pieceYAML)},
		"objects/entry.yaml":    {Data: []byte(entryYAML)},
	}
	maps.Copy(fs, more)
	return fs
}

func documents(t *testing.T, more fstest.MapFS) *lab {
	t.Helper()
	w := coretest.New(t, coretest.Options{Package: documentFiles(more), MaxConns: 12})
	return &lab{T: t, engine: w.Engine, db: w.DB, catalog: w.Catalog, view: w.View, root: w.System(t)}
}

func create(object string, values map[string]any) core.Op {
	return core.Op{Verb: core.Create, Object: object, Values: values}
}

// linkTo adds links to records.
func linkTo(ids ...trellis.ID) map[string]any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id.String()
	}
	return map[string]any{"add": list}
}
