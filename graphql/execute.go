package graphql

import (
	"context"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/policy"
)

// Params are what a client sends.
type Params struct {
	Query         string
	OperationName string
	Variables     map[string]any // as decoded from JSON, numbers as json.Number
	// ReadOnly refuses mutations: the request came by GET.
	ReadOnly bool
}

// Execute appends the answer of one request to buf. failed is the code of the
// first error when the answer has no data, else "".
func (a *API) Execute(ctx context.Context, workspace string, p *policy.Principal, params *Params, buf []byte) (out []byte, failed trellis.Code) {
	x := &execution{api: a, ctx: ctx, buf: buf}
	start := len(buf)
	if errs := x.run(workspace, p, params); len(errs) > 0 {
		x.note(errs)
		b := AppendErrors(append(x.buf[:start], '{'), errs)
		return append(b, '}'), errs[0].Code
	}
	return x.buf, ""
}

// execution is one request on its way.
type execution struct {
	api    *API
	ctx    context.Context
	r      *core.Request
	plan   *plan
	c      *compiler
	cost   int
	buf    []byte
	errors []*AnswerError // of fields
}

// run writes the whole answer, or gives the errors of a request that has none.
func (x *execution) run(workspace string, p *policy.Principal, params *Params) []*AnswerError {
	var err error
	if x.r, err = x.api.engine.Begin(x.ctx, workspace, p); err != nil {
		return fieldErrors(err)
	}
	var errs []*AnswerError
	if x.plan, errs = x.api.plan(x.r, params.Query, params.OperationName); errs != nil {
		return errs
	}
	mutates := x.plan.op.Operation == ast.Mutation
	if mutates && params.ReadOnly {
		return []*AnswerError{newError(errReadOnly())}
	}
	x.c = x.plan.compiler()
	if err := x.c.variables(x.plan.op, params.Variables); err != nil {
		return []*AnswerError{newError(err)}
	}
	if mutates {
		return x.mutate()
	}
	return x.query()
}

// compiledRoot is a top-level field of a query, ready to run.
type compiledRoot struct {
	n   *node
	q   *query.Query
	err *trellis.Error
}

// query compiles all fields first, since their cost is counted before anything
// runs.
func (x *execution) query() []*AnswerError {
	roots := make([]compiledRoot, 0, len(x.plan.roots))
	for _, n := range x.plan.roots {
		if !n.when.holds(x.c.vars) {
			continue
		}
		root := compiledRoot{n: n}
		if w := n.bind.what; w == rootOne || w == rootMany || w == rootSearch {
			var cost int
			root.q, cost, root.err = x.c.root(n)
			x.cost = min(x.cost+cost, costly)
		}
		roots = append(roots, root)
	}
	if x.cost > MaxCost {
		return []*AnswerError{newError(tooCostly("the answer could have %d records; %d is the most: ask for fewer with first", x.cost, MaxCost))}
	}
	x.open()
	for i, root := range roots {
		x.key(i, root.n.key)
		x.field(root)
	}
	return x.close()
}

func (x *execution) open() { x.buf = append(x.buf, `{"data":{`...) }

func (x *execution) key(i int, key string) {
	if i > 0 {
		x.buf = append(x.buf, ',')
	}
	// An alias is a name: it needs no escapes.
	x.buf = append(append(append(x.buf, '"'), key...), '"', ':')
}

func (x *execution) close() []*AnswerError {
	x.buf = append(x.buf, '}')
	if len(x.errors) > 0 {
		x.note(x.errors)
		x.buf = AppendErrors(append(x.buf, ','), x.errors)
	}
	x.buf = append(x.buf, `,"extensions":{"cost":`...)
	x.buf = strconv.AppendInt(x.buf, int64(x.cost), 10)
	x.buf = append(x.buf, `}}`...)
	return nil
}

// field writes one top-level field; an error makes it null.
func (x *execution) field(root compiledRoot) {
	start := len(x.buf)
	var err error
	switch root.n.bind.what {
	case typeName:
		x.buf = appendString(x.buf, root.n.parent)
	case rootNothing:
		x.buf = append(x.buf, "null"...)
	case rootSchema, rootType:
		err = x.introspect(root.n)
	default:
		if root.err != nil {
			err = root.err
		} else {
			x.buf, err = x.api.engine.Query(x.ctx, x.r, root.q, x.buf)
		}
	}
	if err != nil {
		x.buf = append(x.buf[:start], "null"...)
		x.fail(err, root.n.key)
	}
}

func (x *execution) fail(err error, path ...any) {
	if len(x.errors) < MaxRoots*maxErrors {
		x.errors = append(x.errors, fieldErrors(err, path...)...)
	}
}

// note logs what the client is not told.
func (x *execution) note(errs []*AnswerError) {
	for _, e := range errs {
		if e.Code == trellis.CodeInternal {
			x.api.log.ErrorContext(x.ctx, "graphql: a request failed", "path", trellis.PathString(e.Path), "cause", e.Cause)
		}
	}
}
