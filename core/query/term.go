package query

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

const (
	upperASCII = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
	lowerASCII = "'abcdefghijklmnopqrstuvwxyz'"
)

func (r *renderer) term(t expr.Term) error {
	switch t := t.(type) {
	case expr.Column:
		s, f, err := r.field(t)
		if err != nil {
			return err
		}
		return r.column(s, f, f.PartColumn(t.Part))
	case expr.Literal:
		r.bind(Param(t.Value), sqlType(t.Of))
		return nil
	case expr.Call:
		return r.call(t)
	case expr.Arith:
		return r.arith(t)
	case expr.Choose:
		return r.choose(t)
	case expr.Through:
		return r.through(t)
	case expr.Over:
		return r.over(t)
	}
	return fmt.Errorf("query: term %T cannot be rendered", t)
}

func (r *renderer) field(c expr.Column) (scope, *metadata.Field, error) {
	s, err := r.scopeAt(c.Up)
	if err != nil {
		return s, nil, err
	}
	f := s.object.Field(c.Field)
	if f == nil {
		return s, nil, errNoField(s.object.Name, c.Field)
	}
	return s, f, nil
}

// mayBeNull is expr.MayBeNull, knowing that a field which is shown in some rows
// only is null in the others.
func (r *renderer) mayBeNull(t expr.Term) bool {
	if c, ok := t.(expr.Column); ok {
		if s, f, err := r.field(c); err == nil && s.grant != nil && s.grant.Field(f.Name).Mode != policy.Plain {
			return true
		}
	}
	return expr.MayBeNull(t)
}

func (r *renderer) call(t expr.Call) error {
	if t.Fn > expr.ToDecimal {
		return r.scalar(t)
	}
	open, end := "", ""
	switch t.Fn {
	case expr.LowerASCII:
		open, end = "translate(", ", "+upperASCII+", "+lowerASCII+")"
	case expr.UpperASCII:
		open, end = "translate(", ", "+lowerASCII+", "+upperASCII+")"
	case expr.Trim:
		open = "btrim("
	case expr.ToDecimal:
		open, end = "(", ")::numeric"
	case expr.Size:
		open, end = "char_length(", ")::int8"
		if t.Arg.Type().IsList() {
			open = "cardinality("
		}
	default:
		return fmt.Errorf("query: function %d cannot be rendered", t.Fn)
	}
	r.text(open)
	if err := r.term(t.Arg); err != nil {
		return err
	}
	if t.Fn == expr.Trim {
		r.text(", ")
		r.bind(expr.SpaceChars, "text")
		end = ")"
	}
	r.text(end)
	return nil
}

// arith computes in numeric, which never overflows; an integer result outside
// 64 bits becomes NULL, as CEL makes it an error.
func (r *renderer) arith(t expr.Arith) error {
	of := t.Type()
	if isText(of) {
		r.text("(")
		if err := r.terms(" || ", t.L, t.R); err != nil {
			return err
		}
		r.text(")")
		return nil
	}
	if of == expr.IntType {
		return r.intArith(t)
	}
	if t.Op == expr.Div {
		return r.quotient(t)
	}
	op := map[expr.ArithOp]string{expr.Add: " + ", expr.Sub: " - ", expr.Mul: " * "}[t.Op]
	if op == "" {
		return fmt.Errorf("query: operator %d of %s cannot be rendered", t.Op, of)
	}
	r.text("(")
	if err := r.terms(op, t.L, t.R); err != nil {
		return err
	}
	r.text(")")
	return nil
}

// intArith writes (SELECT CASE WHEN v BETWEEN … THEN v::int8 END FROM (SELECT
// l op r) …), so that the operands are written once.
func (r *renderer) intArith(t expr.Arith) error {
	v := r.alias()
	r.text("(SELECT CASE WHEN " + v + ".v BETWEEN -9223372036854775808 AND 9223372036854775807 THEN " + v + ".v::int8 END FROM (SELECT ")
	open, sep, end := "", "", ""
	switch t.Op {
	case expr.Add:
		sep = "::numeric + "
	case expr.Sub:
		sep = "::numeric - "
	case expr.Mul:
		sep = "::numeric * "
	case expr.Div:
		open, sep, end = "div(", "::numeric, NULLIF(", "::numeric, 0))"
	case expr.Mod:
		open, sep, end = "mod(", "::numeric, NULLIF(", "::numeric, 0))"
	default:
		return fmt.Errorf("query: operator %d of integers cannot be rendered", t.Op)
	}
	r.text(open)
	if err := r.terms(sep, t.L, t.R); err != nil {
		return err
	}
	if end == "" {
		end = "::numeric"
	}
	r.text(end + " AS v) " + v + ")")
	return nil
}

// typedArray turns a list of canonical values of one type into one parameter.
func typedArray(list []any) any {
	if len(list) == 0 {
		return []string{}
	}
	switch list[0].(type) {
	case string:
		return collect(list, func(v string) string { return v })
	case int64:
		return collect(list, func(v int64) int64 { return v })
	case bool:
		return collect(list, func(v bool) bool { return v })
	case trellis.ID:
		return collect(list, func(v trellis.ID) [16]byte { return v })
	case time.Time:
		return collect(list, func(v time.Time) time.Time { return v })
	case expr.TimeOfDay:
		return collect(list, func(v expr.TimeOfDay) pgtype.Time { return pgtype.Time{Microseconds: int64(v), Valid: true} })
	case time.Duration:
		return collect(list, func(v time.Duration) int64 { return v.Microseconds() })
	case expr.Date:
		return collect(list, func(v expr.Date) time.Time { return v.Time() })
	case *expr.Decimal:
		out := collect(list, func(v *expr.Decimal) *expr.Decimal { return v })
		return Param(out)
	}
	return list
}

func collect[A, B any](list []any, f func(A) B) []B {
	out := make([]B, 0, len(list))
	for _, v := range list {
		if a, ok := v.(A); ok {
			out = append(out, f(a))
		}
	}
	return out
}
