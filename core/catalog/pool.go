package catalog

import (
	"crypto/sha256"
	"sync"
	"weak"

	"github.com/trellishq/trellis/metadata"
)

// pool lets the workspaces of a process share what is equal in them: most of what
// many customers of one package have. A component is known by the digest of what
// is stored of it, physical names included, and views by the objects they are of.
// It holds nothing that no workspace uses.
type pool struct {
	mu      sync.Mutex
	objects shared[metadata.Object]
	roles   shared[metadata.Role]
	rules   shared[metadata.Policy]
	// recent are snapshots that others may be made from, the newest first.
	recent [maxRecent]weak.Pointer[metadata.Snapshot]
}

// maxRecent is how many packages in use at once are told apart by their views.
const maxRecent = 8

type digest [sha256.Size]byte

// shared is components by digest.
type shared[T any] struct {
	known map[digest]weak.Pointer[T]
	sweep int // the size at which those that are gone are taken out
}

// draw is a workspace as it is read: components that are known are taken from the
// pool, others are decoded and come into it.
type draw struct {
	pool  *pool
	def   *metadata.Definition // in all
	fresh *metadata.Definition // decoded; shared among each other at the end
	// Digests of what is fresh, in its order.
	objects, roles, policies []digest
}

func (p *pool) draw() *draw {
	return &draw{pool: p, def: &metadata.Definition{}, fresh: &metadata.Definition{}}
}

// take adds a stored component.
func (d *draw) take(kind string, data []byte) error {
	sum := digest(sha256.Sum256(data))
	d.pool.mu.Lock()
	known := false
	switch kind {
	case kindObject:
		known = d.pool.objects.take(sum, &d.def.Objects)
	case kindRole:
		known = d.pool.roles.take(sum, &d.def.Roles)
	case kindPolicy:
		known = d.pool.rules.take(sum, &d.def.Policies)
	}
	d.pool.mu.Unlock()
	if known {
		return nil
	}
	switch kind {
	case kindObject:
		d.objects = append(d.objects, sum)
	case kindRole:
		d.roles = append(d.roles, sum)
	case kindPolicy:
		d.policies = append(d.policies, sum)
	}
	return decode(d.fresh, kind, data)
}

// done gives the definition.
func (d *draw) done() *metadata.Definition {
	metadata.Share(d.fresh)
	d.pool.mu.Lock()
	defer d.pool.mu.Unlock()
	d.pool.objects.put(d.objects, d.fresh.Objects)
	d.pool.roles.put(d.roles, d.fresh.Roles)
	d.pool.rules.put(d.policies, d.fresh.Policies)
	d.def.Packages, d.def.Removed = d.fresh.Packages, d.fresh.Removed
	d.def.Objects = append(d.def.Objects, d.fresh.Objects...)
	d.def.Roles = append(d.def.Roles, d.fresh.Roles...)
	d.def.Policies = append(d.def.Policies, d.fresh.Policies...)
	metadata.Sort(d.def)
	return d.def
}

// take adds a component that is known to a list.
func (s *shared[T]) take(sum digest, to *[]*T) bool {
	if x := s.known[sum].Value(); x != nil {
		*to = append(*to, x)
		return true
	}
	return false
}

// put makes components known, in whose place those that came first are used.
func (s *shared[T]) put(sums []digest, list []*T) {
	if s.known == nil {
		s.known = map[digest]weak.Pointer[T]{}
	}
	for i, sum := range sums {
		if first := s.known[sum].Value(); first != nil {
			list[i] = first
			continue
		}
		s.known[sum] = weak.Make(list[i])
	}
	if len(s.known) < max(s.sweep, 1000) {
		return
	}
	for sum, w := range s.known {
		if w.Value() == nil {
			delete(s.known, sum)
		}
	}
	s.sweep = 2 * len(s.known)
}

// snapshot indexes a definition, from one in use when they have most objects in
// common: their views are then the same.
func (p *pool) snapshot(def *metadata.Definition, revision int64) *metadata.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	var base *metadata.Snapshot
	most := len(def.Objects) / 2
	for _, w := range p.recent {
		if s := w.Value(); s != nil {
			if n := inCommon(s, def); n > most {
				base, most = s, n
			}
		}
	}
	if base != nil {
		return base.Next(def, revision)
	}
	s := metadata.New(def, revision)
	copy(p.recent[1:], p.recent[:])
	p.recent[0] = weak.Make(s)
	return s
}

func inCommon(s *metadata.Snapshot, def *metadata.Definition) int {
	n := 0
	for _, o := range def.Objects {
		if v := s.Lookup(o.Name); v != nil && v.Object == o {
			n++
		}
	}
	return n
}
