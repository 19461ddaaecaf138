package policy

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/trellishq/trellis/metadata"
)

// Visibility is what a role set can come to see of an object in some row: the
// shape of its API schema. Fields go by their position in ObjectView.All; there
// is one Visibility for each object and role set that was looked at, so it is
// small.
type Visibility struct {
	// Key is equal for equal content.
	Key string

	can  uint8    // by position in actions
	bits []uint64 // the sets of fields, one after the other
}

// The sets of fields of a Visibility.
const (
	setRead = iota
	setFilter
	setAggregate
	setCreate
	setUpdate
	setCount
)

// Can says that the role set may do the action with some row.
func (v *Visibility) Can(a metadata.Action) bool {
	i := slices.Index(actions[:], a)
	return i >= 0 && v.can&(1<<i) != 0
}

// Readable says that the field is seen, masked or not, in some row.
func (v *Visibility) Readable(i int) bool { return v.has(setRead, i) }

// Filterable says that the field may decide which records are listed: it is
// readable and not masked.
func (v *Visibility) Filterable(i int) bool { return v.has(setFilter, i) }

// Aggregable says that the field is filterable and also shown to the right to
// aggregate.
func (v *Visibility) Aggregable(i int) bool { return v.has(setAggregate, i) }

// Creatable says that the field may be given to a new record.
func (v *Visibility) Creatable(i int) bool { return v.has(setCreate, i) }

// Updatable says that the field may be changed.
func (v *Visibility) Updatable(i int) bool { return v.has(setUpdate, i) }

func (v *Visibility) has(set, i int) bool {
	words := len(v.bits) / setCount
	return i >= 0 && i < words*64 && v.bits[set*words+i/64]&(1<<(i%64)) != 0
}

func (v *Visibility) add(set, i int) {
	v.bits[set*(len(v.bits)/setCount)+i/64] |= 1 << (i % 64)
}

// Visible says what is there of an object for the role set of the principal.
func (e *Engine) Visible(p *Principal, object string) (*Visibility, error) {
	r, err := e.Rights(p)
	if err != nil {
		return nil, err
	}
	return r.Visible(object)
}

// Visible is Engine.Visible, of the role set. It is computed anew each time.
func (r Rights) Visible(object string) (*Visibility, error) {
	o := r.engine.snapshot.Lookup(object)
	if o == nil {
		return nil, errUnknown(object, metadata.ActionRead, false)
	}
	v := &Visibility{bits: make([]uint64, setCount*((len(o.All)+63)/64))}
	digest := []byte(object)
	for n, a := range actions {
		g, err := r.glance(o, n)
		if err != nil {
			return nil, err
		}
		if g.Never() {
			continue
		}
		v.can |= 1 << n
		digest = append(append(digest, 1), a...)
		for i, f := range o.All {
			mode := g.access[g.at[i]].Mode
			if mode == Never {
				continue
			}
			digest = append(append(digest, 0), f.Name...)
			if mode == Masked {
				digest = append(digest, 2)
			}
			v.show(a, i, mode)
		}
	}
	v.Key = shortHash(digest)
	return v, nil
}

// show adds a field that an action lets see. Aggregate comes after read.
func (v *Visibility) show(a metadata.Action, i int, mode Mode) {
	switch a {
	case metadata.ActionRead:
		v.add(setRead, i)
		if mode != Masked {
			v.add(setFilter, i)
		}
	case metadata.ActionAggregate:
		if mode != Masked && v.Filterable(i) {
			v.add(setAggregate, i)
		}
	case metadata.ActionCreate:
		v.add(setCreate, i)
	case metadata.ActionUpdate:
		v.add(setUpdate, i)
	}
}

// shortHash is 120 bits of SHA-256, printable.
func shortHash(b []byte) string {
	sum := sha256.Sum256(slices.Clip(b))
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}
