package tryton

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// shape is what Tryton says about the fields of a stream: a tree along its
// relations. It tells how an answer becomes a record.
type shape struct {
	model  string
	fields map[string]*field // those to read
	watch  map[string]*shape // relations whose dates count, by field
}

type field struct {
	kind     string // Tryton's: char, many2one, numeric, …
	relation string
	label    string
	options  []connectors.Option
	sub      *shape // set when the field is read through
}

// missingError says that a model or a field is not there.
type missingError struct {
	*connectors.Fault
}

func (e *missingError) Unwrap() error { return e.Fault }

func missing(format string, args ...any) error {
	return &missingError{connectors.ConfigError("models", format, args...)}
}

func isMissing(err error) bool {
	var m *missingError
	return errors.As(err, &m)
}

// shape asks Tryton for the description of a stream, once per connection.
func (c *connection) shape(ctx context.Context, st stream) (*shape, error) {
	if sh := c.shapes[st.model]; sh != nil {
		return sh, nil
	}
	sh, err := c.shapeOf(ctx, st.model, st.fields)
	if err != nil {
		return nil, err
	}
	if err := c.watch(ctx, sh, st.watch); err != nil {
		return nil, err
	}
	c.shapes[st.model] = sh
	return sh, nil
}

func (c *connection) shapeOf(ctx context.Context, model string, paths []string) (*shape, error) {
	var names []string
	for _, path := range paths {
		name, _, _ := strings.Cut(path, ".")
		names = union(names, name)
	}
	descriptions, err := c.describe(ctx, model, names)
	if err != nil {
		return nil, err
	}
	sh := &shape{model: model, fields: map[string]*field{}, watch: map[string]*shape{}}
	through := map[string][]string{}
	for _, path := range paths {
		name, rest, dotted := strings.Cut(path, ".")
		if sh.fields[name] == nil {
			d, ok := descriptions[name].(map[string]any)
			if !ok {
				return nil, missing("the model %s has no field %s", model, name)
			}
			sh.fields[name] = newField(d)
		}
		if dotted {
			through[name] = append(through[name], rest)
		}
	}
	for name, rest := range through {
		f := sh.fields[name]
		if f.relation == "" {
			return nil, missing("the field %s of %s leads to no other model", name, model)
		}
		if f.sub, err = c.shapeOf(ctx, f.relation, rest); err != nil {
			return nil, err
		}
	}
	return sh, nil
}

// watch adds the relations whose dates count. One that Tryton cannot search by
// is left out; the full read covers it.
func (c *connection) watch(ctx context.Context, sh *shape, paths []string) error {
	for _, path := range paths {
		at := sh
		for name := range strings.SplitSeq(path, ".") {
			if sub := at.watch[name]; sub != nil {
				at = sub
				continue
			}
			descriptions, err := c.describe(ctx, at.model, []string{name})
			if err != nil {
				return err
			}
			d, _ := descriptions[name].(map[string]any)
			f := newField(d)
			if f.relation == "" || d["searchable"] == false {
				c.log.Warn("a relation cannot be watched for changes", "model", at.model, "field", name)
				break
			}
			sub := &shape{model: f.relation, fields: map[string]*field{}, watch: map[string]*shape{}}
			at.watch[name], at = sub, sub
		}
	}
	return nil
}

// describe is fields_get. Fields that are not there are left out of the answer.
func (c *connection) describe(ctx context.Context, model string, names []string) (map[string]any, error) {
	result, err := c.rpc.call(ctx, "model."+model+".fields_get", names, c.context)
	var app *appError
	if errors.As(err, &app) && app.class == "'"+model+"'" {
		return nil, missing("Tryton has no model %s: its module is not activated", model)
	}
	if err != nil {
		return nil, err
	}
	d, ok := result.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("tryton: the description of %s has another form than expected", model)
	}
	return d, nil
}

func newField(d map[string]any) *field {
	f := &field{}
	f.kind, _ = d["type"].(string)
	f.relation, _ = d["relation"].(string)
	f.label, _ = d["string"].(string)
	options, _ := d["selection"].([]any)
	for _, o := range options {
		if pair, ok := o.([]any); ok && len(pair) == 2 {
			value, ok1 := pair[0].(string)
			label, ok2 := pair[1].(string)
			if ok1 && ok2 && value != "" {
				f.options = append(f.options, connectors.Option{Value: value, Label: connectors.Text{EN: label}})
			}
		}
	}
	return f
}

// record turns one row of an answer into a map by field names.
func (sh *shape) record(row map[string]any) map[string]any {
	out := make(map[string]any, len(sh.fields)+2)
	for name, f := range sh.fields {
		if f.sub == nil {
			out[name] = f.value(row[name])
			continue
		}
		switch v := row[name+"."].(type) {
		case map[string]any:
			out[name] = f.sub.record(v)
		case []any:
			list := make([]any, 0, len(v))
			for _, e := range v {
				if m, ok := e.(map[string]any); ok {
					list = append(list, f.sub.record(m))
				}
			}
			out[name] = list
		default:
			out[name] = nil
		}
	}
	out["id"] = key(row["id"])
	return out
}

func (f *field) value(v any) any {
	switch f.kind {
	case "many2one", "one2one":
		return key(v)
	case "one2many", "many2many":
		list, _ := v.([]any)
		out := make([]any, len(list))
		for i := range list {
			out[i] = key(list[i])
		}
		return out
	case "float", "numeric":
		if n, ok := v.(int64); ok {
			return connectors.Decimal(strconv.FormatInt(n, 10))
		}
	}
	return v
}

// key is an id as the Key of a record, nil when there is none.
func key(v any) any {
	if n, ok := v.(int64); ok {
		return strconv.FormatInt(n, 10)
	}
	return nil
}

// modified is the latest date of a row and of all records it embeds and
// watches; zero when there is none.
func (sh *shape) modified(row map[string]any) time.Time {
	latest, _ := row["create_date"].(time.Time)
	if t, ok := row["write_date"].(time.Time); ok && t.After(latest) {
		latest = t
	}
	for name, sub := range sh.watch {
		var rows []any
		switch v := row[name+"."].(type) {
		case map[string]any:
			rows = []any{v}
		case []any:
			rows = v
		}
		for _, r := range rows {
			if m, ok := r.(map[string]any); ok {
				if t := sub.modified(m); t.After(latest) {
					latest = t
				}
			}
		}
	}
	return latest
}

// names are the fields to ask for: those to read and the dates.
func (sh *shape) names() []string {
	var out []string
	var walk func(sh *shape, prefix string)
	walk = func(sh *shape, prefix string) {
		out = append(out, prefix+"create_date", prefix+"write_date")
		for name, sub := range sh.watch {
			walk(sub, prefix+name+".")
		}
	}
	walk(sh, "")
	out = append(sh.paths("", out), stampField)
	slices.Sort(out)
	return slices.Compact(out)
}

func (sh *shape) paths(prefix string, out []string) []string {
	for name, f := range sh.fields {
		if f.sub == nil {
			out = append(out, prefix+name)
		} else {
			out = f.sub.paths(prefix+name+".", out)
		}
	}
	return out
}
