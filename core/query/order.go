package query

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"strconv"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// TextCollation orders text that is shown to people: ICU's rules for Chinese,
// which sort Latin letters as everywhere and Chinese by pinyin.
const TextCollation = `"zh-x-icu"`

const (
	maxOrderTerms = 8
	maxCursor     = 8 << 10 // bytes of text
)

// sortKey is one term of a list's order, its expression rendered.
type sortKey struct {
	sql        string
	field      *metadata.Field
	column     metadata.Column
	desc       bool
	nullsFirst bool
	nullable   bool
	collate    bool
	as         codec // of a bucket; else the field decides
}

func (k sortKey) codec() codec {
	if k.as != 0 {
		return k.as
	}
	return codecOf(k.column.Of)
}

// sortKeys renders a list's order; the id comes last unless it is there. joins
// receives the joins that terms over lookups need.
func (c *compiler) sortKeys(b *builder, s scope, order []Order, joins *[]string) ([]sortKey, error) {
	if len(order) > maxOrderTerms {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a list is ordered by %d terms at most", maxOrderTerms)
	}
	if len(order) == 0 {
		order = []Order{{Field: "createdAt", Desc: true}}
	}
	keys := make([]sortKey, 0, len(order)+1)
	last := Order{Field: "id", Desc: true}
	for i, o := range order {
		k, err := c.sortKey(b, s, o, joins)
		if err != nil {
			return nil, at(err, "orderBy", i)
		}
		last.Desc = o.Desc
		keys = append(keys, k)
		if o.Field == "id" && len(o.Hops) == 0 {
			return keys, nil
		}
	}
	k, err := c.sortKey(b, s, last, joins)
	return append(keys, k), err
}

func (c *compiler) sortKey(b *builder, s scope, o Order, joins *[]string) (sortKey, error) {
	k := sortKey{desc: o.Desc, nullsFirst: o.NullsFirst}
	for _, hop := range o.Hops {
		f := s.object.Field(hop)
		if f == nil || !f.Kind.IsLookup() {
			return k, errNoField(s.object.Name, hop)
		}
		to, join, err := c.join(b, s, f, "")
		if err != nil {
			return k, err
		}
		*joins = append(*joins, join)
		s, k.nullable = to, true
	}
	k.field = s.object.Field(o.Field)
	if k.field == nil {
		return k, errNoField(s.object.Name, o.Field)
	}
	if !k.field.Sortable() {
		return k, trellis.Errorf(trellis.CodeInvalidInput, "records cannot be ordered by %s, a field of the kind %s", k.field.Name, k.field.Kind)
	}
	k.column = columnOf(k.field, o.Part)
	r := renderer{builder: b, c: c}
	var err error
	k.sql, err = b.capture(func() error { return r.column(s, k.field, k.column.Name) })
	k.nullable = k.nullable || !k.field.NotNull() || s.grant.Field(k.field.Name).Mode == policy.When
	k.collate = k.field.Kind == metadata.KindText || k.field.Kind == metadata.KindPersonName
	return k, err
}

// columnOf is the column of a part of a field; Whole, and a part that it does not
// have, mean the first.
func columnOf(f *metadata.Field, part expr.Part) metadata.Column {
	col := metadata.Column{Of: f.Type()}
	for i, c := range f.ValueParts() {
		if i == 0 || c.Part == part {
			col = c
		}
	}
	return col
}

// orderBy writes the ORDER BY list over exprs, which stand for the keys.
func orderBy(keys []sortKey, exprs func(i int) string) string {
	var s string
	for i, k := range keys {
		if i > 0 {
			s += ", "
		}
		s += exprs(i)
		if k.collate {
			s += " COLLATE " + TextCollation
		}
		if k.desc {
			s += " DESC"
		}
		if k.nullable {
			if k.nullsFirst {
				s += " NULLS FIRST"
			} else {
				s += " NULLS LAST"
			}
		}
	}
	return s
}

// reversed gives the opposite order, for reading from the back.
func reversed(keys []sortKey) []sortKey {
	out := make([]sortKey, len(keys))
	for i, k := range keys {
		k.desc, k.nullsFirst = !k.desc, !k.nullsFirst
		out[i] = k
	}
	return out
}

// signature tells lists apart whose cursors must not be mixed.
func signature(object string, q *List) string {
	h := fnv.New64a()
	of := []any{object, q.Order}
	if q.Search != "" {
		of = append(of, q.Search)
	}
	_ = json.NewEncoder(h).Encode(of)
	return strconv.FormatUint(h.Sum64(), 36)
}

// A cursor is base64url of a JSON array: the list's signature, then the text
// form of each sort key's value or null. It holds nothing the record's reader
// did not see or could not sort by.
func appendCursor(buf []byte, sig string, keys []sortKey, value func(i int) []byte) ([]byte, error) {
	js := append([]byte(nil), '[')
	js = AppendJSONString(js, sig)
	for i, k := range keys {
		js = append(js, ',')
		raw := value(i)
		if raw == nil {
			js = append(js, "null"...)
			continue
		}
		plain, err := appendPlain(nil, k.codec(), raw)
		if err != nil {
			return buf, err
		}
		js = appendString(js, plain)
	}
	js = append(js, ']')
	return base64.RawURLEncoding.AppendEncode(buf, js), nil
}

func errCursor(arg string) *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, "the cursor is not one of this list").At(arg)
}

// readCursor gives the canonical values a cursor holds.
func readCursor(arg, cursor, sig string, keys []sortKey) ([]any, error) {
	if len(cursor) > maxCursor {
		return nil, errCursor(arg)
	}
	js, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, errCursor(arg)
	}
	var parts []*string
	if json.Unmarshal(js, &parts) != nil || len(parts) != len(keys)+1 || parts[0] == nil || *parts[0] != sig {
		return nil, errCursor(arg)
	}
	values := make([]any, len(keys))
	for i, k := range keys {
		if p := parts[i+1]; p != nil {
			if values[i], err = k.parse(*p); err != nil || values[i] == nil && *p != "" {
				return nil, errCursor(arg)
			}
			continue
		}
		if !k.nullable {
			return nil, errCursor(arg)
		}
	}
	return values, nil
}

// parse reads the text form of a key's value, with the type of its column and
// without the narrower checks of its kind: old records may break them.
func (k sortKey) parse(s string) (any, error) {
	switch k.codec() {
	case codecText:
		f := metadata.Field{Kind: metadata.KindText, MaxLength: metadata.MaxLength}
		if s == "" {
			return "", nil
		}
		return f.Coerce(s)
	case codecNumeric:
		return expr.ParseDecimal(s)
	}
	if k.field.Kind != k.field.ValueKind() { // computed: of what its values are
		f := metadata.Field{Kind: k.field.ValueKind()}
		return f.Coerce(s)
	}
	return k.field.Coerce(s)
}

// after writes the condition that a record comes after the values in the order
// of keys.
func after(b *builder, keys []sortKey, values []any) {
	if rowComparable(keys) {
		after1Row(b, keys, values)
		return
	}
	// The redundant bound on the first key lets an index begin at the cursor.
	k := keys[0]
	if values[0] != nil && (!k.nullable || k.nullsFirst) {
		b.text("(")
		b.key(k, values[0], map[bool]string{true: " <= ", false: " >= "}[k.desc])
		b.text(" AND ")
		defer b.text(")")
	}
	afterFrom(b, keys, values)
}

// rowComparable says that one row comparison does: all keys rise, or all fall,
// and none is null.
func rowComparable(keys []sortKey) bool {
	for _, k := range keys {
		if k.nullable || k.desc != keys[0].desc {
			return false
		}
	}
	return true
}

func after1Row(b *builder, keys []sortKey, values []any) {
	b.text("(")
	for i, k := range keys {
		if i > 0 {
			b.text(", ")
		}
		b.keyExpr(k)
	}
	b.text(map[bool]string{true: ") < (", false: ") > ("}[keys[0].desc])
	for i, k := range keys {
		if i > 0 {
			b.text(", ")
		}
		b.keyValue(k, values[i])
	}
	b.text(")")
}

// afterFrom is (k1 after v1 OR (k1 = v1 AND (k2 after v2 OR …))).
func afterFrom(b *builder, keys []sortKey, values []any) {
	k, v := keys[0], values[0]
	b.text("(")
	switch {
	case v == nil && k.nullsFirst:
		b.text(k.sql + " IS NOT NULL")
	case v == nil:
		b.text("FALSE")
	default:
		b.key(k, v, map[bool]string{true: " < ", false: " > "}[k.desc])
		if k.nullable && !k.nullsFirst {
			b.text(" OR " + k.sql + " IS NULL")
		}
	}
	if len(keys) > 1 {
		b.text(" OR (")
		if v == nil {
			b.text(k.sql + " IS NULL")
		} else {
			b.key(k, v, " = ")
		}
		b.text(" AND ")
		afterFrom(b, keys[1:], values[1:])
		b.text(")")
	}
	b.text(")")
}

func (b *builder) key(k sortKey, v any, op string) {
	b.keyExpr(k)
	b.text(op)
	b.keyValue(k, v)
}

func (b *builder) keyExpr(k sortKey) {
	b.text(k.sql)
	if k.collate {
		b.text(" COLLATE " + TextCollation)
	}
}

func (b *builder) keyValue(k sortKey, v any) {
	b.bind(Param(v), sqlType(k.column.Of))
}
