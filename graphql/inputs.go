package graphql

import (
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// inputs are the types of values that a plan has met: those its text names, and
// what variables have spoken of since. It is safe for concurrent use.
type inputs struct {
	schema *Schema

	mu     sync.RWMutex
	types  map[string]*typ
	fields map[fieldOf]*ast.FieldDefinition
}

// fieldOf is a field of an input type by name.
type fieldOf struct{ typ, field string }

// maxInputs bounds what one plan remembers of either; what is beyond is made each
// time.
const maxInputs = 64

func (in *inputs) typ(name string) *typ {
	in.mu.RLock()
	t := in.types[name]
	in.mu.RUnlock()
	if t != nil {
		return t
	}
	if t = in.schema.typ(name); t == nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.types) < maxInputs {
		in.types[name] = t
	}
	return t
}

func (in *inputs) field(t *typ, name string) *ast.FieldDefinition {
	key := fieldOf{t.Name, name}
	in.mu.RLock()
	f := in.fields[key]
	in.mu.RUnlock()
	if f != nil {
		return f
	}
	if f, _ = in.schema.field(t, name); f == nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.fields) < maxInputs {
		in.fields[key] = f
	}
	return f
}
