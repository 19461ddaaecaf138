package ddl

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// conditions renders the condition of a partial index. DDL takes no parameters,
// so constants stand in the text, through the one place that quotes them.
type conditions struct {
	object *metadata.Object
	err    error
}

func (c *conditions) pred(p expr.Pred) string {
	switch p := p.(type) {
	case expr.Const:
		return strings.ToUpper(strconv.FormatBool(bool(p)))
	case expr.And:
		return c.join(p, " AND ")
	case expr.Or:
		return c.join(p, " OR ")
	case expr.Compare:
		return c.compare(p)
	case expr.Null:
		if p.Not {
			return c.term(p.Term) + " IS NOT NULL"
		}
		return c.term(p.Term) + " IS NULL"
	case expr.Truth:
		if p.Not {
			return "NOT " + c.term(p.Term)
		}
		return c.term(p.Term)
	case expr.In:
		return c.in(p)
	}
	return c.fail("the predicate %T", p)
}

func (c *conditions) fail(format string, args ...any) string {
	if c.err == nil {
		c.err = fmt.Errorf("ddl: an index cannot have "+format, args...)
	}
	return "FALSE"
}

func (c *conditions) join(list []expr.Pred, word string) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = c.pred(p)
	}
	return "(" + strings.Join(parts, word) + ")"
}

var comparisons = map[expr.Op]string{expr.Eq: "=", expr.Ne: "<>", expr.Lt: "<", expr.Le: "<=", expr.Gt: ">", expr.Ge: ">="}

func (c *conditions) compare(p expr.Compare) string {
	op := comparisons[p.Op]
	left, right := c.nullable(p.L), c.nullable(p.R)
	switch {
	case p.Op == expr.Eq && left && right:
		op = "IS NOT DISTINCT FROM"
	case p.Op == expr.Ne && (left || right):
		op = "IS DISTINCT FROM"
	}
	return c.term(p.L) + " " + op + " " + c.term(p.R)
}

func (c *conditions) nullable(t expr.Term) bool {
	l, literal := t.(expr.Literal)
	return !literal || l.Value == nil
}

func (c *conditions) in(p expr.In) string {
	list := make([]string, len(p.List))
	for i, t := range p.List {
		list[i] = c.term(t)
	}
	x, array := c.term(p.Term), "ARRAY["+strings.Join(list, ", ")+"]"
	if p.Not {
		return "(" + x + " <> ALL (" + array + ") OR " + x + " IS NULL)"
	}
	return x + " = ANY (" + array + ")"
}

func (c *conditions) term(t expr.Term) string {
	switch t := t.(type) {
	case expr.Literal:
		return c.literal(t.Value)
	case expr.Column:
		for _, f := range append(metadata.SystemFields(c.object), c.object.Fields...) {
			if f.Name == t.Field && f.Width() > 0 && t.Up == 0 {
				return quote(f.PartColumn(t.Part))
			}
		}
	}
	return c.fail("the term %T", t)
}

func (c *conditions) literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case int64:
		return text(strconv.FormatInt(v, 10), "bigint")
	case *expr.Decimal:
		return text(v.Text('f'), "numeric")
	case string:
		return text(v, "text")
	case expr.Date:
		return text(v.String(), "date")
	case time.Time:
		return text(v.UTC().Format("2006-01-02 15:04:05.999999")+"+00", "timestamptz")
	case expr.TimeOfDay:
		return text(time.UnixMicro(int64(v)).UTC().Format("15:04:05.999999"), "time")
	case time.Duration:
		return text(strconv.FormatInt(v.Microseconds(), 10), "bigint")
	case trellis.ID:
		return text(v.String(), "uuid")
	}
	return c.fail("the constant %T", v)
}

// text quotes a constant of a type.
func text(value, typ string) string {
	s := "'" + strings.ReplaceAll(value, "'", "''") + "'"
	if strings.ContainsRune(value, '\\') {
		s = "E" + strings.ReplaceAll(s, `\`, `\\`)
	}
	return s + "::" + typ
}
