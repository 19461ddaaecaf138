package metadata

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// Computation is how a formula or roll-up gets its value.
type Computation struct {
	Object *ObjectView
	Field  *Field
	// Rule is the formula; nil for a roll-up.
	Rule *expr.Rule
	// Relation, Of and Where are of a roll-up: whose records count, their field
	// (nil for count), and which of them (nil for all).
	Relation *Relation
	Of       *Field
	Where    *expr.Rule
}

// Computation compiles a computed field of an object, once per snapshot.
// A snapshot of a valid definition gives no error.
func (s *Snapshot) Computation(o *ObjectView, f *Field) (*Computation, error) {
	key := fieldKey{o.Name, f.Name}
	if c, ok := s.computations.Load(key); ok {
		return c.(*Computation), nil
	}
	c, err := s.compute(o, f)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeInternal, err, "%s.%s cannot be computed", o.Name, f.Name)
	}
	kept, _ := s.computations.LoadOrStore(key, c)
	return kept.(*Computation), nil
}

type fieldKey struct{ object, field string }

// Exprs compiles expressions about the snapshot's objects; it is made when
// first asked for.
func (s *Snapshot) Exprs() *expr.Engine {
	s.exprsOnce.Do(func() { s.exprs = expr.New(s) })
	return s.exprs
}

func (s *Snapshot) compute(o *ObjectView, f *Field) (*Computation, error) {
	c := &Computation{Object: o, Field: f}
	var err error
	if f.RollUp == nil {
		c.Rule, err = s.Exprs().CompileValue(o.Name, f.Formula, expr.Formula, f.Type())
		return c, err
	}
	if c.Relation = o.Relation(f.RollUp.Relation); c.Relation == nil {
		return nil, invalid("there is no relation %q", short(f.RollUp.Relation))
	}
	child := s.Lookup(c.Relation.Object)
	if f.RollUp.Field != "" {
		if c.Of = child.Field(f.RollUp.Field); c.Of == nil {
			return nil, invalid("there is no field %q", short(f.RollUp.Field))
		}
	}
	if f.RollUp.Where != "" {
		c.Where, err = s.Exprs().Compile(child.Name, f.RollUp.Where, expr.Row)
	}
	return c, err
}

// Term is a part of the field's value as SQL computes it from the record, the
// moment of v put in: Whole, or a part of a currency. What does not fit the kind
// of the result (too many digits, too long a text) is null.
func (c *Computation) Term(part expr.Part, v expr.Vars) (expr.Term, error) {
	if c.Rule == nil {
		return c.rolledUp(part, v)
	}
	t, err := c.Rule.Term(v)
	if err != nil {
		return nil, err
	}
	return c.part(part, func(p expr.Part) expr.Term { return fitted(c.Field, expr.PartTerm(t, p)) }), nil
}

// part is a part of the value; the code of a currency is null where its amount is.
func (c *Computation) part(part expr.Part, term func(expr.Part) expr.Term) expr.Term {
	if part != expr.CurrencyPart {
		return term(part)
	}
	code := term(part)
	return expr.Choose{When: expr.Null{Term: term(expr.AmountPart), Not: true}, Otherwise: expr.Never, Then: code, Else: code}
}

// Value is the formula's value in process, fitted as Term does; v.Record must
// have what the rule's Deps name. The error is that of a context which ended.
func (c *Computation) Value(ctx context.Context, v expr.Vars) (any, error) {
	got, err := c.Rule.Value(ctx, v)
	if err != nil || got == nil {
		return nil, err
	}
	whole := expr.Literal{Of: c.Field.Type(), Value: got}
	var parts []any
	for _, p := range c.Field.ValueParts() {
		parts = append(parts, expr.ValueOf(fitted(c.Field, expr.PartTerm(whole, p.Part)), nil))
	}
	return Join(c.Field, parts), nil
}

// rolledUp is the term of a roll-up. One over amounts in several currencies is
// null, and so is one over none.
func (c *Computation) rolledUp(part expr.Part, v expr.Vars) (expr.Term, error) {
	over := expr.Over{Relation: c.Relation.Name, Target: c.Relation.Object, Fn: c.Field.RollUp.Function, Where: expr.Always}
	if c.Where != nil {
		where, err := c.Where.Predicate(v)
		if err != nil {
			return nil, err
		}
		over.Where = where
	}
	if c.Of == nil {
		return fitted(c.Field, over), nil
	}
	of := expr.Column{Field: c.Of.Name, Of: c.Of.Type(), Nullable: true}
	if of.Of != expr.MoneyType {
		over.Of = of
		return fitted(c.Field, over), nil
	}
	least, most := over, over
	code := of
	code.Part, code.Of = expr.CurrencyPart, expr.TextType
	least.Fn, least.Of, most.Fn, most.Of = expr.Least, code, expr.Most, code
	of.Part, of.Of = expr.AmountPart, expr.DecimalType
	over.Of = of
	one := expr.Compare{Op: expr.Eq, L: least, R: most}
	return c.part(part, func(p expr.Part) expr.Term {
		out := expr.Term(least)
		if p != expr.CurrencyPart {
			out = fitted(c.Field, over)
		}
		return expr.Choose{When: one, Otherwise: expr.Never, Then: out, Else: out}
	}), nil
}

// fitted is a term that is null where the field's kind cannot hold the value.
func fitted(f *Field, t expr.Term) expr.Term {
	integer := func(n int64) expr.Term { return expr.Literal{Of: expr.IntType, Value: n} }
	switch f.ValueKind() {
	case KindText, KindLongText:
		if t.Type() != expr.TextType { // a select, which is short
			return t
		}
		return expr.Call{Fn: expr.Fits, Arg: t, More: []expr.Term{integer(int64(f.TextLength()))}}
	case KindInteger, KindRating:
		return expr.Call{Fn: expr.Within, Arg: t, More: []expr.Term{integer(-MaxInteger), integer(MaxInteger)}}
	case KindDuration:
		bound := func(d time.Duration) expr.Term { return expr.Literal{Of: expr.DurationType, Value: d} }
		return expr.Call{Fn: expr.Within, Arg: t, More: []expr.Term{bound(-expr.MaxDuration), bound(expr.MaxDuration)}}
	case KindDecimal, KindPercent, KindCurrency:
		if t.Type() != expr.DecimalType {
			return t // the code of a currency
		}
		digits := f.ValueParts()[0]
		most := strings.Repeat("9", digits.Precision) + "e-" + strconv.Itoa(digits.Scale)
		round := expr.Call{Fn: expr.Round, Arg: t, More: []expr.Term{integer(int64(digits.Scale))}}
		return expr.Call{Fn: expr.Within, Arg: round, More: []expr.Term{
			expr.Literal{Of: expr.DecimalType, Value: expr.MustDecimal("-" + most)}, expr.Literal{Of: expr.DecimalType, Value: expr.MustDecimal(most)}}}
	}
	return t
}

// AtRead says that the field is computed in the statement that reads it: it has
// no column, or its column is not filled yet.
func (f *Field) AtRead() bool { return f.Computed == AtRead || f.Computed == Stored && f.Filling }

// Formulas lists the object's stored formulas, each after those it reads.
func (s *Snapshot) Formulas(o *ObjectView) ([]*Computation, error) {
	var out []*Computation
	done := map[string]bool{}
	var add func(f *Field) error
	add = func(f *Field) error {
		if f == nil || f.Kind != KindFormula || f.Computed != Stored || done[f.Name] {
			return nil
		}
		done[f.Name] = true
		c, err := s.Computation(o, f)
		if err != nil {
			return err
		}
		for _, p := range c.Rule.Deps() {
			if err := add(o.Field(p[0])); err != nil {
				return err
			}
		}
		out = append(out, c)
		return nil
	}
	for _, f := range o.Fields {
		if err := add(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}
