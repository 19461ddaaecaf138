package core

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// number is an auto-number of an object.
type number struct {
	field *metadata.Field
	parts []metadata.NumberPart
}

func (p *writePlan) addNumber(f *metadata.Field) error {
	parts, why := f.Number.Parts()
	if why != "" { // Validate refuses it
		return trellis.Errorf(trellis.CodeInternal, "the pattern of %s: %s", f.Name, why)
	}
	p.numbers = append(p.numbers, &number{f, parts})
	return nil
}

// takenNumbers are the numbers that a write has, by operation and field: a path
// that is gone again takes no new ones.
type takenNumbers map[*Op]map[string]string

// takeSQL moves sequences on, $5 numbers each, and gives the last of each. The
// order of the rows is that in which the counters are locked.
const takeSQL = `INSERT INTO trellis.counter AS c (workspace_id, object, field, scope, value)
	SELECT $1, $2, $3, k.scope, $6 - 1 + k.n FROM unnest($4::text[], $5::int8[]) AS k(scope, n) ORDER BY k.scope
	ON CONFLICT (workspace_id, object, field, scope) DO UPDATE SET value = c.value + excluded.value - $6 + 1
	RETURNING scope, value`

// raiseSQL moves sequences to numbers that were given from outside.
const raiseSQL = `INSERT INTO trellis.counter AS c (workspace_id, object, field, scope, value)
	SELECT $1, $2, $3, k.scope, k.n FROM unnest($4::text[], $5::int8[]) AS k(scope, n) ORDER BY k.scope
	ON CONFLICT (workspace_id, object, field, scope) DO UPDATE SET value = greatest(c.value, excluded.value)`

// numberless says that a row will get a number without gaps.
func (w *row) numberless(p *writePlan) bool {
	return w.verb == Create && slices.ContainsFunc(p.numbers, func(n *number) bool {
		return n.field.Number.Gapless && w.image != nil && (w.numbered || w.image.Values[n.field.Name] == nil)
	})
}

// takeNumbers gives new records their numbers, but those without gaps, in
// statements of their own: a number is lost when the write fails, and nobody
// waits for a transaction.
func (e *Engine) takeNumbers(ctx context.Context, r *Request, rows []*row, taken takenNumbers) error {
	for _, group := range byObject(rows) {
		plan, err := e.planOf(r, group[0].object)
		if err != nil {
			return err
		}
		for _, n := range plan.numbers {
			if n.field.Number.Gapless {
				continue
			}
			var need []*row
			for _, w := range group {
				if w.err != nil || w.verb != Create || w.image.Values[n.field.Name] != nil {
					continue
				}
				if had, ok := taken[w.op][n.field.Name]; ok {
					w.set(n.field, had)
					continue
				}
				need = append(need, w)
			}
			if err := n.take(ctx, r, e.db, need); err != nil {
				return err
			}
			for _, w := range need {
				if text, ok := w.image.Values[n.field.Name].(string); ok {
					taken.keep(w.op, n.field.Name, text)
				}
			}
		}
	}
	return nil
}

func (t takenNumbers) keep(op *Op, field, text string) {
	if t[op] == nil {
		t[op] = map[string]string{}
	}
	t[op][field] = text
}

// number gives the numbers without gaps: the counters stay locked until the
// transaction ends, and a rollback puts them back.
func (l *locking) number(ctx context.Context) error {
	for _, group := range byObject(l.rows) {
		plan, err := l.plan(group[0].object)
		if err != nil {
			return err
		}
		for _, n := range plan.numbers {
			if !n.field.Number.Gapless {
				continue
			}
			var need []*row
			for _, w := range group {
				if w.verb == Create && (w.numbered || w.image.Values[n.field.Name] == nil) {
					need = append(need, w)
					w.numbered = true
				}
			}
			if err := n.take(ctx, l.r, l.tx, need); err != nil {
				return err
			}
			for _, w := range need {
				plan.evaluate(ctx, l.r, w)
			}
			if err := settled(need); err != nil {
				return err
			}
		}
	}
	return nil
}

// take gives rows numbers, in their order.
func (n *number) take(ctx context.Context, r *Request, db query.DB, rows []*row) error {
	if len(rows) == 0 {
		return nil
	}
	need := map[string]int64{}
	for _, w := range rows {
		need[n.scope(r, w)]++
	}
	scopes := slices.Sorted(maps.Keys(need))
	counts := make([]int64, len(scopes))
	for i, s := range scopes {
		counts[i] = need[s]
	}
	start := int64(max(n.field.Number.Start, 1))
	got, err := db.Query(ctx, takeSQL, [16]byte(r.View.WorkspaceID), rows[0].object.Table, n.field.Column, scopes, counts, start)
	if err != nil {
		return err
	}
	next := map[string]int64{}
	var scope string
	var last int64
	if _, err := pgx.ForEachRow(got, []any{&scope, &last}, func() error {
		next[scope] = last - need[scope] + 1
		return nil
	}); err != nil {
		return err
	}
	for _, w := range rows {
		scope := n.scope(r, w)
		text := n.text(r, w, next[scope])
		next[scope]++
		if utf8.RuneCountInString(text) > metadata.DefaultLength {
			w.fail(trellis.Errorf(trellis.CodeValidationFailed, "the number has more than %d characters", metadata.DefaultLength).At(w.at(n.field.Name)...))
			continue
		}
		w.set(n.field, text)
	}
	return nil
}

// scope is the sequence that a row's number is of.
func (n *number) scope(r *Request, w *row) string {
	var b []byte
	for _, p := range n.parts {
		if p.Day != "" {
			b = append(append(b, p.Day...), dayPart(r, p.Day)...)
		}
	}
	for _, name := range n.field.Number.Scope {
		b = metadata.AppendJSON(append(b, '|'), w.image.Values[name])
	}
	if len(b) > 200 {
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:])
	}
	return string(b)
}

func dayPart(r *Request, part string) string {
	switch part {
	case "yyyy":
		return r.Now.Format("2006")
	case "yy":
		return r.Now.Format("06")
	case "mm":
		return r.Now.Format("01")
	}
	return r.Now.Format("02")
}

func (n *number) text(r *Request, w *row, seq int64) string {
	var b strings.Builder
	for _, p := range n.parts {
		if p.Digits == 0 {
			b.WriteString(fixed(p, r, w))
			continue
		}
		digits := strconv.FormatInt(seq, 10)
		b.WriteString(strings.Repeat("0", max(0, p.Digits-len(digits))) + digits)
	}
	return b.String()
}

// fixed is a part that is not the number.
func fixed(p metadata.NumberPart, r *Request, w *row) string {
	switch {
	case p.Day != "":
		return dayPart(r, p.Day)
	case p.Field != "":
		return textOf(w.image.Values[p.Field])
	}
	return p.Text
}

// raise collects how far numbers that were given bring their sequences.
func (e *Engine) raise(r *Request, plan *writePlan, rows []*row) []step {
	var steps []step
	for _, n := range plan.numbers {
		most := map[string]int64{}
		for _, w := range rows {
			given, _ := w.given[n.field.Name].(string)
			if seq, ok := n.sequence(r, w, given); ok {
				scope := n.scope(r, w)
				most[scope] = max(most[scope], seq)
			}
		}
		if len(most) == 0 {
			continue
		}
		scopes := slices.Sorted(maps.Keys(most))
		values := make([]int64, len(scopes))
		for i, s := range scopes {
			values[i] = most[s]
		}
		steps = append(steps, step{Statement: query.Statement{SQL: raiseSQL,
			Args: []any{[16]byte(r.View.WorkspaceID), plan.object.Table, n.field.Column, scopes, values}}})
	}
	return steps
}

// sequence is the number in a text of the pattern as it is today.
func (n *number) sequence(r *Request, w *row, text string) (int64, bool) {
	if text == "" {
		return 0, false
	}
	var before, after string
	seen := false
	for _, p := range n.parts {
		switch {
		case p.Digits > 0:
			seen = true
		case seen:
			after += fixed(p, r, w)
		default:
			before += fixed(p, r, w)
		}
	}
	digits, ok := strings.CutPrefix(text, before)
	if ok {
		digits, ok = strings.CutSuffix(digits, after)
	}
	seq, err := strconv.ParseInt(digits, 10, 64)
	return seq, ok && err == nil && seq > 0 && seq < metadata.MaxInteger
}

// numberTaken says that a number that was given out is in use already: somebody
// gave a record that number. The next one is tried.
func (e *Engine) numberTaken(r *Request, ops []Op, err error) bool {
	name := pg.Constraint(err)
	if pg.SQLState(err) != pg.StateUniqueViolation || name == "" {
		return false
	}
	return slices.ContainsFunc(ops, func(op Op) bool {
		o := r.View.Snapshot.Lookup(op.Object)
		return o != nil && slices.ContainsFunc(o.Fields, func(f *metadata.Field) bool {
			return f.Kind == metadata.KindAutoNumber && !gives(o, op, f) && metadata.KeyName(o.Object, f) == name
		})
	})
}

// gives says that an operation has a value for a field, by any of its names.
func gives(o *metadata.ObjectView, op Op, f *metadata.Field) bool {
	for name, v := range op.Values {
		if v != nil && o.Field(name) == f {
			return true
		}
	}
	return false
}

// textOf is a value as it stands in a number.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case trellis.ID:
		return v.String()
	case expr.Date:
		return v.String()
	}
	return ""
}
