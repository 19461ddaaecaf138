package query

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// scope is one record in sight of a predicate.
type scope struct {
	alias  string
	object *metadata.ObjectView
	// grant decides the fields when a caller's filter is rendered; nil reads as
	// the system, as rules do.
	grant *policy.Grant
	// also is a second grant that must show rows and fields too: the right to
	// aggregate, where groups are made.
	also *policy.Grant
	// joined says that there may be no record behind the alias: it is the far side
	// of a LEFT JOIN, where every column is null.
	joined bool
}

// renderer writes predicates about records of one space. Each leaf is written
// as the comments of package expr say.
type renderer struct {
	*builder
	c      *compiler
	scopes []scope // innermost last
	// depth counts computed fields inside of one another.
	depth int
}

// pred writes p in parentheses where needed.
func (r *renderer) pred(p expr.Pred) error {
	switch p := p.(type) {
	case expr.Const:
		if p {
			r.text("TRUE")
		} else {
			r.text("FALSE")
		}
		return nil
	case expr.And:
		return r.group(p, " AND ", "TRUE")
	case expr.Or:
		return r.group(p, " OR ", "FALSE")
	case expr.Compare:
		return r.compare(p)
	case expr.Null:
		return r.null(p)
	case expr.Truth:
		return r.suffixed(p.Term, " = TRUE", " = FALSE", p.Not)
	case expr.In:
		return r.in(p)
	case expr.Contains:
		return r.contains(p)
	case expr.Match:
		return r.match(p)
	case expr.Near:
		return r.near(p)
	case expr.Hop:
		return r.hop(p)
	case expr.Some:
		return r.some(p)
	}
	return fmt.Errorf("query: predicate %T cannot be rendered", p)
}

func (r *renderer) group(parts []expr.Pred, sep, empty string) error {
	if len(parts) == 0 {
		r.text(empty)
		return nil
	}
	r.text("(")
	for i, p := range parts {
		if i > 0 {
			r.text(sep)
		}
		if err := r.pred(p); err != nil {
			return err
		}
	}
	r.text(")")
	return nil
}

// null asks of a value of several columns that all are null, or that one is not.
func (r *renderer) null(p expr.Null) error {
	col, ok := p.Term.(expr.Column)
	if !ok || col.Part != expr.Whole || !col.Of.IsWhole() {
		return r.suffixed(p.Term, " IS NULL", " IS NOT NULL", p.Not)
	}
	s, f, err := r.field(col)
	if err != nil {
		return err
	}
	r.text("(")
	for i, part := range f.ValueParts() {
		switch {
		case i > 0 && p.Not:
			r.text(" OR ")
		case i > 0:
			r.text(" AND ")
		}
		if err := r.column(s, f, part.Name); err != nil {
			return err
		}
		r.text(map[bool]string{false: " IS NULL", true: " IS NOT NULL"}[p.Not])
	}
	r.text(")")
	return nil
}

func (r *renderer) suffixed(t expr.Term, yes, no string, not bool) error {
	if err := r.term(t); err != nil {
		return err
	}
	if not {
		yes = no
	}
	r.text(yes)
	return nil
}

func (r *renderer) compare(p expr.Compare) error {
	op := [...]string{expr.Eq: " = ", expr.Ne: " <> ", expr.Lt: " < ", expr.Le: " <= ", expr.Gt: " > ", expr.Ge: " >= "}[p.Op]
	computed := expr.Computed(p.L) || expr.Computed(p.R)
	nullL, nullR := r.mayBeNull(p.L), r.mayBeNull(p.R)
	var notNull []expr.Term
	switch {
	case p.Op == expr.Eq && nullL && nullR && !computed:
		op = " IS NOT DISTINCT FROM "
	case p.Op == expr.Ne && (nullL || nullR):
		op = " IS DISTINCT FROM "
		for _, t := range []expr.Term{p.L, p.R} {
			if expr.Computed(t) {
				notNull = append(notNull, t)
			}
		}
	}
	r.text("(")
	if err := r.term(p.L); err != nil {
		return err
	}
	if p.Op >= expr.Lt && isText(p.L.Type()) {
		r.text(` COLLATE "C"`)
	}
	r.text(op)
	if err := r.term(p.R); err != nil {
		return err
	}
	for _, t := range notNull {
		r.text(" AND ")
		if err := r.suffixed(t, " IS NOT NULL", "", false); err != nil {
			return err
		}
	}
	r.text(")")
	return nil
}

func isText(t expr.Type) bool { return t == expr.TextType || t == expr.SelectType }

func (r *renderer) in(p expr.In) error {
	list, err := literalList(p.List)
	if err != nil {
		return err
	}
	r.text("(")
	if err := r.term(p.Term); err != nil {
		return err
	}
	typ := sqlType(p.Term.Type()) + "[]"
	if !p.Not {
		r.text(" = ANY(")
		r.bind(list, typ)
		r.text("))")
		return nil
	}
	r.text(" <> ALL(")
	r.bind(list, typ)
	r.text(")")
	if !expr.Computed(p.Term) && r.mayBeNull(p.Term) {
		r.text(" OR ")
		if err := r.suffixed(p.Term, " IS NULL", "", false); err != nil {
			return err
		}
	}
	r.text(")")
	return nil
}

// literalList makes one array parameter of the list of an In.
func literalList(list []expr.Term) (any, error) {
	out := make([]any, len(list))
	for i, t := range list {
		l, ok := t.(expr.Literal)
		if !ok || l.Value == nil {
			return nil, fmt.Errorf("query: a list holds %T, not a known value", t)
		}
		out[i] = l.Value
	}
	return typedArray(out), nil
}

func (r *renderer) contains(p expr.Contains) error {
	if p.Not {
		r.text("(NOT ")
	}
	r.text("(")
	if err := r.term(p.List); err != nil {
		return err
	}
	r.text(" @> ARRAY[")
	if err := r.term(p.Elem); err != nil {
		return err
	}
	r.text("])")
	if p.Not {
		if expr.Computed(p.Elem) {
			r.text(" AND ")
			if err := r.suffixed(p.Elem, " IS NOT NULL", "", false); err != nil {
				return err
			}
		}
		r.text(")")
	}
	return nil
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (r *renderer) match(p expr.Match) error {
	lit, ok := p.Pattern.(expr.Literal)
	if !ok {
		return r.matchTerm(p)
	}
	s, ok := lit.Value.(string)
	if !ok {
		return fmt.Errorf("query: a pattern is %T, not text", lit.Value)
	}
	s = likeEscape.Replace(s)
	switch p.Kind {
	case expr.Prefix:
		s += "%"
	case expr.Suffix:
		s = "%" + s
	case expr.Substring:
		s = "%" + s + "%"
	}
	r.text("(")
	if err := r.term(p.Term); err != nil {
		return err
	}
	if p.Not {
		r.text(" NOT")
	}
	if p.FoldCase {
		r.text(" ILIKE ")
	} else {
		r.text(" LIKE ")
	}
	r.bind(s, "text")
	r.text(")")
	return nil
}

// matchTerm is a pattern that is itself read from the record.
func (r *renderer) matchTerm(p expr.Match) error {
	var parts [3]string
	yes, no := "", ""
	switch p.Kind {
	case expr.Prefix:
		parts = [3]string{"starts_with(", ", ", ")"}
		yes, no = " = TRUE", " = FALSE"
	case expr.Suffix:
		r.text("(right(")
		if err := r.terms(", char_length(", p.Term, p.Pattern); err != nil {
			return err
		}
		r.text("))")
		if p.Not {
			r.text(" <> ")
		} else {
			r.text(" = ")
		}
		if err := r.term(p.Pattern); err != nil {
			return err
		}
		r.text(")")
		return nil
	default:
		parts = [3]string{"strpos(", ", ", ")"}
		yes, no = " > 0", " = 0"
	}
	r.text("(" + parts[0])
	if err := r.terms(parts[1], p.Term, p.Pattern); err != nil {
		return err
	}
	r.text(parts[2])
	if p.Not {
		yes = no
	}
	r.text(yes + ")")
	return nil
}

func (r *renderer) terms(sep string, a, b expr.Term) error {
	if err := r.term(a); err != nil {
		return err
	}
	r.text(sep)
	return r.term(b)
}

// hop writes EXISTS over a to-one lookup. In a caller's filter the target's own
// grant holds for the row and for the fields read there.
func (r *renderer) hop(p expr.Hop) error {
	from, err := r.scopeAt(p.Up)
	if err != nil {
		return err
	}
	f := from.object.Field(p.Field)
	if f == nil || !f.Refers(p.Target) {
		return errNoField(from.object.Name, p.Field)
	}
	return r.exists(p.Target, p.Not, from.grant != nil, p.Cond, func(to scope) error {
		return r.reference(from, f, to)
	})
}

// some writes EXISTS over a to-many relation.
func (r *renderer) some(p expr.Some) error {
	from, err := r.scopeAt(0)
	if err != nil {
		return err
	}
	rel := from.object.Relation(p.Relation)
	if rel == nil || rel.Object != p.Target {
		return errNoField(from.object.Name, p.Relation)
	}
	if rel.Linked() {
		return r.exists(p.Target, p.Not, from.grant != nil, p.Cond, func(to scope) error {
			return r.linked(rel, from.alias+`."id"`, to)
		})
	}
	return r.exists(p.Target, p.Not, from.grant != nil, p.Cond, func(to scope) error {
		return r.refers(to, rel.Field, rel.On, from.alias+`."id"`)
	})
}

// refers writes that the lookup f of s holds the id of a record of the object on. The bare column is
// compared, so that its index serves; a lookup shown in some rows only adds
// the condition.
func (r *renderer) refers(s scope, f *metadata.Field, on, id string) error {
	r.text(s.alias + "." + Ident(f.PartColumn(expr.IDPart)) + " = " + id)
	if f.Kind == metadata.KindPolymorphic {
		r.text(" AND " + s.alias + "." + Ident(f.PartColumn(expr.ObjectPart)) + " = ")
		o, err := r.c.space.Object(on)
		if err != nil {
			return err
		}
		r.text(nameText(o.Table))
	}
	if s.grant == nil {
		return nil
	}
	switch a := s.grant.Field(f.Name); a.Mode {
	case policy.Plain:
		return nil
	case policy.When:
		r.text(" AND ")
		return r.trusted(s, a.When(r.c.varsOf(s.grant)))
	}
	return errNoField(f.Target, f.Inverse)
}

// exists writes EXISTS (SELECT 1 FROM target WHERE join AND live AND grant AND
// cond).
func (r *renderer) exists(target string, not, woven bool, cond expr.Pred, join func(to scope) error) error {
	o, err := r.c.space.Object(target)
	if err != nil {
		return err
	}
	to := scope{alias: r.alias(), object: o}
	if woven {
		if to.grant, err = r.c.grant(target); err != nil {
			return err
		}
	}
	if not {
		r.text("NOT ")
	}
	r.text("EXISTS (SELECT 1 FROM " + r.c.space.TableName(o) + " " + to.alias + " WHERE ")
	if err := join(to); err != nil {
		return err
	}
	r.text(" AND " + to.alias + `."deleted_at" IS NULL`)
	if woven {
		if err := r.andRows(to); err != nil {
			return err
		}
	}
	if cond != expr.Pred(expr.Always) {
		r.text(" AND ")
		r.scopes = append(r.scopes, to)
		err = r.pred(cond)
		r.scopes = r.scopes[:len(r.scopes)-1]
	}
	r.text(")")
	return err
}

// andRows adds the row rules of the scope's grant, read as the system.
func (r *renderer) andRows(s scope) error {
	rows := s.grant.Rows(r.c.varsOf(s.grant))
	if s.also != nil {
		rows = both(rows, s.also.Rows(r.c.varsOf(s.also)))
	}
	if rows == expr.Pred(expr.Always) {
		return nil
	}
	r.text(" AND ")
	return r.trusted(s, rows)
}

// trusted writes a rule about the record of s, as the system.
func (r *renderer) trusted(s scope, p expr.Pred) error {
	sub := renderer{builder: r.builder, c: r.c, scopes: []scope{{alias: s.alias, object: s.object}}, depth: r.depth}
	return sub.pred(p)
}

func (r *renderer) scopeAt(up int) (scope, error) {
	i := len(r.scopes) - 1 - up
	if i < 0 {
		return scope{}, fmt.Errorf("query: a predicate reaches %d records out of %d", up, len(r.scopes))
	}
	return r.scopes[i], nil
}

// is writes that a field has a value that is not null.
func (r *renderer) is(s scope, f *metadata.Field, v any) error {
	for i := range f.Width() {
		col := f.Part(i)
		if i > 0 {
			r.text(" AND ")
		}
		if err := r.column(s, f, col.Name); err != nil {
			return err
		}
		part := f.SplitAt(v, i)
		if part == nil {
			r.text(" IS NULL")
			continue
		}
		r.text(" = ")
		r.bind(Param(part), sqlType(col.Of))
	}
	return nil
}

// column writes a field of a record as the scope's grant shows it: the column,
// or CASE WHEN allowed THEN column END. A field that is never shown, or masked,
// is an unknown field.
func (r *renderer) column(s scope, f *metadata.Field, physical string) error {
	if f.Linked() {
		return errNoField(s.object.Name, f.Name)
	}
	if physical == "" {
		physical = f.PartColumn(expr.Whole)
	}
	mode, when := policy.Plain, expr.Pred(nil)
	if s.grant != nil {
		if mode, when = r.shown(s, f); mode < policy.When {
			return errNoField(s.object.Name, f.Name)
		}
	}
	col := r.c.space.column(s.alias, f, physical)
	if f.AtRead() {
		var err error
		if col, err = r.capture(func() error { return r.computed(s, f, physical) }); err != nil {
			return err
		}
	}
	if mode == policy.Plain {
		r.text(col)
		return nil
	}
	r.text("(CASE WHEN ")
	if err := r.trusted(s, when); err != nil {
		return err
	}
	r.text(" THEN " + col + " END)")
	return nil
}

// shown says how the grants of a scope show a field; when is told for When alone.
func (r *renderer) shown(s scope, f *metadata.Field) (mode policy.Mode, when expr.Pred) {
	a := s.grant.Field(f.Name)
	mode = a.Mode
	if mode == policy.When {
		when = a.When(r.c.varsOf(s.grant))
	}
	if s.also == nil {
		return mode, when
	}
	b := s.also.Field(f.Name)
	switch {
	case b.Mode == policy.When && mode == policy.When:
		when = both(when, b.When(r.c.varsOf(s.also)))
	case b.Mode == policy.When:
		when = b.When(r.c.varsOf(s.also))
	}
	return min(mode, b.Mode), when
}

// both is the conjunction of two folded predicates, which are often equal.
func both(a, b expr.Pred) expr.Pred {
	if reflect.DeepEqual(a, b) {
		return a
	}
	return expr.Fold(expr.And{a, b})
}
