package plugins

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
)

// decoder collects the problems of a manifest with their lines. Each of its
// methods reads one form of value and gives the zero value for a bad one.
type decoder struct{ faults []fault }

type fault struct {
	line int
	err  *trellis.Error
}

// value is a node and where it stands.
type value struct {
	node *yaml.Node
	path []any
}

// mapping is the fields of a YAML mapping.
type mapping struct {
	value
	byKey map[string]*yaml.Node
}

func (m *mapping) get(key string) (value, bool) {
	n, ok := m.byKey[key]
	return value{n, at(m.path, key)}, ok
}

func at(path []any, more any) []any {
	return append(slices.Clip(slices.Clone(path)), more)
}

func (d *decoder) fault(v value, format string, args ...any) {
	err := trellis.Errorf(trellis.CodeValidationFailed, "line %d: %s", v.node.Line, fmt.Sprintf(format, args...))
	err.Path = v.path
	d.faults = append(d.faults, fault{v.node.Line, err})
}

func (d *decoder) missing(m *mapping, key string) {
	v := m.value
	v.path = at(v.path, key)
	d.fault(v, "%s is missing", key)
}

// fields reads a mapping and refuses keys that are unknown or repeated.
func (d *decoder) fields(n *yaml.Node, path []any, known ...string) *mapping {
	here := value{n, path}
	if n.Kind != yaml.MappingNode {
		d.fault(here, "this must have the keys %s", strings.Join(known, ", "))
		return nil
	}
	m := &mapping{here, map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		where := value{key, at(path, clip(key.Value))}
		switch {
		case key.Kind != yaml.ScalarNode || !slices.Contains(known, key.Value):
			d.fault(where, "%q is not known here%s", clip(key.Value), suggest(key.Value, known))
		case m.byKey[key.Value] != nil:
			d.fault(where, "%s is there twice", key.Value)
		default:
			m.byKey[key.Value] = n.Content[i+1]
		}
	}
	return m
}

func (d *decoder) list(v value) []value {
	if v.node.Kind != yaml.SequenceNode {
		d.fault(v, "this must be a list")
		return nil
	}
	if len(v.node.Content) > maxItems {
		d.fault(v, "the list has %d items, the most is %d", len(v.node.Content), maxItems)
		return nil
	}
	out := make([]value, len(v.node.Content))
	for i, n := range v.node.Content {
		out[i] = value{n, at(v.path, i)}
	}
	return out
}

// scalar gives the text of a plain value; an alias or a null is refused.
func (d *decoder) scalar(v value) (string, bool) {
	if v.node.Kind != yaml.ScalarNode || v.node.Tag == "!!null" {
		d.fault(v, "this must be a single value")
		return "", false
	}
	return v.node.Value, true
}

func (d *decoder) text(m *mapping, key string, required bool, form *regexp.Regexp, says string) string {
	v, ok := m.get(key)
	if !ok {
		if required {
			d.missing(m, key)
		}
		return ""
	}
	s, ok := d.scalar(v)
	if ok && !form.MatchString(s) {
		d.fault(v, "%q does not fit: %s", clip(s), says)
		return ""
	}
	return s
}

// prose reads a sentence for people: at most 500 characters.
func (d *decoder) prose(m *mapping, key string, required bool) string {
	v, ok := m.get(key)
	if !ok {
		if required {
			d.missing(m, key)
		}
		return ""
	}
	s, ok := d.scalar(v)
	if ok && required && strings.TrimSpace(s) == "" {
		d.fault(v, "%s is empty", key)
	}
	return plain(s, maxMessage)
}

func (d *decoder) choice(m *mapping, key string, allowed []string) string {
	v, ok := m.get(key)
	if !ok {
		d.missing(m, key)
		return ""
	}
	return d.oneOf(v, allowed)
}

func (d *decoder) oneOf(v value, allowed []string) string {
	s, ok := d.scalar(v)
	if ok && !slices.Contains(allowed, s) {
		d.fault(v, "%q is none of %s%s", clip(s), strings.Join(allowed, ", "), suggest(s, allowed))
		return ""
	}
	return s
}

// choices reads a list of at least one, without repeats.
func (d *decoder) choices(m *mapping, key string, allowed []string) []string {
	return d.each(m, key, func(v value) string { return d.oneOf(v, allowed) })
}

func (d *decoder) names(m *mapping, key, says string) []string {
	return d.each(m, key, func(v value) string {
		s, ok := d.scalar(v)
		if ok && !nameForm.MatchString(s) {
			d.fault(v, "%q does not fit: %s", clip(s), says)
			return ""
		}
		return s
	})
}

func (d *decoder) each(m *mapping, key string, read func(value) string) []string {
	v, ok := m.get(key)
	if !ok {
		d.missing(m, key)
		return nil
	}
	var out []string
	items := d.list(v)
	for _, item := range items {
		s := read(item)
		if s != "" && slices.Contains(out, s) {
			d.fault(item, "%q is there twice", s)
		} else if s != "" {
			out = append(out, s)
		}
	}
	if v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0 {
		d.fault(v, "%s is empty", key)
	}
	return out
}

func (d *decoder) integer(m *mapping, key string, low, high int) int {
	v, ok := m.get(key)
	if !ok {
		return 0
	}
	s, ok := d.scalar(v)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		d.fault(v, "%q is not a whole number from %d to %d", clip(s), low, high)
		return 0
	}
	return n
}

var sizeForm = regexp.MustCompile(`^(\d{1,6}) ?(KB|MB)$`)

// bytes reads a size as "32MB" and rounds it up to whole pages of 64 KB.
func (d *decoder) bytes(v value, low, high int64) int64 {
	s, ok := d.scalar(v)
	if !ok {
		return low
	}
	parts := sizeForm.FindStringSubmatch(s)
	if parts == nil {
		d.fault(v, "%q is not a size such as 16MB", clip(s))
		return low
	}
	n, _ := strconv.ParseInt(parts[1], 10, 64)
	n <<= map[string]int{"KB": 10, "MB": 20}[parts[2]]
	if n < low || n > high {
		d.fault(v, "%s is not from %d MB to %d MB", s, low>>20, high>>20)
		return low
	}
	const page = 64 << 10
	return (n + page - 1) / page * page
}

func (d *decoder) duration(v value, low, high time.Duration) time.Duration {
	s, ok := d.scalar(v)
	if !ok {
		return low
	}
	t, err := time.ParseDuration(s)
	if err != nil || t < low || t > high {
		d.fault(v, "%q is not a time from %v to %v, such as 50ms", clip(s), low, high)
		return low
	}
	return t
}
