package sync

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/connectors"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

const (
	maxMapping = 256 << 10 // bytes of YAML
	maxStreams = 200
)

// Mapping says which streams are read and what becomes of their records.
type Mapping struct {
	Streams []*StreamMapping
	hash    string
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
}

// mappedField sets a field from a CEL expression over source.
type mappedField struct {
	field *metadata.Field
	rule  *expr.Rule
}

// mappedLink sets a lookup to the record that another stream's key stands for.
type mappedLink struct {
	field *metadata.Field
	from  string
	key   *expr.Rule
}

// mappingFile is the YAML.
type mappingFile struct {
	Streams []struct {
		From   string    `yaml:"from"`
		To     string    `yaml:"to"`
		Match  string    `yaml:"match"`
		Trash  bool      `yaml:"trash"`
		Fields yaml.Node `yaml:"fields"`
		Links  yaml.Node `yaml:"links"`
	} `yaml:"streams"`
}

// ParseMapping reads a mapping and checks it against the objects of a
// workspace: all problems at once, each with its path and line.
func ParseMapping(text string, s *metadata.Snapshot) (*Mapping, error) {
	if len(text) > maxMapping {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a mapping has %d KiB at most", maxMapping>>10)
	}
	var file mappingFile
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlError(err)
	}
	sum := sha256.Sum256([]byte(text))
	m := &Mapping{hash: hex.EncodeToString(sum[:8])}
	p := &mappingParser{snapshot: s, exprs: expr.New(s)}
	if len(file.Streams) == 0 || len(file.Streams) > maxStreams {
		p.fail(0, []any{"streams"}, "a mapping has 1 to %d streams", maxStreams)
	}
	seen := map[string]bool{}
	for i, f := range file.Streams {
		path := []any{"streams", i}
		sm := &StreamMapping{From: f.From, To: f.To, Match: f.Match, Trash: f.Trash, object: s.Lookup(f.To)}
		if f.From == "" || seen[f.From] {
			p.fail(0, append(path, "from"), "names a stream that no other entry names")
		}
		seen[f.From] = true
		if sm.object == nil {
			p.fail(0, append(path, "to"), "there is no object %q", f.To)
			continue
		}
		p.fields(sm, &f.Fields, path)
		p.links(sm, &f.Links, path)
		if field := sm.object.Field(f.Match); f.Match != "" && (field == nil || !field.Unique) {
			p.fail(0, append(path, "match"), "%q is no unique field of %s", f.Match, f.To)
		}
		m.Streams = append(m.Streams, sm)
	}
	p.knownSources(m)
	return m, p.problems.Err()
}

type mappingParser struct {
	snapshot *metadata.Snapshot
	exprs    *expr.Engine
	problems trellis.Errors
}

func (p *mappingParser) fail(line int, path []any, format string, args ...any) {
	e := trellis.Errorf(trellis.CodeInvalidInput, format, args...)
	if line > 0 {
		e.Message += " (line " + itoa(line) + ")"
	}
	p.problems = append(p.problems, e.At(slices.Clone(path)...))
}

func (p *mappingParser) fields(sm *StreamMapping, node *yaml.Node, path []any) {
	p.each(node, append(path, "fields"), func(name string, v *yaml.Node, at []any) {
		if f := p.target(sm, name, v, at); f != nil {
			if rule := p.rule(v, at); rule != nil {
				sm.fields = append(sm.fields, mappedField{f, rule})
			}
		}
	})
	if len(sm.fields) == 0 && len(p.problems) == 0 {
		p.fail(node.Line, append(path, "fields"), "map at least one field")
	}
}

func (p *mappingParser) links(sm *StreamMapping, node *yaml.Node, path []any) {
	p.each(node, append(path, "links"), func(name string, v *yaml.Node, at []any) {
		f := p.target(sm, name, v, at)
		if f == nil {
			return
		}
		if !f.Kind.IsLookup() {
			p.fail(v.Line, at, "%s is no lookup", name)
			return
		}
		var link struct {
			From string    `yaml:"from"`
			Key  yaml.Node `yaml:"key"`
		}
		if err := v.Decode(&link); err != nil || link.From == "" {
			p.fail(v.Line, at, "says from: a stream, and key: an expression")
			return
		}
		if rule := p.rule(&link.Key, append(at, "key")); rule != nil {
			sm.links = append(sm.links, mappedLink{f, link.From, rule})
		}
	})
}

// each walks a YAML map in its order.
func (p *mappingParser) each(node *yaml.Node, path []any, do func(name string, v *yaml.Node, at []any)) {
	if node.IsZero() {
		return
	}
	if node.Kind != yaml.MappingNode {
		p.fail(node.Line, path, "must be a map")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i].Value
		at := append(slices.Clone(path), name)
		if seen[name] {
			p.fail(node.Content[i].Line, at, "is there twice")
			continue
		}
		seen[name] = true
		do(name, node.Content[i+1], at)
	}
}

func (p *mappingParser) target(sm *StreamMapping, name string, v *yaml.Node, at []any) *metadata.Field {
	f := sm.object.Field(name)
	if f == nil || slices.Contains(policy.NeverWritable, name) {
		p.fail(v.Line, at, "%s has no field %q to set", sm.To, name)
		return nil
	}
	return f
}

func (p *mappingParser) rule(v *yaml.Node, at []any) *expr.Rule {
	if v.Kind != yaml.ScalarNode {
		p.fail(v.Line, at, "must be an expression")
		return nil
	}
	rule, err := p.exprs.CompileTransform(v.Value)
	if err != nil {
		p.fail(v.Line, at, "%s", trellis.Public(err).Error())
		return nil
	}
	return rule
}

// knownSources checks that links point at streams of the mapping whose object
// is the lookup's target.
func (p *mappingParser) knownSources(m *Mapping) {
	for i, sm := range m.Streams {
		for _, l := range sm.links {
			ok := slices.ContainsFunc(m.Streams, func(o *StreamMapping) bool { return o.From == l.from && o.To == l.field.Target })
			if !ok {
				p.fail(0, []any{"streams", i, "links", l.field.Name}, "no stream %q is mapped to %s", l.from, l.field.Target)
			}
		}
	}
}

func yamlError(err error) error {
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		var out trellis.Errors
		for _, s := range typed.Errors {
			out = append(out, trellis.Errorf(trellis.CodeInvalidInput, "the mapping cannot be read: %s", s))
		}
		return out
	}
	return trellis.Errorf(trellis.CodeInvalidInput, "the mapping cannot be read: %s", strings.TrimPrefix(err.Error(), "yaml: "))
}

// values evaluates the fields of a record. A null result clears the field.
func (sm *StreamMapping) values(ctx context.Context, source map[string]any, now time.Time) (map[string]any, *trellis.Error) {
	vars := expr.Vars{Source: source, Now: now}
	out := make(map[string]any, len(sm.fields)+len(sm.links))
	for _, f := range sm.fields {
		v, err := f.rule.Value(ctx, vars)
		if err != nil {
			return nil, trellis.Wrap(trellis.CodeInvalidInput, err, "the expression for %s fails on this record", f.field.Name).At(f.field.Name)
		}
		out[f.field.Name] = v
	}
	return out, nil
}

// keys evaluates the external keys a record's links stand for; "" is none.
func (sm *StreamMapping) keys(ctx context.Context, source map[string]any, now time.Time) ([]string, *trellis.Error) {
	vars := expr.Vars{Source: source, Now: now}
	out := make([]string, len(sm.links))
	for i, l := range sm.links {
		v, err := l.key.Value(ctx, vars)
		if err != nil {
			return nil, trellis.Wrap(trellis.CodeInvalidInput, err, "the key for %s fails on this record", l.field.Name).At(l.field.Name)
		}
		switch v := v.(type) {
		case nil:
		case string:
			out[i] = v
		case int64:
			out[i] = itoa(int(v))
		default:
			return nil, trellis.Errorf(trellis.CodeInvalidInput, "the key for %s is neither text nor a number", l.field.Name).At(l.field.Name)
		}
	}
	return out, nil
}

// sourceValue turns what connectors deliver into what expressions read.
func sourceValue(v any) any {
	switch v := v.(type) {
	case connectors.Decimal:
		if d, err := expr.ParseDecimal(string(v)); err == nil {
			return d
		}
	case connectors.Date:
		if d, err := expr.ParseDate(string(v)); err == nil {
			return d
		}
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
