package policy

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/trellishq/trellis/metadata"
)

// Visibility is what a role set can come to see of an object in some row: the
// shape of its API schema.
type Visibility struct {
	// Can has the actions that the role set may do with some row.
	Can map[metadata.Action]bool
	// Read, Create and Update list the fields that are not Never, in the
	// object's order; nil when the action is never allowed.
	Read, Create, Update []string
	// Key is equal for equal content.
	Key string
}

// Visible says what is there of an object for the role set of the principal.
// The result is shared and must not be changed.
func (e *Engine) Visible(p *Principal, object string) (*Visibility, error) {
	r, err := e.Rights(p)
	if err != nil {
		return nil, err
	}
	return r.Visible(object)
}

// Visible is Engine.Visible, of the role set.
func (r Rights) Visible(object string) (*Visibility, error) {
	key := visibleKey{object, r.engine.classes(r.set, object, "")}
	if v, ok := r.engine.made.visible.Load(key); ok {
		return v.(*Visibility), nil
	}
	v := &Visibility{Can: make(map[metadata.Action]bool, actionCount)}
	digest := []byte(object)
	for _, a := range actions {
		g, err := r.glance(object, a)
		if err != nil {
			return nil, err
		}
		if g.Never() {
			continue
		}
		v.Can[a] = true
		fields := g.Fields()
		switch a {
		case metadata.ActionRead:
			v.Read = fields
		case metadata.ActionCreate:
			v.Create = fields
		case metadata.ActionUpdate:
			v.Update = fields
		}
		digest = append(append(digest, 1), a...)
		for _, f := range fields {
			digest = append(append(digest, 0), f...)
			if g.Field(f).Mode == Masked {
				digest = append(digest, 2)
			}
		}
	}
	v.Key = shortHash(digest)
	if slices.Equal(v.Create, v.Update) {
		v.Update = v.Create
	}
	found, _ := r.engine.made.visible.LoadOrStore(key, v)
	return found.(*Visibility), nil
}

// shortHash is 120 bits of SHA-256, printable.
func shortHash(b []byte) string {
	sum := sha256.Sum256(slices.Clip(b))
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}
