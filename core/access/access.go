// Package access gives each workspace its policy engine and each person the
// facts that rules ask of.
//
// Roles and policies are stored by core/catalog, with the rest of the metadata,
// and every change of them raises the policy version. Engine makes the engine of
// a pinned view once and keeps it while that version is current; reads in
// flight finish on the one they began with. Writes hold the version of their
// view under a shared lock, so that a right that was taken away is gone for
// them at once; for reads it is gone when the view is, within a second.
//
// Facts are what is known of a person beyond the request: teams, and the people
// below it. They are read from the workspace's own tables and kept for FactsTTL.
package access

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/policy"
)

// MaxWorkspaces is how many workspaces keep their engine; beyond, one that was
// not used lately makes room.
const MaxWorkspaces = 256

// Access is safe for concurrent use.
type Access struct {
	db    *pg.DB
	facts factsCache

	mu         sync.RWMutex
	workspaces map[trellis.ID]*slot
}

// New makes an Access that reads facts from db.
func New(db *pg.DB) *Access {
	return &Access{db: db, workspaces: map[trellis.ID]*slot{}, facts: factsCache{entries: map[factsKey]*factsEntry{}}}
}

// slot holds the engines of one workspace: the newest, and the one before it
// for requests that still run on that.
type slot struct {
	used            atomic.Bool // since room was last made
	current, before atomic.Pointer[built]
	build           sync.Mutex
}

// built is what became of a view's policies. A failure is kept too: it would
// fail again.
type built struct {
	revision, policyVersion int64
	engine                  *policy.Engine
	err                     error
}

func (b *built) of(v *catalog.View) bool {
	return b != nil && b.revision == v.Revision && b.policyVersion == v.PolicyVersion
}

// Engine gives the policy engine of a view. When the policies cannot be loaded
// it fails with UNAVAILABLE and nobody may do anything; Problems says why.
func (a *Access) Engine(v *catalog.View) (*policy.Engine, error) {
	b := a.built(v)
	if b.err != nil {
		// The problems name policies: they stay in the log.
		return nil, trellis.Wrap(trellis.CodeUnavailable, errors.New(b.err.Error()),
			"the access rules of this workspace cannot be loaded; an administrator has to repair them")
	}
	return b.engine, nil
}

// Problems tells an admin all that is wrong with the policies of a view: those
// that keep the engine from loading, else rules that do not compile and
// therefore deny. It is nil or a trellis.Errors.
func (a *Access) Problems(v *catalog.View) error {
	b := a.built(v)
	if b.err != nil {
		return b.err
	}
	return b.engine.Check()
}

func (a *Access) built(v *catalog.View) *built {
	s := a.slot(v.WorkspaceID)
	for _, p := range []*atomic.Pointer[built]{&s.current, &s.before} {
		if b := p.Load(); b.of(v) {
			return b
		}
	}
	s.build.Lock()
	defer s.build.Unlock()
	current := s.current.Load()
	for _, b := range []*built{current, s.before.Load()} {
		if b.of(v) {
			return b
		}
	}
	b := &built{revision: v.Revision, policyVersion: v.PolicyVersion}
	if current != nil && current.err == nil {
		b.engine, b.err = current.engine.Next(v.Snapshot)
	} else {
		b.engine, b.err = policy.NewEngine(v.WorkspaceID, v.Snapshot)
	}
	switch {
	case current == nil || current.olderThan(b):
		s.before.Store(current)
		s.current.Store(b)
	case s.before.Load() == nil || s.before.Load().olderThan(b):
		s.before.Store(b)
	}
	return b
}

func (b *built) olderThan(o *built) bool {
	if b.policyVersion != o.policyVersion {
		return b.policyVersion < o.policyVersion
	}
	return b.revision < o.revision
}

func (a *Access) slot(id trellis.ID) *slot {
	a.mu.RLock()
	s := a.workspaces[id]
	a.mu.RUnlock()
	if s == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		if s = a.workspaces[id]; s == nil {
			a.makeRoom()
			s = &slot{}
			a.workspaces[id] = s
		}
	}
	if !s.used.Load() {
		s.used.Store(true)
	}
	return s
}

// makeRoom lets go of a workspace that was not used since the last time round.
func (a *Access) makeRoom() {
	for len(a.workspaces) >= MaxWorkspaces {
		for id, s := range a.workspaces {
			if !s.used.Swap(false) {
				delete(a.workspaces, id)
				break
			}
		}
	}
}
