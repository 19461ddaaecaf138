package graphql

import (
	"slices"
	"strconv"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
)

// mutate runs the top-level fields in order, each a transaction of its own.
func (x *execution) mutate() []*AnswerError {
	x.open()
	first := true
	for _, n := range x.plan.roots {
		if !n.when.holds(x.c.vars) {
			continue
		}
		i := 1
		if first {
			i, first = 0, false
		}
		x.key(i, n.key)
		start := len(x.buf)
		if n.bind.what == typeName {
			x.buf = appendString(x.buf, n.parent)
		} else if err := x.mutation(n); err != nil {
			x.buf = append(x.buf[:start], "null"...)
			x.fail(err, n.key)
		}
	}
	return x.close()
}

// mutation runs one field: operations, write, answer. Whatever can be wrong
// with the selection is found before anything is written.
func (x *execution) mutation(n *node) error {
	if w := n.bind.what; w == rootUpdateWhere || w == rootDeleteWhere {
		return x.where(n)
	}
	w, problem := x.c.writing(n)
	if problem != nil {
		if !IsRefusal(problem.Code) || !single(n) {
			return problem
		}
		w = &writing{rows: []row{{object: n.bind.object, errs: trellis.Errors{problem}}}}
	}
	answer := &answerer{x: x, root: n}
	if err := answer.prepare(n); err != nil {
		return err
	}
	if cost := x.cost + answer.cost*len(w.rows); cost > MaxCost {
		return tooCostly("the answer could have %d records; %d is the most", cost, MaxCost)
	}
	x.cost += answer.cost * len(w.rows)
	if err := x.write(w, answer); err != nil {
		return err
	}
	return answer.payload(n, w.rows)
}

// single says that the payload of a mutation is about one record.
func single(n *node) bool {
	switch n.bind.what {
	case rootCreate, rootUpdate, rootDelete, rootRestore:
		return true
	}
	return false
}

// write carries a writing out and notes in each row what became of it.
func (x *execution) write(w *writing, answer *answerer) error {
	if len(w.ops) == 0 {
		return nil
	}
	if !w.rowByRow {
		return x.writeRows(w.rows, &core.Write{Ops: w.ops, PerRow: w.perRow, IdempotencyKey: w.key, Ask: answer.ask(w.rows)})
	}
	for i := range w.rows {
		r := &w.rows[i]
		ops := rebase(w.ops[r.op:r.end], r.op)
		r.op, r.end = 0, len(ops)
		one := &core.Write{Ops: ops}
		if w.key != "" { // each row is a transaction, so each has a key
			one.IdempotencyKey = w.key + "#" + strconv.Itoa(i)
		}
		if err := x.writeRows(w.rows[i:i+1], one); err != nil {
			return err
		}
	}
	return nil
}

// rebase makes references count from the first of ops.
func rebase(ops []core.Op, by int) []core.Op {
	for _, op := range ops {
		for k, v := range op.Values {
			if ref, ok := v.(core.Ref); ok {
				op.Values[k] = ref - core.Ref(by)
			}
		}
	}
	return ops
}

func (x *execution) writeRows(rows []row, w *core.Write) error {
	ops := w.Ops
	results, err := x.api.engine.Write(x.ctx, x.r, w)
	if err != nil {
		return refuse(rows, err)
	}
	for i := range rows {
		r := &rows[i]
		if res := results[r.op]; res.Err == nil {
			r.id, r.answer = res.ID, res.Answer
			if r.id.IsZero() {
				r.id = ops[r.op].ID
			}
		}
		for _, res := range results[r.op:r.end] {
			if res.Err != nil {
				r.errs = append(append(r.errs, res.Err), res.More...)
			}
		}
	}
	return nil
}

// refuse sorts the errors of a refused write to the rows they are about. The
// error comes back when it is not about rows.
func refuse(rows []row, err error) error {
	problems := trellis.Public(err)
	for _, p := range problems {
		if !IsRefusal(p.Code) {
			return err
		}
	}
	if len(rows) == 1 {
		rows[0].errs = problems
		return nil
	}
	for _, p := range problems {
		i := slices.IndexFunc(rows, func(r row) bool { return r.holds(p.Path) })
		if i < 0 {
			return err
		}
		rows[i].errs = append(rows[i].errs, p)
	}
	return nil
}

// row is one record of a mutation's input and what became of it.
type row struct {
	object  *objectSight
	ref     string
	path    []any // of the input
	op, end int   // its operations; op is the record's own
	id      trellis.ID
	answer  []byte // of answerer.along; nil when it is still to be read
	errs    trellis.Errors
}

// holds says that a path of the input is inside the row.
func (r *row) holds(path []any) bool {
	return len(path) >= len(r.path) && slices.Equal(path[:len(r.path)], r.path)
}
