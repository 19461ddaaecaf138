package query

import (
	"context"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Statement is one rendered statement of a write. It fails with SQLSTATE 22012
// (division by zero) when not every row could be written or meets the rule: in
// a pipelined batch that undoes all of it without another round trip.
type Statement struct {
	SQL  string
	Args []any
}

// RowWrite is one row of a Rows statement.
type RowWrite struct {
	ID      trellis.ID
	Version int64 // before the write; the row must still have it. Updates only.
	// Values are canonical, by field; absent is null. There may be more than are
	// written.
	Values map[string]any
}

// Outbox is the entry that goes with the rows, in the same statement.
type Outbox struct {
	Workspace trellis.ID
	Object    string
	Table     string // the object's
	Revision  int64  // of the metadata
	Actor     string
	Origin    string
	Changes   []byte // JSON
}

// outbox closes the statement of a write: the entry, where to find it by the
// records, then the check that as many rows were written as were meant.
func (b *builder) outbox(o *Outbox, rows int) {
	b.text(`, o AS (INSERT INTO "trellis"."outbox" (workspace_id, object, actor, origin, changes) VALUES (`)
	b.bind([16]byte(o.Workspace), "uuid")
	b.text(", ")
	b.bind(o.Object, "text")
	b.text(", ")
	b.bind(o.Actor, "text")
	b.text(", ")
	b.bind(o.Origin, "text")
	b.text(", ")
	b.bind(string(o.Changes), "json")
	b.text(`) RETURNING "id", "xid"), h AS (INSERT INTO "trellis"."record_change" (record_id, version, id, xid, object, revision) SELECT w."id", w."version", o."id", o."xid", `)
	b.bind(o.Table, "text")
	b.text(", ")
	b.bind(o.Revision, "bigint")
	b.text(" FROM w, o) SELECT ")
	b.counted(rows)
	b.text(" FROM w")
}

// counted writes the check that there are n rows. The number is bound, since each
// text is a statement to prepare.
func (b *builder) counted(n int) {
	b.text("1 / (CASE WHEN count(*) = ")
	b.bind(int64(n), "int8")
	b.text(" THEN 1 ELSE 0 END)")
}

// newBuilder has room for a statement that writes the fields.
func newBuilder(fields int) *builder {
	return &builder{buf: make([]byte, 0, 1024+48*fields), args: make([]any, 0, 16+2*fields)}
}

// Insert renders the creation of records with the fields and their outbox entry.
// g is the caller's right to create; the rule on the new rows is PostRule's.
func Insert(space *Space, g *policy.Grant, fields []*metadata.Field, rows []RowWrite, out *Outbox) Statement {
	o := g.Object()
	b := newBuilder(len(fields))
	set := make([]*metadata.Field, 0, len(fields))
	for _, f := range fields {
		if slices.ContainsFunc(rows, func(r RowWrite) bool { return r.Values[f.Name] != nil }) {
			set = append(set, f)
		}
	}
	b.text("WITH w AS (INSERT INTO " + space.TableName(o) + " (")
	b.columns(set, "")
	b.text(") ")
	b.source(space, set, rows, false)
	b.text(` RETURNING "id", "version")`)
	b.outbox(out, len(rows))
	return Statement{string(b.buf), b.args}
}

// Update renders changes of the records' fields with their outbox entry. Each row
// must have the version given and its old image meet the rule of g, the conditions
// for writing the fields that callers set included. extra are columns that are no
// fields (the batch of a delete), the same in every row.
func Update(ctx context.Context, space *Space, caller *Caller, g *policy.Grant, fields []*metadata.Field, rows []RowWrite, given []string, extra map[string]any, out *Outbox) (Statement, error) {
	o := g.Object()
	b := newBuilder(len(fields))
	b.text("WITH w AS (UPDATE " + space.TableName(o) + " t SET ")
	b.assignments(fields)
	for name, v := range extra { // one at most: deleted_batch
		b.text(", " + Ident(name) + " = ")
		b.bind(Param(v), "uuid")
	}
	b.text(" FROM (")
	b.source(space, fields, rows, true)
	b.text(`) AS p(`)
	b.columns(fields, "p_")
	b.text(`, "p_row", "p_was") WHERE t."id" = p."p_row" AND t."version" = p."p_was"`)
	c := &compiler{ctx: ctx, space: space, caller: caller}
	pre, err := writeRule(g, given, caller.vars())
	if err != nil {
		return Statement{}, err
	}
	rd := renderer{builder: b, c: c}
	b.text(" AND ")
	if err := rd.trusted(scope{alias: "t", object: o}, pre); err != nil {
		return Statement{}, err
	}
	b.text(` RETURNING t."id", t."version")`)
	b.outbox(out, len(rows))
	return Statement{string(b.buf), b.args}, nil
}

// PostRule is the check that the new images of rows meet the rule of g, the
// conditions for writing the fields included. A rule about the record alone is
// decided here, on the images that will be stored; ok is false when one breaks
// it. A rule that looks at other records is rendered, to run after the rows are
// written: as a statement of its own, because RETURNING would see the state
// before. st is nil when there is nothing left to check.
func PostRule(ctx context.Context, space *Space, caller *Caller, g *policy.Grant, ids []trellis.ID, images []*Image, fields []string) (st *Statement, ok bool, err error) {
	p, err := writeRule(g, fields, caller.vars())
	if err != nil {
		return nil, false, err
	}
	if !reaches(p) && !computes(p, g.Object()) {
		for _, image := range images {
			if !expr.Holds(p, image) {
				return nil, false, nil
			}
		}
		return nil, true, nil
	}
	o := g.Object()
	b := &builder{}
	b.text("SELECT ")
	b.counted(len(ids))
	b.text(" FROM ")
	b.among(space.TableName(o), ids)
	b.text(" AND ")
	rd := renderer{builder: b, c: &compiler{ctx: ctx, space: space, caller: caller}}
	if err := rd.trusted(scope{alias: "t", object: o}, p); err != nil {
		return nil, false, err
	}
	return &Statement{string(b.buf), b.args}, true, nil
}

// reaches says that a rule looks at other records.
func reaches(p expr.Pred) bool {
	switch p := p.(type) {
	case expr.And:
		return slices.ContainsFunc(p, reaches)
	case expr.Or:
		return slices.ContainsFunc(p, reaches)
	case expr.Hop, expr.Some:
		return true
	}
	return false
}

// computes says that a rule reads a field that only SQL computes.
func computes(p expr.Pred, o *metadata.ObjectView) bool {
	found := false
	expr.EachColumnOf(p, o.Name, func(_ string, c expr.Column) {
		f := o.Field(c.Field)
		found = found || f != nil && f.AtRead()
	})
	return found
}

// writeRule is what both images of a written record must meet. Deleting and
// restoring write no fields.
func writeRule(g *policy.Grant, fields []string, v *expr.Vars) (expr.Pred, error) {
	if len(fields) == 0 {
		return g.Rows(v), nil
	}
	return g.Write(fields, v)
}

func (b *builder) columns(fields []*metadata.Field, prefix string) {
	for i, f := range fields {
		for n := range f.Width() {
			if i > 0 || n > 0 {
				b.text(", ")
			}
			b.ident(prefix + f.Part(n).Name)
		}
	}
}

func (b *builder) assignments(fields []*metadata.Field) {
	for i, f := range fields {
		for n := range f.Width() {
			if i > 0 || n > 0 {
				b.text(", ")
			}
			name := f.Part(n).Name
			b.text(Ident(name) + ` = p.` + Ident("p_"+name))
		}
	}
}
