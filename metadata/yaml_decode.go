package metadata

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
)

// decoder reads one YAML file into the types of this package, strictly: every
// key must be known and stand once, every value must have the right shape.
type decoder struct {
	file string
	errs trellis.Errors
	at   origins
}

// maxYAMLDepth is far over what the format needs, and far under what would
// hurt.
const maxYAMLDepth = 20

// parse reads the one document of a file; nil after a problem.
func (d *decoder) parse(data []byte) *yaml.Node {
	if line, why := notText(data); why != "" {
		d.problem(line, nil, "this is not YAML: %s", why)
		return nil
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc, rest yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			d.problem(1, nil, "the file is empty")
		} else {
			d.syntax(err)
		}
		return nil
	}
	if err := dec.Decode(&rest); !errors.Is(err, io.EOF) {
		d.problem(max(rest.Line, 1), nil, "a file holds one document: remove what follows ---")
		return nil
	}
	return doc.Content[0]
}

// notText finds bytes that no text has, with their line, which the parser does
// not tell.
func notText(data []byte) (line int, why string) {
	line = 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, "there are bytes that are not UTF-8"
		case r < ' ' && r != '\n' && r != '\r' && r != '\t':
			return line, fmt.Sprintf("there is a control character, %U", r)
		case r == '\n':
			line++
		}
		rest = rest[size:]
	}
	return 0, ""
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax turns the parser's message into one of ours, with its line.
func (d *decoder) syntax(err error) {
	line, text := 1, "this is not YAML"
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
		text += ": " + m[2]
	}
	d.problem(line, nil, "%s", text)
}

func (d *decoder) problem(line int, path []any, format string, args ...any) {
	e := trellis.Errorf(trellis.CodeInvalidInput, format, args...)
	e.Message += fmt.Sprintf(" (%s:%d)", d.file, line)
	e.Path = append([]any(nil), path...)
	d.errs = append(d.errs, e)
}

// value reads a node into v.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path []any) {
	switch {
	case len(d.errs) >= maxProblems: // nobody reads more
		return
	case len(path) > maxYAMLDepth:
		d.problem(n.Line, path, "this is nested too deep")
		return
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.problem(n.Line, path, "anchors and aliases (& and *) are not used here: write the value itself")
		return
	}
	if v.Type() == reflect.TypeFor[Label]() {
		d.label(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path []any) {
	if n.Kind != yaml.SequenceNode {
		d.problem(n.Line, path, "a list is needed here, as in [a, b] or lines that start with -")
		return
	}
	list := reflect.MakeSlice(v.Type(), 0, len(n.Content))
	for i, item := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(item, e, append(path, nameOf(item, i)))
		if e.Kind() != reflect.Pointer || !e.IsNil() { // nil was not understood
			list = reflect.Append(list, e)
		}
	}
	v.Set(list)
}

// nameOf is how a list's item is called in paths: its name if it has one.
func nameOf(n *yaml.Node, i int) any {
	if n.Kind == yaml.MappingNode {
		for k := 0; k+1 < len(n.Content); k += 2 {
			if n.Content[k].Value == "name" && n.Content[k+1].Kind == yaml.ScalarNode && n.Content[k+1].Value != "" {
				return n.Content[k+1].Value
			}
		}
	}
	return i
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path []any) {
	if n.Kind != yaml.MappingNode {
		d.problem(n.Line, path, "keys and values are needed here, as in name: value")
		return
	}
	fields := yamlFields(v.Type())
	where := place{file: d.file, line: n.Line, keys: map[string]int{}}
	for key, value := range d.pairs(n, path) {
		i, known := fields[key.Value]
		if !known {
			d.problem(key.Line, path, "unknown key %q%s", key.Value, didYouMean(key.Value, keysOf(v.Type())))
			continue
		}
		where.keys[key.Value] = key.Line
		d.value(value, v.FieldByIndex(i), append(path, key.Value))
	}
	if v.CanAddr() {
		d.at[v.Addr().Interface()] = where
	}
}

// pairs walks a mapping and tells keys that stand twice.
func (d *decoder) pairs(n *yaml.Node, path []any) func(func(k, v *yaml.Node) bool) {
	return func(yield func(k, v *yaml.Node) bool) {
		first := make(map[string]int, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			switch line, twice := first[k.Value]; {
			case k.Kind != yaml.ScalarNode || k.Anchor != "":
				d.problem(k.Line, path, "a key must be a plain word")
			case twice:
				d.problem(k.Line, path, "%q stands here twice, first in line %d", k.Value, line)
			default:
				first[k.Value] = k.Line
				if !yield(k, n.Content[i+1]) {
					return
				}
			}
		}
	}
}

func (d *decoder) label(n *yaml.Node, v reflect.Value, path []any) {
	if n.Kind != yaml.MappingNode {
		d.problem(n.Line, path, "a text by language is needed here, as in {en: Account, zh: 客户}")
		return
	}
	texts := Texts{}
	for key, value := range d.pairs(n, path) {
		text := reflect.New(reflect.TypeFor[string]()).Elem()
		d.value(value, text, append(path, key.Value))
		texts[key.Value] = text.String()
	}
	v.SetString(string(texts.Label()))
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path []any) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.problem(n.Line, path, "a value is needed here")
		return
	}
	switch v.Kind() {
	case reflect.String:
		switch n.Tag {
		case "!!str", "!!int", "!!float", "!!bool", "!!timestamp":
			v.SetString(n.Value)
		default:
			d.problem(n.Line, path, "a text is needed here")
		}
	case reflect.Bool:
		if n.Tag != "!!bool" || n.Value != "true" && n.Value != "false" {
			d.problem(n.Line, path, "true or false is needed here")
			return
		}
		v.SetBool(n.Value == "true")
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if err != nil || n.Tag != "!!int" {
			d.problem(n.Line, path, "a whole number is needed here")
			return
		}
		v.SetInt(int64(i))
	default:
		panic("metadata: no YAML for " + v.Type().String())
	}
}

// yamlFields maps the keys of a type to its fields: the json names, without
// those tagged yaml:"-", with those of embedded structures.
func yamlFields(t reflect.Type) map[string][]int {
	fields := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		if key := yamlKey(f); key != "" {
			fields[key] = f.Index
		}
	}
	return fields
}

func yamlKey(f reflect.StructField) string {
	if !f.IsExported() || f.Anonymous || f.Tag.Get("yaml") == "-" {
		return ""
	}
	key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return key
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for _, f := range reflect.VisibleFields(t) {
		if key := yamlKey(f); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
