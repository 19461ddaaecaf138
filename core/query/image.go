package query

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Image is a whole record as the engine sees it, whoever asks: what is
// validated, compared and written. It never leaves the process as it is.
type Image struct {
	Values map[string]any // canonical, by field; absent is null
	hops   map[string]*Image
	lists  map[string][]expr.Record
}

var _ expr.ManyRecord = (*Image)(nil)

// NewImage makes an image of values.
func NewImage(values map[string]any) *Image { return &Image{Values: values} }

// Get implements expr.Record.
func (i *Image) Get(field string) (any, bool) { return i.Values[field], true }

// Hop implements expr.Record: the record SetHop put there.
func (i *Image) Hop(lookup string) expr.Record {
	if to := i.hops[lookup]; to != nil {
		return to
	}
	return nil
}

// SetHop says what a lookup refers to.
func (i *Image) SetHop(lookup string, to *Image) {
	if i.hops == nil {
		i.hops = map[string]*Image{}
	}
	i.hops[lookup] = to
}

// Many implements expr.ManyRecord: the records SetMany put there.
func (i *Image) Many(relation string) ([]expr.Record, bool) {
	list, ok := i.lists[relation]
	return list, ok
}

// SetMany says which records a to-many relation lists.
func (i *Image) SetMany(relation string, list []*Image) {
	if i.lists == nil {
		i.lists = map[string][]expr.Record{}
	}
	records := make([]expr.Record, len(list))
	for n, rec := range list {
		records[n] = rec
	}
	i.lists[relation] = records
}

// Clone copies the values, not the hops and lists.
func (i *Image) Clone() *Image {
	values := make(map[string]any, len(i.Values)+4)
	for k, v := range i.Values {
		values[k] = v
	}
	return &Image{Values: values}
}

// Stored is a record read for a write.
type Stored struct {
	*Image
	ID      trellis.ID
	Version int64
	// Batch names the delete that trashed the record, zero when it is live.
	Batch trellis.ID
	// See: the caller may read it, the fields it was found by included. May: the
	// caller may do the action.
	See, May bool
	// Fields tells, for the fields asked that are writable in some rows only,
	// whether they are in this one.
	Fields map[string]bool
}

// Wanted says which records a write needs.
type Wanted struct {
	Object *metadata.ObjectView
	// Match are the fields to find the records by, Values their values: one
	// column per field, one row per record wanted.
	Match  []*metadata.Field
	Values [][]any
	// Action decides Stored.May.
	Action metadata.Action
	// Fields are asked for writing: see Stored.Fields.
	Fields []string
	// Computed names fields without a column that are computed with the record.
	Computed []string
	// Trashed also finds records in the trash.
	Trashed bool
	// Lock holds the records until the transaction ends, in the order of their
	// ids, and reads what they are once they are held.
	Lock bool
	// Many is set when several records may have the values: the answer then lists
	// what was found, up to this many.
	Many int
}

// LoadStored reads whole records as the system, and tells for each what the
// caller may do. Unless w.Many is set, the answer has an entry per row of
// w.Values, nil for no record.
func LoadStored(ctx context.Context, db DB, space *Space, caller *Caller, w *Wanted) ([]*Stored, error) {
	c := &compiler{ctx: ctx, space: space, caller: caller, grants: map[string]*policy.Grant{}}
	l := &stored{c: c, w: w, b: &builder{}, s: scope{alias: "t", object: w.Object}}
	sql, err := l.compile()
	if err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, sql, l.b.args...)
	if err != nil {
		return nil, err
	}
	return l.read(rows)
}

type stored struct {
	c      *compiler
	w      *Wanted
	b      *builder
	s      scope
	flags  []string // fields of Stored.Fields, in the order selected
	fields []*metadata.Field
	widths []int // columns of each of fields
}

func (l *stored) compile() (string, error) {
	b, w := l.b, l.w
	ord, from := "p.ord", l.among
	if len(w.Values) == 1 { // planned once; see planned
		ord, from = "1::int8", l.only
	}
	b.text("SELECT " + ord + `, t."deleted_batch"`)
	if err := l.rights(); err != nil {
		return "", err
	}
	rd := renderer{builder: b, c: l.c}
	for _, f := range w.Object.All {
		if f.Linked() {
			continue
		}
		parts := f.Parts()
		if slices.Contains(w.Computed, f.Name) {
			parts = f.ValueParts()
		}
		if len(parts) == 0 {
			continue
		}
		l.fields, l.widths = append(l.fields, f), append(l.widths, len(parts))
		for _, part := range parts {
			b.text(", ")
			if err := rd.column(l.s, f, part.Name); err != nil {
				return "", err
			}
		}
	}
	b.text(" FROM ")
	if err := from(); err != nil {
		return "", err
	}
	if !w.Trashed {
		b.text(` AND t."deleted_at" IS NULL`)
	}
	if w.Many > 0 {
		b.text(` ORDER BY t."id" LIMIT ` + strconv.Itoa(w.Many))
	}
	if w.Lock {
		b.text(` ORDER BY t."id" FOR NO KEY UPDATE OF t`)
	}
	return string(b.buf), nil
}

// only is the table and the one set of values to find a record by.
func (l *stored) only() error {
	b := l.b
	b.text(l.c.space.TableName(l.w.Object) + " t WHERE ")
	rd := renderer{builder: b, c: l.c}
	for i, f := range l.w.Match {
		if i > 0 {
			b.text(" AND ")
		}
		if err := rd.is(l.s, f, l.w.Values[0][i]); err != nil {
			return err
		}
	}
	return nil
}

// among is the many sets of values, numbered, and the records they find.
func (l *stored) among() error {
	b, w := l.b, l.w
	var names, same string
	b.text("unnest(")
	for i, f := range w.Match {
		for n := range f.Width() {
			col, name := f.Part(n), fmt.Sprintf("k%d_%d", i, n)
			if names != "" {
				b.text(", ")
				same += " AND "
			}
			names += name + ", "
			// A part that a value lacks is null in the row too.
			same += "t." + Ident(col.Name) + map[bool]string{false: " = ", true: " IS NOT DISTINCT FROM "}[f.Width() > 1] + "p." + name
			column := make([]any, len(w.Values))
			for row, v := range w.Values {
				column[row] = l.c.space.part(f, v[i], n)
			}
			b.bind(columnParam(col.Of, column), sqlType(col.Of)+"[]")
		}
	}
	b.text(") WITH ORDINALITY AS p(" + names + "ord) JOIN " + l.c.space.TableName(w.Object) + " t ON " + same)
	return nil
}

// rights selects what the caller may do, as boolean columns.
func (l *stored) rights() error {
	rd := renderer{builder: l.b, c: l.c}
	vars := l.c.caller.vars()
	engine := l.c.caller.Policy
	see, err := engine.Grant(l.c.ctx, l.c.caller.Principal, l.w.Object.Name, metadata.ActionRead)
	seen := expr.Pred(expr.Never)
	if err == nil {
		all := expr.And{see.Rows(vars)}
		for _, f := range l.w.Match {
			if a := see.Field(f.Name); a.Mode != policy.Plain {
				all = append(all, a.When(vars))
			}
		}
		seen = expr.Fold(all)
	}
	may, err := engine.Grant(l.c.ctx, l.c.caller.Principal, l.w.Object.Name, l.w.Action)
	if err != nil {
		return err
	}
	preds := []expr.Pred{seen, may.Rows(vars)}
	for _, name := range l.w.Fields {
		if a := may.Field(name); a.Mode == policy.When {
			l.flags = append(l.flags, name)
			preds = append(preds, a.When(vars))
		}
	}
	for _, p := range preds {
		l.b.text(", COALESCE(")
		if err := rd.trusted(l.s, p); err != nil {
			return err
		}
		l.b.text(", FALSE)")
	}
	return nil
}

func (l *stored) read(rows pgx.Rows) ([]*Stored, error) {
	defer rows.Close()
	var out []*Stored
	if l.w.Many == 0 {
		out = make([]*Stored, len(l.w.Values))
	}
	odd := strangers(rows, 4+len(l.flags), l.codecs())
	for rows.Next() {
		raw := rows.RawValues()
		ord := int(binary.BigEndian.Uint64(raw[0])) - 1
		s := &Stored{Image: NewImage(make(map[string]any, len(l.fields))), Fields: map[string]bool{}}
		if len(raw[1]) == 16 {
			s.Batch = trellis.ID(raw[1])
		}
		s.See, s.May = raw[2][0] != 0, raw[3][0] != 0
		raw = raw[4:]
		for i, name := range l.flags {
			s.Fields[name] = raw[i][0] != 0
		}
		if err := odd.in(raw[len(l.flags):]); err != nil {
			return nil, err
		}
		if err := l.readFields(s, raw[len(l.flags):]); err != nil {
			return nil, err
		}
		if l.w.Many > 0 {
			out = append(out, s)
		} else {
			out[ord] = s
		}
	}
	return out, rows.Err()
}

// codecs are those of the columns of all fields.
func (l *stored) codecs() []codec {
	var out []codec
	for i, f := range l.fields {
		for n := range l.widths[i] {
			of := f.Type()
			if l.widths[i] > 1 {
				of = f.Part(n).Of
			}
			out = append(out, codecOf(of))
		}
	}
	return out
}

func (l *stored) readFields(s *Stored, raw [][]byte) error {
	for i, f := range l.fields {
		v, err := decodeField(f, raw[:l.widths[i]])
		if err != nil {
			return err
		}
		raw = raw[l.widths[i]:]
		if v != nil {
			s.Values[f.Name] = v
		}
	}
	s.ID, _ = s.Values["id"].(trellis.ID)
	s.Version, _ = s.Values["version"].(int64)
	return nil
}

// decodeField turns the columns of a field into its canonical value.
func decodeField(f *metadata.Field, raw [][]byte) (any, error) {
	if len(raw) == 1 {
		if f.Type() == expr.FilesType && raw[0] != nil {
			text, err := appendJSON(nil, raw[0])
			if err != nil {
				return nil, err
			}
			return metadata.ParseFiles(text)
		}
		return decodeValue(codecOf(f.Type()), raw[0])
	}
	parts := make([]any, len(raw))
	for i := range parts {
		var err error
		if parts[i], err = decodeValue(codecOf(f.Part(i).Of), raw[i]); err != nil {
			return nil, err
		}
	}
	return metadata.Join(f, parts), nil
}

// decodeValue turns a column in binary format into its canonical value.
func decodeValue(c codec, raw []byte) (any, error) {
	if raw == nil {
		return nil, nil
	}
	switch {
	case c == codecText:
		return string(raw), nil
	case c == codecBool && len(raw) == 1:
		return raw[0] != 0, nil
	case c == codecInt && len(raw) == 8:
		return int64(binary.BigEndian.Uint64(raw)), nil
	case c == codecUUID && len(raw) == 16:
		return trellis.ID(raw), nil
	case c == codecDate && len(raw) == 4:
		return expr.Date(int32(binary.BigEndian.Uint32(raw)) + postgresEpoch/86_400), nil
	case c == codecTime && len(raw) == 8:
		return time.UnixMicro(postgresEpoch*1_000_000 + int64(binary.BigEndian.Uint64(raw))).UTC(), nil
	case c == codecTimeOfDay && len(raw) == 8:
		return expr.TimeOfDay(binary.BigEndian.Uint64(raw)), nil
	case c == codecDuration && len(raw) == 8:
		return microseconds(raw), nil
	case c == codecTexts:
		var list []string
		err := eachText(raw, func(text []byte) { list = append(list, string(text)) })
		return list, err
	case c == codecJSON:
		text, err := appendJSON(nil, raw)
		return json.RawMessage(text), err
	case c == codecNumeric:
		text, err := appendNumeric(nil, raw)
		if err != nil {
			return nil, err
		}
		return expr.ParseDecimal(string(text))
	}
	return nil, fmt.Errorf("query: a column of kind %d came with %d bytes", c, len(raw))
}

// Visible tells which of the ids are live records of the object that the
// caller may read: a lookup may be set to no other.
func Visible(ctx context.Context, db DB, space *Space, caller *Caller, o *metadata.ObjectView, ids []trellis.ID) (map[trellis.ID]bool, error) {
	b, err := visible(ctx, space, caller, o, ids, `t."id"`)
	if err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, string(b.buf), b.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	seen := make(map[trellis.ID]bool, len(ids))
	for rows.Next() {
		id := rows.RawValues()[0]
		if len(id) != len(trellis.ID{}) {
			return nil, errOtherType()
		}
		seen[trellis.ID(id)] = true
	}
	return seen, rows.Err()
}

// AllVisible renders the check that the ids, none twice, are all visible. It
// holds the records, so that none goes to the trash (LockToTrash) before the
// transaction ends.
func AllVisible(ctx context.Context, space *Space, caller *Caller, o *metadata.ObjectView, ids []trellis.ID) (Statement, error) {
	b, err := visible(ctx, space, caller, o, ids, "1")
	if err != nil {
		return Statement{}, err
	}
	all, _ := b.capture(func() error { b.counted(len(ids)); return nil })
	return Statement{"SELECT " + all + " FROM (" + string(b.buf) + ` ORDER BY t."id" FOR KEY SHARE OF t) x`, b.args}, nil
}

// LockToTrash renders the lock on records that go to the trash: it waits for
// writes that refer to them, and those that come later wait for it.
func LockToTrash(space *Space, o *metadata.ObjectView, ids []trellis.ID) Statement {
	b := &builder{}
	b.text("SELECT 1 FROM ")
	b.among(space.TableName(o), ids)
	b.text(` ORDER BY t."id" FOR UPDATE OF t`)
	return Statement{string(b.buf), b.args}
}

// NoneRefers renders the check that no live record refers to those of the
// relation's object by its lookup.
func NoneRefers(space *Space, rel *metadata.Relation, o *metadata.ObjectView, ids []trellis.ID) Statement {
	b := &builder{}
	b.text("SELECT 1 / (CASE WHEN EXISTS (SELECT 1 FROM " + space.TableName(space.Snapshot.Lookup(rel.Object)) + " t WHERE ")
	column := Ident(rel.Field.Column)
	if rel.Field.Kind == metadata.KindPolymorphic {
		column = Ident(rel.Field.PartColumn(expr.IDPart))
		b.text("t." + Ident(rel.Field.PartColumn(expr.ObjectPart)) + " = ")
		b.bind(o.Table, "text")
		b.text(" AND ")
	}
	b.text("t." + column + " = ANY(")
	b.bind(IDs(ids), "uuid[]")
	b.text(`) AND t."deleted_at" IS NULL) THEN 0 ELSE 1 END)`)
	return Statement{string(b.buf), b.args}
}

func visible(ctx context.Context, space *Space, caller *Caller, o *metadata.ObjectView, ids []trellis.ID, what string) (*builder, error) {
	c := &compiler{ctx: ctx, space: space, caller: caller, grants: map[string]*policy.Grant{}}
	b := &builder{}
	s := scope{alias: "t", object: o}
	var err error
	if s.grant, err = c.grant(o.Name); err != nil {
		return nil, err
	}
	b.text("SELECT ")
	b.text(what)
	b.text(" FROM ")
	b.among(space.TableName(o), ids)
	b.text(` AND t."deleted_at" IS NULL`)
	rd := renderer{builder: b, c: c}
	return b, rd.andRows(s)
}
