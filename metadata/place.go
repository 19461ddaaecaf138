package metadata

import (
	"fmt"
)

// place is where in a folder something was read.
type place struct {
	file string
	line int
	keys map[string]int // line by key
}

// origins finds where a component was read, by its pointer.
type origins map[any]place

// alias lets a copy be found where the original was read.
func (o origins) alias(copied, original any) {
	if p, ok := o[original]; ok {
		o[copied] = p
	}
}

// aliasParts is alias for what stands in an object, which has the same parts as
// the original; other components have none.
func (o origins) aliasParts(copied, original any) {
	to, ok := copied.(*Object)
	if !ok || len(o) == 0 {
		return
	}
	from := original.(*Object)
	for i, f := range from.Fields {
		o.alias(to.Fields[i], f)
	}
	for i, x := range from.Indexes {
		o.alias(to.Indexes[i], x)
	}
	for i, r := range from.Rules {
		o.alias(to.Rules[i], r)
	}
}

// unplaced is the definition without the places it was read from: a change that
// is made later, and not from that folder, shall not have its problems told by
// lines of it.
func (d *Definition) unplaced() *Definition {
	if d.origin == nil {
		return d
	}
	out := *d
	out.origin = nil
	return &out
}

// suffix tells the place of a component's key, "" when it was not read.
func (o origins) suffix(component any, key string) string {
	p, ok := o[component]
	if !ok {
		return ""
	}
	line := p.line
	if l, ok := p.keys[key]; ok {
		line = l
	}
	return fmt.Sprintf(" (%s:%d)", p.file, line)
}
