package sample

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata/expr"
)

// generator makes records in a fixed order from one source of randomness.
type generator struct {
	Options
	rand   *rand.Rand
	sink   func([]core.Op) error
	batch  []core.Op
	made   uint64
	err    error
	report Report

	entities, departments, employees, warehouses []trellis.ID
	banks                                        map[string][]trellis.ID // by currency, one for each entity
	terms                                        []term
	taxes                                        []tax
	unit                                         trellis.ID
	stages                                       stageSet
	pooled                                       []trellis.ID // pools of accounts
	leadPools                                    []trellis.ID
	products                                     []product
	books                                        map[string]trellis.ID // price books by currency
	parties                                      []*party
	opps                                         []opportunity
	due                                          []receivable
}

// chunk is about how many records go into one transaction.
const chunk = 1_500

func newGenerator(o Options, sink func([]core.Op) error) *generator {
	return &generator{Options: o, rand: rand.New(rand.NewPCG(o.Seed, 20_26)), sink: sink, banks: map[string][]trellis.ID{}, books: map[string]trellis.ID{}}
}

// span is how many days the data goes back.
const span = 3 * 365

// id is a UUID of version 7 of the day the data begins, so that it is the same
// in every run and ids rise.
func (g *generator) id() trellis.ID {
	var id trellis.ID
	g.made++
	start := uint64(int64(g.Day)-span) * 24 * 3600 * 1000
	binary.BigEndian.PutUint64(id[:8], (start+g.made>>12)<<16|0x7000|g.made&0xfff)
	binary.BigEndian.PutUint64(id[8:], g.rand.Uint64()&^(3<<62)|1<<63)
	return id
}

// values are the fields of a record.
type values map[string]any

// add makes a record. Those added without an end between them are written
// together: a document and its lines.
func (g *generator) add(object string, v values) trellis.ID {
	id := g.id()
	for k, x := range v {
		if x == nil {
			delete(v, k)
		}
	}
	g.batch = append(g.batch, core.Op{Verb: core.Create, Object: object, ID: id, Values: v})
	return id
}

// end says that what was added may be written.
func (g *generator) end() {
	if len(g.batch) >= chunk {
		g.flush()
	}
}

func (g *generator) flush() {
	if len(g.batch) == 0 || g.err != nil {
		g.batch = nil
		return
	}
	g.report.Records += len(g.batch)
	g.err = g.sink(g.batch)
	g.batch = nil
}

// each does something n times, as long as all goes well.
func (g *generator) each(n int, do func(i int)) {
	for i := range n {
		do(i)
		if g.end(); g.err != nil {
			return
		}
	}
}

func pick[T any](g *generator, list []T) T { return list[g.rand.IntN(len(list))] }

// chance is true in so many of a thousand cases.
func (g *generator) chance(perMille int) bool { return g.rand.IntN(1000) < perMille }

// maybe is v in so many of a thousand cases, else nothing.
func (g *generator) maybe(perMille int, v any) any {
	if g.chance(perMille) {
		return v
	}
	return nil
}

// owner is the owner in turn, nil for none.
func (g *generator) owner(i int) any {
	if len(g.Owners) == 0 {
		return nil
	}
	return g.Owners[i%len(g.Owners)]
}

// ago is a day so many days before the last.
func (g *generator) ago(days int) expr.Date { return g.Day - expr.Date(days) }

// at is a moment of a working day.
func (g *generator) at(day expr.Date) string {
	return fmt.Sprintf("%sT%02d:%02d:00Z", day, 1+g.rand.IntN(9), g.rand.IntN(60))
}

func ref(object string, id trellis.ID) map[string]any {
	return map[string]any{"object": object, "id": id.String()}
}

// cents are an amount of money.
type cents int64

// String is the amount as decimals are given.
func (c cents) String() string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// over divides and rounds halves away from zero, as the round of expressions.
func (c cents) over(n int64) cents {
	if c < 0 {
		return -(-c).over(n)
	}
	return cents((int64(c) + n/2) / n)
}

func money(c cents, currency string) map[string]any {
	return map[string]any{"amount": c.String(), "currency": currency}
}
