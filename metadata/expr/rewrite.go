package expr

import (
	"maps"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// rewriter prepares a parsed expression for the checker. It knows what CEL's
// checker does not: that a lookup used as a value is an id while one selected
// through is a record, that a currency field is its amount and a
// person's name its full form, that a number beside
// a decimal is a decimal, and which option a select may hold. It resolves every
// path from record and old, so it is also what finds unknown fields.
type rewriter struct {
	engine  *Engine
	object  string
	profile Profile
	fac     celast.ExprFactory
	info    *celast.SourceInfo
	probs   *problems
	nextID  int64
	scope   []loopVar
	deps    map[string]Path
	known   map[int64]kind // of values, by expression
	lists   map[int64]bool // list fields beside null, made dynamic for the checker
	loops   bool           // there is a comprehension
	fine    bool           // there is an instant or duration finer than microseconds
	want    Type
}

type loopVar struct {
	name string
	kind kind
}

// kind is what the rewriter knows of an expression before the check. The zero
// kind means nothing is known.
type kind struct {
	typ Type
	// object is set for a record: the variable itself, or a lookup that may be
	// selected through.
	object string
	// field is set for a path that ends in a field.
	field *Field
	path  Path
	user  bool
	// many is the object whose records a to-many relation lists.
	many string
	// rooted says that the path starts at record.
	rooted bool
}

func (k kind) pending() bool {
	if k.field == nil {
		return false
	}
	_, main := k.field.Type.main()
	return k.field.Ref != "" || main
}

func newRewriter(e *Engine, object string, p Profile, ast *celast.AST, probs *problems) *rewriter {
	return &rewriter{
		engine: e, object: object, profile: p, fac: celast.NewExprFactory(), info: ast.SourceInfo(), probs: probs,
		nextID: celast.MaxID(ast), deps: map[string]Path{}, known: map[int64]kind{}, lists: map[int64]bool{},
	}
}

func (w *rewriter) root(e celast.Expr) {
	if w.want == MoneyType {
		w.money(e)
		return
	}
	w.value(e)
}

// money rewrites the value of a formula whose result is a currency: a field of
// that kind stands for both of its parts there.
func (w *rewriter) money(e celast.Expr) {
	if e.Kind() == celast.CallKind {
		switch c := e.AsCall(); c.FunctionName() {
		case operators.Conditional:
			w.value(c.Args()[0])
			w.money(c.Args()[1])
			w.money(c.Args()[2])
			return
		case orElseName:
			for _, a := range c.Args() {
				w.money(a)
			}
			return
		}
	}
	k := w.walk(e)
	if k.field == nil || k.field.Type != MoneyType || e.Kind() != celast.SelectKind {
		w.known[e.ID()] = w.asValue(e, k)
		return
	}
	if k.rooted {
		w.use(k.path)
	}
	var parts []celast.Expr
	for _, p := range MoneyType.Parts() {
		parts = append(parts, w.fac.NewSelect(w.newID(e), w.fac.CopyExpr(e.AsSelect().Operand()), p.column(k.field.Name)))
	}
	e.SetKindCase(w.fac.NewCall(e.ID(), moneyName, parts...))
	w.known[e.ID()] = kind{typ: MoneyType}
}

// paths are the fields used, sorted.
func (w *rewriter) paths() []Path {
	out := make([]Path, 0, len(w.deps))
	for _, k := range slices.Sorted(maps.Keys(w.deps)) {
		out = append(out, w.deps[k])
	}
	return out
}

// newID makes an id that has the position of another expression.
func (w *rewriter) newID(like celast.Expr) int64 {
	w.nextID++
	if r, ok := w.info.GetOffsetRange(like.ID()); ok {
		w.info.SetOffsetRange(w.nextID, r)
	}
	return w.nextID
}

// value rewrites an expression that is used as a value, and remembers what it
// is.
func (w *rewriter) value(e celast.Expr) kind {
	k := w.asValue(e, w.walk(e))
	w.known[e.ID()] = k
	return k
}

func (w *rewriter) asValue(e celast.Expr, k kind) kind {
	switch {
	case k.pending():
		w.settle(e, k)
		of := IDType
		switch k.field.Type {
		case MoneyType:
			of = MoneyType
		case PersonNameType:
			of = TextType
		}
		return kind{typ: of, field: k.field, path: k.path, rooted: k.rooted}
	case k.object != "":
		if w.profile == Row {
			w.probs.at(e.ID(), "a whole record cannot be compared here; compare its fields")
		}
		if k.rooted {
			w.use(k.path)
		}
		return kind{object: k.object, rooted: k.rooted, path: k.path}
	case k.field != nil && k.rooted:
		w.use(k.path)
	}
	return k
}

// settle turns a lookup into its id and a composite field into its main part.
func (w *rewriter) settle(e celast.Expr, k kind) {
	if k.rooted {
		w.use(k.path)
	}
	name := k.field.Name + idSuffix
	if p, ok := k.field.Type.main(); ok {
		name = p.column(k.field.Name)
	}
	sel := e.AsSelect()
	w.setSelect(e, sel.Operand(), name, sel.IsTestOnly())
}

func (w *rewriter) use(p Path) { w.deps[strings.Join(p, ".")] = append(Path{}, p...) }

func (w *rewriter) setSelect(e, operand celast.Expr, field string, test bool) {
	if test {
		e.SetKindCase(w.fac.NewPresenceTest(e.ID(), operand, field))
		return
	}
	e.SetKindCase(w.fac.NewSelect(e.ID(), operand, field))
}

func (w *rewriter) walk(e celast.Expr) kind {
	switch e.Kind() {
	case celast.IdentKind:
		return w.ident(e)
	case celast.LiteralKind:
		return literalKind(e)
	case celast.SelectKind:
		return w.sel(e)
	case celast.CallKind:
		return w.call(e)
	case celast.ListKind:
		return w.list(e)
	case celast.MapKind:
		for _, en := range e.AsMap().Entries() {
			w.value(en.AsMapEntry().Key())
			w.value(en.AsMapEntry().Value())
		}
	case celast.StructKind:
		w.probs.at(e.ID(), "a value of type %s cannot be made", clip(e.AsStruct().TypeName()))
	case celast.ComprehensionKind:
		return w.comprehension(e)
	}
	return kind{}
}

func (w *rewriter) ident(e celast.Expr) kind {
	name := e.AsIdent()
	if strings.HasPrefix(name, ".") {
		w.probs.at(e.ID(), "a name may not begin with a dot")
		return kind{}
	}
	for _, v := range slices.Backward(w.scope) {
		if v.name == name {
			return v.kind
		}
	}
	switch {
	case name == "now":
		return kind{typ: TimestampType}
	case name == "today":
		return kind{typ: DateType}
	case name == "user" && w.profile == Formula:
		w.probs.at(e.ID(), "a formula is the same for everybody: it cannot read the user")
	case name == "user":
		return kind{user: true}
	case name == "record" && w.profile != Transform:
		return kind{object: w.object, rooted: true}
	case name == "old" && w.profile == Validate:
		return kind{object: w.object}
	}
	return kind{}
}

func literalKind(e celast.Expr) kind {
	switch e.AsLiteral().(type) {
	case types.Bool:
		return kind{typ: BoolType}
	case types.Int:
		return kind{typ: IntType}
	case types.String:
		return kind{typ: TextType}
	}
	return kind{}
}

func (w *rewriter) list(e celast.Expr) kind {
	elems := e.AsList().Elements()
	kinds := make([]kind, len(elems))
	for i, el := range elems {
		kinds[i] = w.value(el)
	}
	elem := w.agree(elems, kinds)
	return kind{typ: listOf(elem)}
}

// comprehension rewrites the parts of a macro. Its variable must not hide one
// of ours: a slot is evaluated by name.
func (w *rewriter) comprehension(e celast.Expr) kind {
	w.loops = true
	c := e.AsComprehension()
	over := w.value(c.IterRange())
	names := []string{c.IterVar()}
	if c.HasIterVar2() {
		names = append(names, c.IterVar2())
	}
	depth := len(w.scope)
	for _, n := range names {
		if w.taken(n) {
			w.probs.at(c.IterRange().ID(), "the name %q is taken; call the variable of the list otherwise", clip(n))
		}
		w.scope = append(w.scope, loopVar{n, over.element()})
	}
	w.scope = append(w.scope, loopVar{c.AccuVar(), kind{}})
	w.value(c.AccuInit())
	w.value(c.LoopCondition())
	w.value(c.LoopStep())
	out := w.built(c, w.added(c))
	w.value(c.Result())
	w.scope = w.scope[:depth]
	return out
}

func (w *rewriter) taken(name string) bool {
	switch name {
	case "record", "old", "user", "now", "today", "source":
		return true
	}
	return slices.ContainsFunc(w.scope, func(v loopVar) bool { return v.name == name })
}

func (w *rewriter) call(e celast.Expr) kind {
	c := e.AsCall()
	if c.FunctionName() == "changed" && !c.IsMemberFunction() {
		return w.changed(e, c)
	}
	if c.FunctionName() == "only" && !c.IsMemberFunction() {
		return w.only(e, c)
	}
	var of kind
	if c.IsMemberFunction() {
		of = w.value(c.Target())
	}
	args := c.Args()
	kinds := make([]kind, len(args))
	for i, a := range args {
		kinds[i] = w.value(a)
	}
	if test, ok := literalTests[c.FunctionName()]; ok && len(args) == 1 {
		w.constant(args[0], test)
	}
	switch c.FunctionName() {
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		w.options(args, kinds)
		w.nullList(args, kinds)
		w.agree(args, kinds)
		return kind{typ: BoolType}
	case operators.In:
		w.in(args, kinds)
		return kind{typ: BoolType}
	case operators.Add, operators.Subtract, operators.Multiply, operators.Divide:
		return kind{typ: w.arithmetic(c.FunctionName(), args, kinds)}
	case operators.Modulo, operators.Negate:
		return kind{typ: numeric(kinds[0].typ)}
	case operators.Conditional:
		return kind{typ: w.branches(args[1:], kinds[1:])}
	case orElseName:
		return kind{typ: numeric(w.agree(args, kinds))}
	case "sum", "min", "max":
		if c.IsMemberFunction() {
			return kind{typ: of.typ.Elem()}
		}
		return kind{typ: numeric(w.agree(args, kinds))}
	}
	if c.FunctionName() == moneyName && len(args) == 2 && w.convertible(args[0], kinds[0], DecimalType) {
		w.wrap(args[0], "dec")
	}
	if f := scalarByName[c.FunctionName()]; f != nil && !c.IsMemberFunction() && len(args) > 0 {
		return kind{typ: w.scalar(e, f, args, kinds)}
	}
	return kind{typ: resultTypes[c.FunctionName()]}
}

// branches makes the branches of a conditional agree; what stands beside null may
// be null.
func (w *rewriter) branches(args []celast.Expr, kinds []kind) Type {
	typ := w.agree(args, kinds)
	for i, a := range args {
		other := args[1-i]
		if other.Kind() != celast.LiteralKind || other.AsLiteral() != types.NullValue {
			continue
		}
		if typ == BoolType || typ == IntType || typ == TextType || typ == SelectType {
			w.wrap(a, maybeName)
		}
	}
	return numeric(typ)
}

// resultTypes are the functions whose result the rewriter must know.
var resultTypes = map[string]Type{
	"dec": DecimalType, "date": DateType, "id": IDType, "size": IntType, "timestamp": TimestampType, "time": TimeOfDayType, "duration": DurationType,
	"lowerAscii": TextType, "upperAscii": TextType, "trim": TextType, "int": IntType, "string": TextType,
	"avg": DecimalType, "addWorkdays": DateType, "normName": TextType, "usccOk": BoolType, "distance": IntType,
}

// scalar prepares a call of a function of the table and gives its type: integers
// become decimals where those are asked for, and functions of a day are told the
// zone of the request.
func (w *rewriter) scalar(e celast.Expr, f *scalarFunc, args []celast.Expr, kinds []kind) Type {
	if f.fn == Round || f.fn == Floor || f.fn == Ceil {
		if w.convertible(args[0], kinds[0], DecimalType) {
			w.wrap(args[0], "dec")
		}
	}
	literal := args[0].Kind() == celast.LiteralKind
	if zoned[f.name] && len(args) == 1 && !(f.fn == DateIn && (literal || kinds[0].typ == TextType)) {
		e.SetKindCase(w.fac.NewCall(e.ID(), f.name, args[0], w.fac.NewIdent(w.newID(e), zoneName)))
	}
	if f.result == InvalidType {
		return numeric(kinds[0].typ)
	}
	return f.result
}

func numeric(t Type) Type {
	if t == MoneyType {
		return DecimalType
	}
	return t
}

// changed turns changed("field") into a select the provider answers.
func (w *rewriter) changed(e celast.Expr, c celast.CallExpr) kind {
	if w.profile != Validate {
		w.probs.at(e.ID(), "changed() can be used in validation rules only")
		return kind{}
	}
	if len(c.Args()) != 1 || c.Args()[0].Kind() != celast.LiteralKind {
		w.probs.at(e.ID(), `changed() takes the name of a field, as in changed("owner")`)
		return kind{}
	}
	name, _ := c.Args()[0].AsLiteral().(types.String)
	t, _ := w.engine.provider.record(w.object)
	f, ok := t.object.Fields.Get(string(name))
	if !ok {
		w.probs.at(c.Args()[0].ID(), "the object %s has no field %q", w.object, clip(string(name))).
			Suggestion = closest(string(name), t.object.Fields.Names())
		return kind{}
	}
	w.use(Path{f.Name})
	e.SetKindCase(w.fac.NewSelect(e.ID(), w.fac.NewIdent(w.newID(e), changedName), f.Name))
	return kind{typ: BoolType}
}
