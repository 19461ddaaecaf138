package expr

import (
	"context"
	"fmt"
	"sync"
	"unicode/utf8"
	"weak"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/trellishq/trellis"
)

// Profile says what an expression is for, and so what it may contain.
type Profile uint8

// The profiles.
const (
	// Row rules select records. They see record, user, now and today, must give
	// a boolean, and must be expressible in SQL; what is not is refused with its
	// position.
	Row Profile = iota + 1
	// Validate rules judge a write. They see also old and changed("field"), must
	// give a boolean, and may use all of CEL under limits of cost and memory.
	Validate
	// Transform expressions see source, a remote record without a schema, user,
	// now and today, and may give anything. Their limits are Validate's.
	Transform
	// Formula expressions give the value of a field. They see record, its lookups,
	// now and today, and must be expressible in SQL as a [Term]; what is not is
	// refused with its position.
	Formula
	// Default expressions give a new record the value of a field. They see record
	// as it was given, user, now and today. Their limits are Validate's.
	Default
)

// Limits, the same for everybody.
const (
	maxSource    = 4 << 10 // bytes of a text
	maxNesting   = 48      // levels of brackets and calls
	maxNodes     = 1000    // nodes of a checked expression
	maxHops      = 3       // lookups in one path
	maxChildren  = 1000    // records of a to-many relation that a rule runs over
	maxLeaves    = 512     // nodes of a plan
	maxFolded    = 8192    // nodes of a predicate
	maxUnrolled  = 256     // elements of a list that exists or all runs over
	maxListed    = 10_000  // elements of a list after "in"
	costLimit    = 100_000 // CEL's abstract units, about 12 ms
	maxElements  = 100_000 // parts of one value: elements, and each 10 bytes of text
	maxDepth     = 24      // levels of one value
	checkEvery   = 100     // loop steps between looks at the context
	regexProgram = 2000    // size of a compiled pattern
)

// Engine compiles expressions for one revision of a workspace's metadata. It is
// safe for concurrent use.
type Engine struct {
	provider *provider
	userAttr []string
	// envs are held by nobody but the programs planned in them: many texts are
	// compiled one after the other, and then none for long.
	envs sync.Map // envKey → weak.Pointer[cel.Env]
}

type envKey struct {
	object  string
	profile Profile
}

// New makes an Engine over a schema. User lists the attributes that user has
// beyond UserFields; a name given twice has the later type.
func New(schema Schema, user ...*Field) *Engine {
	all := append(UserFields(), user...)
	e := &Engine{provider: newProvider(schema, all)}
	for name := range e.provider.user {
		e.userAttr = append(e.userAttr, name)
	}
	return e
}

// Compile checks a text against an object and prepares it. The error holds all
// problems found, each an INVALID_INPUT whose cause is a *Problem; the object
// must exist. Compile takes a Row or a Validate profile.
func (e *Engine) Compile(object, src string, p Profile) (*Rule, error) {
	if p != Row && p != Validate {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a rule on an object is a row rule or a validation rule")
	}
	return e.compile(object, src, p, BoolType)
}

// CompileTransform checks and prepares a mapping expression over source.
func (e *Engine) CompileTransform(src string) (*Rule, error) {
	return e.compile("", src, Transform, DynType)
}

func (e *Engine) compile(object, src string, p Profile, want Type) (*Rule, error) {
	c, err := e.check(object, src, p, want)
	if err != nil {
		return nil, err
	}
	return e.finish(c, &Rule{engine: e, object: object, src: src, profile: p, want: want, deps: c.rw.paths()})
}

// checked is an expression that has a type.
type checked struct {
	env   *cel.Env
	ast   *celast.AST
	rw    *rewriter
	probs *problems
}

func (e *Engine) check(object, src string, p Profile, want Type) (*checked, error) {
	probs := &problems{src: []rune(src)}
	if len(src) > maxSource || !utf8.ValidString(src) {
		probs.add(noLocation{}, fmt.Sprintf("an expression is valid UTF-8 of at most %d bytes", maxSource))
		return nil, probs.err()
	}
	if _, ok := e.provider.record(object); !ok && p != Transform {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "there is no object %q", clip(object))
	}
	env, err := e.env(object, p)
	if err != nil {
		return nil, err
	}
	ast, iss := env.Parse(src)
	if iss.Err() != nil {
		probs.fromCEL(iss.Errors(), e.names(p))
		return nil, probs.err()
	}
	native := ast.NativeRep()
	probs.info = native.SourceInfo()
	rw := newRewriter(e, object, p, native, probs)
	rw.want = want
	rw.root(native.Expr())
	if err := probs.err(); err != nil {
		return nil, err
	}
	typed, iss := env.Check(ast)
	if iss.Err() != nil {
		probs.fromCEL(iss.Errors(), e.names(p))
		return nil, probs.err()
	}
	return &checked{env, typed.NativeRep(), rw, probs}, nil
}

// finish plans the program of a checked expression and, for Row and Formula, its
// trees.
func (e *Engine) finish(c *checked, r *Rule) (*Rule, error) {
	ast, rw, probs := c.ast, c.rw, c.probs
	root := ast.Expr()
	if !r.gives(typeOf(ast.GetType(root.ID())), probs, root.ID()) {
		return nil, probs.err()
	}
	if n := celast.NodeCount(ast); n > maxNodes {
		probs.at(root.ID(), "the expression has %d parts, more than %d", n, maxNodes)
		return nil, probs.err()
	}
	if r.object != "" {
		r.typ, _ = e.provider.record(r.object)
	}
	of := func(id int64) Type { return typeOf(ast.GetType(id)) }
	r.limited = !r.profile.inSQL() || rw.loops
	if r.profile == Validate && !rw.loops && cheap(root, of) {
		r.limited = false
	}
	prg, err := c.env.PlanProgram(ast, e.programOptions(r.profile, r.limited)...)
	if err != nil {
		probs.at(root.ID(), "%s", clip(err.Error()))
		return nil, probs.err()
	}
	r.program = func() (cel.Program, error) { return prg, nil }
	zone := readsZone(root, of)
	r.moment, r.user = zone || reads(root, "now", "today"), reads(root, "user")
	if !r.profile.inSQL() {
		return r, probs.err()
	}
	// Nearly all that becomes of such an expression is its tree. A program is ten
	// times as large, so one is made again when somebody evaluates in process.
	r.program = sync.OnceValues(r.replan)
	slotEnv, err := e.env("", r.profile)
	if err != nil {
		return nil, err
	}
	t := newTranslator(e, slotEnv, ast, rw, r.typ, probs)
	if r.profile == Row {
		r.plan, r.notPlan, r.slots = t.translate(root)
	} else {
		r.term, r.slots = t.formula(root, r.want)
	}
	return r, probs.err()
}

// replan makes the program of a rule that was compiled before.
func (r *Rule) replan() (cel.Program, error) {
	c, err := r.engine.check(r.object, r.src, r.profile, r.want)
	if err != nil {
		return nil, err
	}
	return c.env.PlanProgram(c.ast, r.engine.programOptions(r.profile, r.limited)...)
}

// inSQL says that an expression of the profile must also be expressible in SQL.
func (p Profile) inSQL() bool { return p == Row || p == Formula }

// programOptions limit what may be costly. What is also SQL has no loop, but over
// lists of the user, costs what its text is long, and pays for no counting; nor
// does a cheap validation rule.
func (e *Engine) programOptions(p Profile, limited bool) []cel.ProgramOption {
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if limited {
		opts = append(opts, cel.CostLimit(costLimit), cel.InterruptCheckFrequency(checkEvery))
	}
	if limited && !p.inSQL() {
		size := types.NewSizeCalculator(types.SizeCalculatorMaxDepth(maxDepth), types.SizeCalculatorMaxTraversal(maxElements))
		opts = append(opts, cel.MemoryLimit(maxElements), cel.MemoryTracking(types.MemoryTrackerSizeCalculator(size)))
	}
	return opts
}

// env is the CEL environment of an object and profile; without an object, that
// of what reads no record.
func (e *Engine) env(object string, p Profile) (*cel.Env, error) {
	key := envKey{object, p}
	if w, ok := e.envs.Load(key); ok {
		if env := w.(weak.Pointer[cel.Env]).Value(); env != nil {
			return env, nil
		}
	}
	env, err := e.newEnv(object, p)
	if err != nil {
		return nil, err
	}
	e.envs.Store(key, weak.Make(env))
	return env, nil
}

func (e *Engine) newEnv(object string, p Profile) (*cel.Env, error) {
	base, err := baseEnv()
	if err != nil {
		return nil, fmt.Errorf("expr: base environment: %w", err)
	}
	opts := []cel.EnvOption{cel.CustomTypeProvider(e.provider)}
	if p != Formula {
		opts = append(opts, cel.Variable("user", celUser))
	}
	switch {
	case p == Transform:
		opts = append(opts, cel.Variable("source", types.DynType))
	case object != "":
		t, _ := e.provider.record(object)
		opts = append(opts, cel.Variable("record", t.cel))
		if p == Validate {
			opts = append(opts, cel.Variable("old", t.cel), cel.Variable(changedName, celChanged))
		}
	}
	env, err := base.Extend(opts...)
	if err != nil {
		return nil, fmt.Errorf("expr: environment: %w", err)
	}
	return env, nil
}

// names are what a text may say at top level, for suggestions.
func (e *Engine) names(p Profile) []string {
	out := []string{"now", "today", "dec", "date", "id", "timestamp", "duration", "size", "has"}
	for name := range scalarByName {
		out = append(out, name)
	}
	if p != Formula {
		out = append(out, "user")
	}
	if !p.inSQL() {
		out = append(out, "addWorkdays", "normName", "usccOk", "distance")
	}
	switch p {
	case Row, Formula, Default:
		out = append(out, "record")
	case Validate:
		out = append(out, "record", "old", "changed", "only")
	case Transform:
		out = append(out, "source")
	}
	return out
}

// noLocation is the start of the text.
type noLocation struct{}

func (noLocation) Line() int   { return 1 }
func (noLocation) Column() int { return 0 }

// interrupted tells a caller's own cancellation from a failed expression.
func interrupted(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return trellis.Wrap(trellis.CodeTimeout, err, "the expression took too long")
	}
	return nil
}
