package sync

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

const (
	maxMapping = 256 << 10 // bytes of YAML
	maxStreams = 200
	maxName    = 200 // bytes of a stream's name
)

// mappingFile is the YAML.
type mappingFile struct {
	Streams []streamEntry `yaml:"streams"`
}

type streamEntry struct {
	From   word      `yaml:"from"`
	To     word      `yaml:"to"`
	Match  word      `yaml:"match"`
	Trash  bool      `yaml:"trash"`
	Fields yaml.Node `yaml:"fields"`
	Links  yaml.Node `yaml:"links"`
}

// word is a text that knows its line.
type word struct {
	text string
	line int
}

var _ yaml.Unmarshaler = (*word)(nil)

// UnmarshalYAML implements yaml.Unmarshaler.
func (w *word) UnmarshalYAML(node *yaml.Node) error {
	w.line = node.Line
	return node.Decode(&w.text)
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
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a mapping is one YAML document")
	}
	p := &mappingParser{snapshot: s, exprs: expr.New(s)}
	if len(file.Streams) == 0 || len(file.Streams) > maxStreams {
		p.fail(0, []any{"streams"}, "a mapping has 1 to %d streams", maxStreams)
		return nil, p.problems
	}
	m := &Mapping{}
	for i, f := range file.Streams {
		if sm := p.stream(m, &f, []any{"streams", i}); sm != nil {
			m.Streams = append(m.Streams, sm)
		}
	}
	if len(p.problems) == 0 {
		p.knownSources(m, file.Streams)
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return m, nil
}

type mappingParser struct {
	snapshot *metadata.Snapshot
	exprs    *expr.Engine
	problems trellis.Errors
}

func (p *mappingParser) fail(line int, path []any, format string, args ...any) {
	e := trellis.Errorf(trellis.CodeInvalidInput, format, args...)
	if line > 0 {
		e.Message += " (line " + strconv.Itoa(line) + ")"
	}
	p.problems = append(p.problems, e.At(path...))
}

// in is a path with one more element.
func in(path []any, name any) []any { return append(slices.Clip(path), name) }

func (p *mappingParser) stream(m *Mapping, f *streamEntry, path []any) *StreamMapping {
	sm := &StreamMapping{From: f.From.text, To: f.To.text, Match: f.Match.text, Trash: f.Trash, object: p.snapshot.Lookup(f.To.text)}
	switch {
	case sm.From == "" || len(sm.From) > maxName || !storable(sm.From):
		p.fail(f.From.line, in(path, "from"), "names a stream, in %d bytes at most", maxName)
	case m.stream(sm.From) != nil:
		p.fail(f.From.line, in(path, "from"), "another entry maps the stream %q already", sm.From)
	}
	if sm.object == nil {
		p.fail(f.To.line, in(path, "to"), "there is no object %q", sm.To)
		return nil
	}
	texts := map[string]string{}
	p.fields(sm, &f.Fields, in(path, "fields"), texts)
	p.links(sm, &f.Links, in(path, "links"), texts)
	if sm.Match != "" {
		if field := sm.object.Field(sm.Match); field == nil || !field.Unique {
			p.fail(f.Match.line, in(path, "match"), "%q is no unique field of %s", sm.Match, sm.To)
		} else if _, ok := texts["fields."+sm.Match]; !ok {
			p.fail(f.Match.line, in(path, "match"), "%s is not among the fields of this entry", sm.Match)
		}
	}
	// encoding/json sorts maps, so the digest is the same for the same meaning.
	all, err := json.Marshal([]any{sm.From, sm.To, sm.Match, sm.Trash, texts})
	if err != nil {
		p.fail(f.From.line, path, "cannot be digested")
	}
	sum := sha256.Sum256(all)
	sm.hash = hex.EncodeToString(sum[:8])
	return sm
}

func (m *Mapping) stream(name string) *StreamMapping {
	for _, sm := range m.Streams {
		if sm.From == name {
			return sm
		}
	}
	return nil
}

func (p *mappingParser) fields(sm *StreamMapping, node *yaml.Node, path []any, texts map[string]string) {
	p.each(node, path, func(name string, v *yaml.Node, at []any) {
		f := p.target(sm, name, v, at)
		x, ok := p.expression(v, at)
		if f != nil && ok {
			sm.fields = append(sm.fields, mappedField{f, x})
		}
		texts["fields."+name] = v.Value
	})
	if len(texts) == 0 {
		p.fail(node.Line, path, "map at least one field")
	}
}

func (p *mappingParser) links(sm *StreamMapping, node *yaml.Node, path []any, texts map[string]string) {
	p.each(node, path, func(name string, v *yaml.Node, at []any) {
		f := p.target(sm, name, v, at)
		switch _, twice := texts["fields."+name]; {
		case f == nil:
			return
		case twice:
			p.fail(v.Line, at, "%s is among the fields already", name)
			return
		case !f.Kind.IsLookup():
			p.fail(v.Line, at, "%s is no lookup", name)
			return
		}
		link := mappedLink{field: f}
		ok := false
		p.each(v, at, func(part string, v *yaml.Node, at []any) {
			switch part {
			case "from":
				link.from = v.Value
			case "key":
				link.key, ok = p.expression(v, at)
			default:
				p.fail(v.Line, at, "a link has from and key alone")
			}
			texts["links."+name+"."+part] = v.Value
		})
		if link.from == "" || link.key.text == "" {
			p.fail(v.Line, at, "says from: a stream, and key: an expression")
			return
		}
		if ok {
			sm.links = append(sm.links, link)
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
		if seen[name] {
			p.fail(node.Content[i].Line, in(path, name), "is there twice")
			continue
		}
		seen[name] = true
		do(name, node.Content[i+1], in(path, name))
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

func (p *mappingParser) expression(v *yaml.Node, at []any) (expression, bool) {
	if v.Kind != yaml.ScalarNode {
		p.fail(v.Line, at, "must be an expression")
		return expression{}, false
	}
	rule, err := p.exprs.CompileTransform(v.Value)
	if err != nil {
		p.fail(v.Line, at, "%s", trellis.Public(err).Error())
		return expression{text: v.Value}, false
	}
	return expression{rule, v.Value}, true
}

// knownSources checks that links point at streams of the mapping whose object
// is the lookup's target.
func (p *mappingParser) knownSources(m *Mapping, entries []streamEntry) {
	for i, sm := range m.Streams {
		for _, l := range sm.links {
			if to := m.stream(l.from); to == nil || to.To != l.field.Target {
				p.fail(entries[i].Links.Line, []any{"streams", i, "links", l.field.Name}, "no stream %q is mapped to %s", l.from, l.field.Target)
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
