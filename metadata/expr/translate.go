package expr

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// translator turns a checked Row rule into its two trees: the records for which
// the rule is true, and those for which it is false. Whatever it cannot say in
// SQL exactly, it refuses with a position.
type translator struct {
	engine  *Engine
	slotEnv *cel.Env
	ast     *celast.AST
	rw      *rewriter
	typ     *recordType
	probs   *problems
	reads   map[int64]bool // whether an expression reads the record
	slots   *slots
	leaves  int
	refuse  map[int64]bool // already reported
	// base counts the scopes between the place a tree is made for and the rule's
	// record.
	base int
}

func newTranslator(e *Engine, slotEnv *cel.Env, ast *celast.AST, rw *rewriter, typ *recordType, probs *problems) *translator {
	t := &translator{
		engine: e, slotEnv: slotEnv, ast: ast, rw: rw, typ: typ, probs: probs,
		reads: map[int64]bool{}, refuse: map[int64]bool{},
	}
	t.slots = newSlots(t)
	return t
}

func (t *translator) translate(root celast.Expr) (plan, notPlan Pred, s []slot) {
	t.markReads(root)
	t.checkFunctions(root)
	plan = t.pred(root, false)
	notPlan = t.pred(root, true)
	return plan, notPlan, slices.Clip(t.slots.list)
}

// no refuses an expression once.
func (t *translator) no(e celast.Expr, format string, args ...any) Pred {
	if !t.refuse[e.ID()] {
		t.refuse[e.ID()] = true
		if t.rw.profile == Formula {
			format = strings.ReplaceAll(format, "a row rule", "a formula")
		}
		t.probs.at(e.ID(), format, args...)
	}
	return Never
}

// markReads finds the expressions that read the record.
func (t *translator) markReads(e celast.Expr) bool {
	reads := e.Kind() == celast.IdentKind && e.AsIdent() == "record"
	for _, c := range children(e) {
		if t.markReads(c) {
			reads = true
		}
	}
	t.reads[e.ID()] = reads
	return reads
}

// children are the direct parts of an expression.
func children(e celast.Expr) []celast.Expr {
	switch e.Kind() {
	case celast.SelectKind:
		return []celast.Expr{e.AsSelect().Operand()}
	case celast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			return append([]celast.Expr{c.Target()}, c.Args()...)
		}
		return c.Args()
	case celast.ListKind:
		return e.AsList().Elements()
	case celast.MapKind:
		var out []celast.Expr
		for _, en := range e.AsMap().Entries() {
			out = append(out, en.AsMapEntry().Key(), en.AsMapEntry().Value())
		}
		return out
	case celast.ComprehensionKind:
		c := e.AsComprehension()
		return []celast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()}
	}
	return nil
}

// rowFunctions are all functions a Row rule may contain, in slots too: their
// cost is what the text is long.
var rowFunctions = map[string]bool{
	operators.LogicalAnd: true, operators.LogicalOr: true, operators.LogicalNot: true, operators.Conditional: true,
	operators.Equals: true, operators.NotEquals: true, operators.Less: true, operators.LessEquals: true,
	operators.Greater: true, operators.GreaterEquals: true, operators.In: true, operators.Add: true,
	operators.Subtract: true, operators.Multiply: true, operators.Divide: true, operators.Modulo: true,
	operators.Negate: true, operators.NotStrictlyFalse: true, "startsWith": true, "endsWith": true, "contains": true,
	"lowerAscii": true, "upperAscii": true, "trim": true, "size": true, "dec": true, "date": true, "id": true,
	"timestamp": true, "duration": true, "time": true, orElseName: true, "int": true, "substring": true, moneyName: true, maybeName: true,
}

// checkFunctions refuses what no part of a Row rule may have.
func (t *translator) checkFunctions(e celast.Expr) {
	switch e.Kind() {
	case celast.CallKind:
		if fn := e.AsCall().FunctionName(); !rowFunctions[fn] && scalarByName[fn] == nil && !t.rw.lists[e.ID()] {
			t.no(e, "%s is not available in a row rule, since it has no exact counterpart in SQL", clip(operatorName(fn)))
		}
	case celast.ComprehensionKind:
		if _, _, ok := existsOrAll(e.AsComprehension()); !ok {
			t.no(e, "only exists() and all() can be used on lists in a row rule")
		}
	case celast.MapKind:
		t.no(e, "a map is not available in a row rule")
	case celast.LiteralKind:
		t.checkLiteral(e)
	}
	for _, c := range children(e) {
		t.checkFunctions(c)
	}
}

func (t *translator) checkLiteral(e celast.Expr) {
	switch v := e.AsLiteral().(type) {
	case types.Double:
		t.no(e, "a floating-point number is not available in a row rule; write dec(\"…\")")
	case types.Uint, types.Bytes:
		t.no(e, "a value of type %s is not available in a row rule", v.Type().TypeName())
	case types.String:
		if !storableText(string(v)) {
			t.no(e, "a text may not contain the character NUL")
		}
	}
}

// count bounds the size of the trees.
func (t *translator) count(e celast.Expr) bool {
	t.leaves++
	if t.leaves == 2*maxLeaves {
		t.no(e, "the rule is too large: as SQL it has more than %d conditions", maxLeaves)
	}
	return t.leaves < 2*maxLeaves
}

// pred is the condition under which e is true, or with not, false.
func (t *translator) pred(e celast.Expr, not bool) Pred {
	if !t.count(e) {
		return Never
	}
	if !t.reads[e.ID()] {
		return Truth{Term: t.slots.of(e), Not: not}
	}
	switch e.Kind() {
	case celast.SelectKind:
		return t.leaf(e, func(l *leaf) Pred { return l.sel(e, not) })
	case celast.CallKind:
		return t.call(e, e.AsCall(), not)
	case celast.ComprehensionKind:
		return t.each(e, e.AsComprehension(), not)
	}
	return t.no(e, "this has no counterpart in SQL")
}

func (t *translator) call(e celast.Expr, c celast.CallExpr, not bool) Pred {
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalNot:
		return t.pred(args[0], !not)
	case operators.LogicalAnd:
		return t.both(args[0], args[1], not, not)
	case operators.LogicalOr:
		return t.both(args[0], args[1], !not, not)
	case operators.Conditional:
		return Or{
			And{t.pred(args[0], false), t.pred(args[1], not)},
			And{t.pred(args[0], true), t.pred(args[2], not)},
		}
	case operators.Equals, operators.NotEquals:
		ne := (c.FunctionName() == operators.NotEquals) != not
		if t.isBool(args[0]) && t.isBool(args[1]) && (t.compound(args[0]) || t.compound(args[1])) {
			return t.sameTruth(args[0], args[1], ne)
		}
		for i, null := range args {
			if other := args[1-i]; null.Kind() == celast.LiteralKind && null.AsLiteral() == types.NullValue && t.isBool(other) && t.compound(other) {
				if ne {
					return t.known(other)
				}
				return t.null(other)
			}
		}
		for i, a := range args {
			if t.conditional(a) {
				return t.distribute(e, i, not)
			}
		}
		return t.leaf(e, func(l *leaf) Pred { return l.equal(args[0], args[1], ne) })
	case operators.In:
		if t.conditional(args[0]) {
			return t.distribute(e, 0, not)
		}
		if args[1].Kind() == celast.ListKind && args[1].AsList().Size() == 0 {
			return Const(not) // CEL's planner does not look at the element either
		}
	}
	return t.leaf(e, func(l *leaf) Pred { return l.call(e, c, not) })
}

// distribute moves a comparison into the branches of one of its operands, which
// is c ? a : b: null is a value there, and not a failure.
func (t *translator) distribute(e celast.Expr, operand int, not bool) Pred {
	cond := e.AsCall().Args()[operand].AsCall().Args()
	branch := func(with celast.Expr) Pred {
		args := slices.Clone(e.AsCall().Args())
		if with.Kind() == celast.CallKind && with.AsCall().FunctionName() == maybeName {
			with = with.AsCall().Args()[0]
		}
		args[operand] = with
		call := t.rw.fac.NewCall(t.rw.newID(e), e.AsCall().FunctionName(), args...)
		t.reads[call.ID()] = true
		return t.pred(call, not)
	}
	return Or{
		And{t.pred(cond[0], false), branch(cond[1])},
		And{t.pred(cond[0], true), branch(cond[2])},
	}
}

// both joins two conditions by OR when or is set, else by AND.
func (t *translator) both(a, b celast.Expr, or, not bool) Pred {
	l, r := t.pred(a, not), t.pred(b, not)
	if or {
		return Or{l, r}
	}
	return And{l, r}
}

func (t *translator) isBool(e celast.Expr) bool {
	return t.ast.GetType(e.ID()).Kind() == types.BoolKind
}

// compound says that a boolean is a condition rather than a field, a literal or
// a slot.
func (t *translator) compound(e celast.Expr) bool {
	return t.reads[e.ID()] && (e.Kind() != celast.SelectKind || e.AsSelect().IsTestOnly())
}

// sameTruth compares two booleans of which one is a condition. Null equals null
// and differs from true and false.
func (t *translator) sameTruth(a, b celast.Expr, ne bool) Pred {
	out := Or{
		And{t.pred(a, false), t.pred(b, ne)},
		And{t.pred(a, true), t.pred(b, !ne)},
	}
	if !ne {
		return append(out, And{t.null(a), t.null(b)})
	}
	return append(out, And{t.null(a), t.known(b)}, And{t.known(a), t.null(b)})
}

// null is the condition under which a boolean is null: a field may be, and so
// may what a conditional chooses, but no other condition.
func (t *translator) null(e celast.Expr) Pred {
	switch {
	case !t.compound(e):
		return t.leaf(e, func(l *leaf) Pred { return Null{Term: l.term(e)} })
	case e.Kind() == celast.CallKind && e.AsCall().FunctionName() == operators.Conditional:
		args := e.AsCall().Args()
		return Or{
			And{t.pred(args[0], false), t.null(args[1])},
			And{t.pred(args[0], true), t.null(args[2])},
		}
	}
	return Never
}

// known is the condition under which a boolean is true or false.
func (t *translator) known(e celast.Expr) Pred { return Or{t.pred(e, false), t.pred(e, true)} }

// each keeps exists and all over a list of the user for unrolling.
func (t *translator) each(e celast.Expr, c celast.ComprehensionExpr, not bool) Pred {
	if t.reads[c.IterRange().ID()] {
		return t.no(c.IterRange(), "a list of the record cannot be searched element by element in a row rule; use in")
	}
	step, all, ok := existsOrAll(c)
	if !ok {
		return Never // refused by checkFunctions
	}
	if typeOf(t.ast.GetType(c.IterRange().ID())).Elem() == InvalidType {
		return t.no(c.IterRange(), "this is not a list a row rule can run over")
	}
	of := t.slots.of(c.IterRange())
	return Each{Of: of, Var: c.IterVar(), Body: t.pred(step, not), All: all != not}
}

// existsOrAll recognises the expansion of the two macros and gives the
// condition on one element.
func existsOrAll(c celast.ComprehensionExpr) (step celast.Expr, all, ok bool) {
	if c.HasIterVar2() || c.LoopStep().Kind() != celast.CallKind || c.AccuInit().Kind() != celast.LiteralKind ||
		c.Result().Kind() != celast.IdentKind || c.Result().AsIdent() != c.AccuVar() {
		return nil, false, false
	}
	call, init := c.LoopStep().AsCall(), c.AccuInit().AsLiteral()
	if len(call.Args()) != 2 || call.Args()[0].Kind() != celast.IdentKind || call.Args()[0].AsIdent() != c.AccuVar() {
		return nil, false, false
	}
	switch {
	case call.FunctionName() == operators.LogicalOr && init == types.False:
		return call.Args()[1], false, true
	case call.FunctionName() == operators.LogicalAnd && init == types.True:
		return call.Args()[1], true, true
	}
	return nil, false, false
}
