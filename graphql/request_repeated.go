package graphql

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/trellishq/trellis"
)

// repeated refuses a name that an object of JSON has twice: whoever read the
// request before us may have taken the first value for the one that counts
// (RFC 8259, section 4). raw is one valid value. Members of the request itself
// are found by encoding/json whatever their capitals, so they are compared so.
func repeated(raw []byte, at ...any) *trellis.Error {
	type level struct {
		names map[string]bool // nil in an array
		name  string
		n     int
	}
	var levels []level
	path := func() []any {
		p := slices.Clone(at)
		for _, l := range levels {
			if l.names != nil {
				p = append(p, l.name)
			} else {
				p = append(p, l.n)
			}
		}
		return p
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	isName := false // the next token of an object
	for {
		t, err := d.Token()
		if err != nil {
			return nil // the end
		}
		top := len(levels) - 1
		if name, ok := t.(string); ok && isName {
			key := name
			if top == 0 && len(at) == 0 {
				key = strings.ToLower(name)
			}
			l := &levels[top]
			l.name = clip(name, 100)
			if l.names[key] {
				return invalid("%q stands twice in one object", l.name).At(path()...)
			}
			l.names[key] = true
			isName = false
			continue
		}
		switch t {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}})
			isName = true
			continue
		case json.Delim('['):
			levels = append(levels, level{})
			isName = false
			continue
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:top]
		}
		// A value has ended: the next is an element or a name.
		if top = len(levels) - 1; top >= 0 {
			isName = levels[top].names != nil
			levels[top].n++
		}
	}
}
