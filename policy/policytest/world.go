// Package policytest makes workspaces to test decisions in: from the decision
// tables of policy/testdata, and from a seed.
//
// A World has metadata, policies, principals and records, and knows nothing of
// a database. The same worlds are put to every evaluator: casbin (Enforce), the
// compiled grant in process (Grant.Rows and expr.Holds), and SQL, in
// core/query. They must agree on every record and field.
package policytest

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// World is a workspace in memory.
type World struct {
	Workspace  trellis.ID
	Snapshot   *metadata.Snapshot
	Engine     *policy.Engine
	Principals map[string]*policy.Principal
	Records    []*Record
	Now        time.Time
}

// Record is one record, trashed ones included.
type Record struct {
	Name    string
	Object  string
	ID      trellis.ID
	Values  map[string]any // canonical values, without null; a lookup is an id
	Trashed bool
}

// IDOf is the id of the record or principal with this name, the same in every
// run.
func IDOf(name string) trellis.ID {
	sum := sha256.Sum256([]byte(name))
	id := trellis.ID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id
}

// NewWorld builds the engine. def may lack what metadata.Normalize adds.
func NewWorld(def *metadata.Definition, now time.Time) (*World, error) {
	metadata.Normalize(def, nil)
	w := &World{Workspace: IDOf("workspace"), Snapshot: metadata.New(def, 1), Principals: map[string]*policy.Principal{}, Now: now}
	var err error
	w.Engine, err = policy.NewEngine(w.Workspace, w.Snapshot)
	return w, err
}

// AddPrincipal adds a person with its roles and facts.
func (w *World) AddPrincipal(name string, roles []string, teams, below []trellis.ID) *policy.Principal {
	p := &policy.Principal{
		Kind: policy.KindUser, ID: IDOf(name), WorkspaceID: w.Workspace, Name: name,
		User: &policy.UserFacts{ID: IDOf(name), Email: name + "@example.com", Name: name, Teams: teams, Subordinates: below},
	}
	p.SetRoles(roles)
	w.Principals[name] = p
	return p
}

// Complete gives a record the system values it lacks.
func (w *World) Complete(r *Record) {
	base := map[string]any{
		"id": r.ID, "version": int64(1), "createdAt": w.Now, "updatedAt": w.Now, "createdBy": "system", "updatedBy": "system",
	}
	if r.Trashed {
		base["deletedAt"] = w.Now
	}
	for name, v := range base {
		if _, told := r.Values[name]; !told {
			r.Values[name] = v
		}
	}
}

// Linked gives the records as expressions read them, by id: a lookup of a record
// that is there and not trashed can be hopped over, others are ids alone.
func (w *World) Linked() map[trellis.ID]expr.MapRecord {
	out := make(map[trellis.ID]expr.MapRecord, len(w.Records))
	live := make(map[trellis.ID]string, len(w.Records))
	for _, r := range w.Records {
		out[r.ID] = make(expr.MapRecord, len(r.Values))
		if !r.Trashed {
			live[r.ID] = r.Object
		}
	}
	for _, r := range w.Records {
		o := w.Snapshot.Lookup(r.Object)
		for name, v := range r.Values {
			if f := o.Field(name); f != nil && f.Kind.IsLookup() {
				if id, ok := v.(trellis.ID); ok && live[id] == f.Target {
					v = out[id]
				}
			}
			out[r.ID][name] = v
		}
	}
	return out
}

// Value makes a field's canonical value from the form of a table: lookups by
// name, everything else as metadata.Field.Coerce reads it.
func (w *World) Value(object, field string, v any) (any, error) {
	o := w.Snapshot.Lookup(object)
	if o == nil || o.Field(field) == nil {
		return nil, fmt.Errorf("there is no field %s.%s", object, field)
	}
	f := o.Field(field)
	if name, ok := v.(string); ok && f.Kind.IsLookup() {
		return IDOf(name), nil
	}
	out, err := f.Coerce(v)
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", object, field, err)
	}
	return out, nil
}
