package sync

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Mapping says which streams are read and what becomes of their records.
type Mapping struct {
	Streams []*StreamMapping
}

// StreamMapping maps one stream to one object.
type StreamMapping struct {
	From string // stream
	To   string // object
	// Match is a field with unique values by which a record that is here already
	// is taken over when it is seen for the first time; empty makes a new one.
	Match string
	// Trash moves a record to the trash when it was deleted at the source.
	Trash  bool
	fields []mappedField
	links  []mappedLink
	object *metadata.ObjectView
	hash   string // of all the above
}

// expression is a CEL transform with its text.
type expression struct {
	rule *expr.Rule
	text string
}

// mappedField sets a field from an expression over source.
type mappedField struct {
	field *metadata.Field
	value expression
}

// mappedLink sets a lookup to the record that another stream's key stands for.
type mappedLink struct {
	field *metadata.Field
	from  string
	key   expression
}

// mapped is what a mapping makes of one record.
type mapped struct {
	// values are those of fields; what the source says nothing of is absent.
	values map[string]any
	// keys are those of links, in their order: nil when the source says nothing,
	// "" for none.
	keys []*string
}

// apply maps one record. A null result clears the field.
func (sm *StreamMapping) apply(ctx context.Context, data map[string]any, now time.Time) (mapped, *trellis.Error) {
	source, _ := sourceValue(data).(map[string]any)
	vars := expr.Vars{Source: source, Now: now}
	out := mapped{values: make(map[string]any, len(sm.fields)+len(sm.links)), keys: make([]*string, len(sm.links))}
	for _, f := range sm.fields {
		v, known, err := f.value.eval(ctx, vars)
		if err != nil {
			return out, err.At(f.field.Name)
		}
		if known {
			out.values[f.field.Name] = v
		}
	}
	for i, l := range sm.links {
		v, known, err := l.key.eval(ctx, vars)
		if err == nil && known {
			out.keys[i], err = linkKey(v)
		}
		if err != nil {
			return out, err.At(l.field.Name)
		}
	}
	return out, nil
}

func linkKey(v any) (*string, *trellis.Error) {
	var key string
	switch v := v.(type) {
	case nil:
	case string:
		key = v
	case int64:
		key = strconv.FormatInt(v, 10)
	default:
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the key is neither text nor a whole number")
	}
	if !storable(key) || len(key) > maxKey {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the key is no text of at most %d bytes", maxKey)
	}
	return &key, nil
}

// noKey is what CEL says when a map does not have a key.
var noKey = regexp.MustCompile(`no such key: (\w+)`)

// eval evaluates the expression. Not known is what is made of something that is
// absent from the source: the source says nothing about it, so neither do we.
func (x expression) eval(ctx context.Context, vars expr.Vars) (v any, known bool, problem *trellis.Error) {
	v, err := x.rule.Value(ctx, vars)
	if err == nil {
		return v, true, nil
	}
	// A table in the expression may lack a key as well, and that is an error.
	if m := noKey.FindStringSubmatch(err.Error()); m != nil && strings.Contains(x.text, "."+m[1]) {
		return nil, false, nil
	}
	return nil, false, trellis.Wrap(trellis.CodeInvalidInput, err, "the expression fails on this record: %s", clipTo(err.Error(), 200))
}

// sourceValue turns what connectors deliver into what expressions read.
func sourceValue(v any) any {
	switch v := v.(type) {
	case connectors.Decimal:
		if d, err := expr.ParseDecimal(string(v)); err == nil {
			return d
		}
		return json.Number(v) // too long to be a number of ours: an error where it is used
	case connectors.Date:
		if d, err := expr.ParseDate(string(v)); err == nil {
			return d
		}
		return string(v)
	case connectors.TimeOfDay:
		return string(v)
	case []byte:
		return string(bytes.ToValidUTF8(v, []byte("\ufffd")))
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = sourceValue(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = sourceValue(e)
		}
		return out
	}
	return v
}

// mayWrite checks that the role of a connection can write what the mapping
// sets: were it never allowed to, every record would be a dead letter. What
// depends on the record is found out with the record.
func mayWrite(ctx context.Context, r *core.Request, who *policy.Principal, m *Mapping) error {
	var problems trellis.Errors
	for i, sm := range m.Streams {
		create, err := r.Policy.Grant(ctx, who, sm.To, metadata.ActionCreate)
		if err != nil {
			return err
		}
		update, err := r.Policy.Grant(ctx, who, sm.To, metadata.ActionUpdate)
		if err != nil {
			return err
		}
		if create.Never() && update.Never() {
			problems = append(problems, trellis.Errorf(trellis.CodeForbidden, "the connection's role may neither create nor update %s", sm.To).At("streams", i, "to"))
			continue
		}
		check := func(part string, f *metadata.Field) {
			if create.Writable(f.Name).Mode == policy.Never && update.Writable(f.Name).Mode == policy.Never {
				problems = append(problems, trellis.Errorf(trellis.CodeForbidden, "the connection's role may not set this field").At("streams", i, part, f.Name))
			}
		}
		for _, f := range sm.fields {
			check("fields", f.field)
		}
		for _, l := range sm.links {
			check("links", l.field)
		}
	}
	return problems.Err()
}
