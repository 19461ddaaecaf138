package expr

import (
	"cmp"
	"strings"
	"time"

	"github.com/trellishq/trellis"
)

// compareValues orders two values that are not null, of one type. ok is false
// when they are not comparable. Ids and booleans are ordered too.
func compareValues(a, b any) (order int, ok bool) {
	switch a := a.(type) {
	case int64:
		b, ok := b.(int64)
		return cmp.Compare(a, b), ok
	case string:
		b, ok := b.(string)
		return strings.Compare(a, b), ok
	case *Decimal:
		if b, ok := b.(*Decimal); ok {
			return a.Cmp(b), true
		}
	case Date:
		b, ok := b.(Date)
		return cmp.Compare(a, b), ok
	case time.Time:
		b, ok := b.(time.Time)
		return a.Compare(b), ok
	case trellis.ID:
		b, ok := b.(trellis.ID)
		return strings.Compare(string(a[:]), string(b[:])), ok
	case time.Duration:
		b, ok := b.(time.Duration)
		return cmp.Compare(a, b), ok
	case TimeOfDay:
		b, ok := b.(TimeOfDay)
		return cmp.Compare(a, b), ok
	case bool:
		if b, ok := b.(bool); ok {
			return truth(a) - truth(b), true
		}
	}
	return 0, false
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// holdsOp says whether a comparison is true for an order.
func holdsOp(op Op, order int) bool {
	switch op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case Gt:
		return order > 0
	}
	return order >= 0
}

// flip is the comparison with its sides exchanged.
func flip(op Op) Op {
	switch op {
	case Lt:
		return Gt
	case Le:
		return Ge
	case Gt:
		return Lt
	case Ge:
		return Le
	}
	return op
}

// sameTerm says whether two terms are the same column; of others it says no.
func sameTerm(a, b Term) bool {
	c, ok := a.(Column)
	d, ok2 := b.(Column)
	return ok && ok2 && c == d
}
