package expr

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trellishq/trellis"
)

// Holds says whether a folded tree holds for a record, by the meaning written at
// each node and not by CEL: it is an oracle of its own. A field that was not
// loaded, or has a value of another Go type, makes its leaf not hold.
func Holds(p Pred, r Record) bool { return holds(p, []Record{r}) }

func holds(p Pred, scopes []Record) bool {
	switch p := p.(type) {
	case Const:
		return bool(p)
	case And:
		return !slices.ContainsFunc(p, func(q Pred) bool { return !holds(q, scopes) })
	case Or:
		return slices.ContainsFunc(p, func(q Pred) bool { return holds(q, scopes) })
	case Compare:
		return holdsCompare(p, scopes)
	case Null:
		v, ok := value(p.Term, scopes)
		return ok && (v == nil) != p.Not
	case Truth:
		v, ok := value(p.Term, scopes)
		b, isBool := v.(bool)
		return ok && isBool && b != p.Not
	case In:
		return holdsIn(p, scopes)
	case Contains:
		return holdsContains(p, scopes)
	case Match:
		return holdsMatch(p, scopes)
	case Near:
		return holdsNear(p, scopes)
	case Hop:
		return holdsHop(p, scopes)
	case Some:
		return holdsSome(p, scopes)
	}
	return false
}

func holdsCompare(p Compare, scopes []Record) bool {
	l, ok := value(p.L, scopes)
	r, ok2 := value(p.R, scopes)
	if !ok || !ok2 {
		return false
	}
	if l == nil || r == nil {
		same := l == nil && r == nil
		return p.Op == Eq && same || p.Op == Ne && !same
	}
	order, ok := compareValues(l, r)
	return ok && holdsOp(p.Op, order)
}

func holdsIn(p In, scopes []Record) bool {
	v, ok := value(p.Term, scopes)
	if !ok {
		return false
	}
	var list []any
	for _, e := range p.List {
		x, ok := value(e, scopes)
		if !ok {
			return false
		}
		list = append(list, x)
	}
	return member(v, list) != p.Not
}

func holdsContains(p Contains, scopes []Record) bool {
	list, ok := value(p.List, scopes)
	elem, ok2 := value(p.Elem, scopes)
	if !ok || !ok2 {
		return false
	}
	found := false
	switch list := list.(type) {
	case []string:
		s, isText := elem.(string)
		found = isText && slices.Contains(list, s)
	case []trellis.ID:
		id, isID := elem.(trellis.ID)
		found = isID && slices.Contains(list, id)
	default:
		return false
	}
	return found != p.Not
}

func holdsMatch(p Match, scopes []Record) bool {
	tv, ok := value(p.Term, scopes)
	pv, ok2 := value(p.Pattern, scopes)
	text, isText := tv.(string)
	pattern, isText2 := pv.(string)
	if !ok || !ok2 || !isText || !isText2 {
		return false
	}
	if p.FoldCase {
		text, pattern = strings.ToLower(text), strings.ToLower(pattern)
	}
	found := false
	switch p.Kind {
	case Prefix:
		found = strings.HasPrefix(text, pattern)
	case Suffix:
		found = strings.HasSuffix(text, pattern)
	case Substring:
		found = strings.Contains(text, pattern)
	}
	return found != p.Not
}

func holdsHop(p Hop, scopes []Record) bool {
	from := len(scopes) - 1 - p.Up
	if from < 0 || scopes[from] == nil {
		return false
	}
	to := scopes[from].Hop(p.Field)
	found := to != nil && holds(p.Cond, append(slices.Clip(scopes), to))
	return found != p.Not
}

func holdsSome(p Some, scopes []Record) bool {
	from, ok := scopes[len(scopes)-1].(ManyRecord)
	if !ok {
		return false
	}
	all, ok := from.Many(p.Relation)
	if !ok {
		return false
	}
	found := slices.ContainsFunc(all, func(to Record) bool { return holds(p.Cond, append(slices.Clip(scopes), to)) })
	return found != p.Not
}

// value evaluates a term: nil is null, and ok is false for a failure.
func value(t Term, scopes []Record) (v any, ok bool) {
	switch t := t.(type) {
	case Literal:
		return t.Value, true
	case Column:
		return columnValue(t, scopes)
	case Call:
		return callValue(t, scopes)
	case Arith:
		l, ok := value(t.L, scopes)
		r, ok2 := value(t.R, scopes)
		if !ok || !ok2 || l == nil || r == nil {
			return nil, false
		}
		return arithValue(t.Op, l, r)
	case Choose, Through, Over:
		v := ValueOf(t, scopes)
		return v, v != nil
	}
	return nil, false
}

func columnValue(c Column, scopes []Record) (any, bool) {
	at := len(scopes) - 1 - c.Up
	if at < 0 || scopes[at] == nil {
		return nil, false
	}
	v, ok := scopes[at].Get(c.Field)
	if m, isMoney := v.(Money); isMoney && c.Part != CurrencyPart {
		return m.Amount, ok && m.Amount != nil
	}
	switch part := PartValue(v, c.Part).(type) {
	case int:
		return int64(part), ok
	case time.Time:
		return part.Truncate(time.Microsecond), ok
	default:
		return part, ok
	}
}

func callValue(c Call, scopes []Record) (any, bool) {
	if c.Fn > ToDecimal {
		return callMany(c, scopes)
	}
	v, ok := value(c.Arg, scopes)
	if !ok {
		return nil, false
	}
	switch v := v.(type) {
	case string:
		switch c.Fn {
		case LowerASCII:
			return asciiCase(v, 'A', 'Z', 'a'-'A'), true
		case UpperASCII:
			return asciiCase(v, 'a', 'z', -('a' - 'A')), true
		case Trim:
			return strings.Trim(v, SpaceChars), true
		case Size:
			return int64(utf8.RuneCountInString(v)), true
		}
	case []string:
		return int64(len(v)), c.Fn == Size
	case []trellis.ID:
		return int64(len(v)), c.Fn == Size
	case int64:
		return new(Decimal).SetInt64(v), c.Fn == ToDecimal
	case *Decimal:
		return v, c.Fn == ToDecimal
	}
	return nil, false
}

func asciiCase(s string, from, to byte, by int) string {
	b := []byte(s)
	for i, c := range b {
		if c >= from && c <= to {
			b[i] = byte(int(c) + by)
		}
	}
	return string(b)
}

func arithValue(op ArithOp, l, r any) (any, bool) {
	switch l := l.(type) {
	case int64:
		r, ok := r.(int64)
		if !ok {
			return nil, false
		}
		return intValue(op, l, r)
	case string:
		r, ok := r.(string)
		return l + r, ok && op == Add
	case *Decimal:
		r, ok := r.(*Decimal)
		if !ok {
			return nil, false
		}
		return decimalValue(op, l, r)
	}
	return nil, false
}

// intValue computes in 64 bits; what does not fit fails.
func intValue(op ArithOp, l, r int64) (any, bool) {
	switch op {
	case Add:
		s := l + r
		return s, (s > l) == (r > 0)
	case Sub:
		s := l - r
		return s, (s < l) == (r > 0)
	case Mul:
		hi, lo := bits.Mul64(magnitude(l), magnitude(r))
		if hi != 0 {
			return nil, false
		}
		if (l < 0) != (r < 0) {
			return -int64(lo), lo <= 1<<63
		}
		return int64(lo), lo < 1<<63
	}
	if r == 0 || l == math.MinInt64 && r == -1 {
		return nil, false
	}
	if op == Div {
		return l / r, true
	}
	return l % r, op == Mod
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func decimalValue(op ArithOp, l, r *Decimal) (*Decimal, bool) {
	if op == Div {
		return divide(l, r)
	}
	return exactly(op, l, r)
}
