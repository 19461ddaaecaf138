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
