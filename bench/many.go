package bench

import (
	"context"
	"fmt"
	"io"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// Workspaces of many objects stand beside the records in the same database:
// many10, many100 … Each object has 20 fields, one of them a lookup to the object
// before it. Twenty roles see the records by different rules, and each misses a
// field of one object.
const (
	manyFields = 20
	manyRoles  = 20
	manyAtOnce = 100 // objects made in one change: a transaction holds so many locks only
)

// manySizes are the numbers of objects that a field is added among.
func (s Size) manySizes() []int {
	if s == Full {
		return []int{10, 100, 1000, 2000}
	}
	return []int{10, 20}
}

func manySlug(n int) string { return fmt.Sprintf("many%d", n) }

func manyObject(i int) string { return fmt.Sprintf("thing%d", i) }

// many makes the workspace of n objects, the system's among them, or takes it as it was left, and gives
// the key of somebody who may change it and see everything.
func (g *Ground) many(ctx context.Context, n int, out io.Writer) (key string, err error) {
	v, err := g.catalog.Current(ctx, manySlug(n))
	if trellis.CodeOf(err) == trellis.CodeNotFound {
		v, err = g.catalog.CreateWorkspace(ctx, manySlug(n), "Many")
	}
	if err != nil {
		return "", err
	}
	n = things(n)
	have := 0
	for v.Snapshot.Lookup(manyObject(have)) != nil {
		have++
	}
	if have < n {
		fmt.Fprintf(out, "making %d objects\n", n-have)
	}
	for ; have < n; have += manyAtOnce {
		if _, err := g.catalog.Apply(ctx, v.Slug, manyDraft(have, min(have+manyAtOnce, n)), catalog.Options{Summary: "many objects"}); err != nil {
			return "", err
		}
	}
	r, err := g.engine.Begin(ctx, v.Slug, policy.System(v.WorkspaceID))
	if err != nil {
		return "", err
	}
	_, key, err = g.identity.CreateKey(ctx, r, "bench", "boss")
	return key, err
}

// manyDraft adds the objects from one to another, and the roles with the first.
func manyDraft(from, to int) catalog.Draft {
	return func(d *metadata.Definition) (*metadata.Definition, error) {
		for i := from; i < to; i++ {
			d.Objects = append(d.Objects, newManyObject(i))
		}
		if from > 0 {
			return d, nil
		}
		everything := []metadata.Action{metadata.ActionRead, metadata.ActionCreate, metadata.ActionUpdate, metadata.ActionDelete, metadata.ActionAggregate}
		d.Roles = append(d.Roles, &metadata.Role{Name: "boss", Package: metadata.CustomPackage, Admin: true})
		d.Policies = append(d.Policies, &metadata.Policy{Name: "boss", Role: "boss", Package: metadata.CustomPackage, Object: "*", Actions: everything})
		for i := range manyRoles {
			name := manyRole(i)
			d.Roles = append(d.Roles, &metadata.Role{Name: name, Package: metadata.CustomPackage})
			d.Policies = append(d.Policies,
				&metadata.Policy{Name: name, Role: name, Package: metadata.CustomPackage, Object: "*", Actions: everything, Rule: fmt.Sprintf("record.version > %d", i)},
				&metadata.Policy{Name: name + "Less", Role: name, Package: metadata.CustomPackage, Object: manyObject(i % to), Effect: metadata.Deny,
					Actions: []metadata.Action{metadata.ActionRead}, ReadFields: []string{"f1"}})
		}
		return d, nil
	}
}

func manyRole(i int) string { return fmt.Sprintf("role%d", i) }

func newManyObject(i int) *metadata.Object {
	o := &metadata.Object{Name: manyObject(i), Plural: fmt.Sprintf("things%d", i), Package: metadata.CustomPackage}
	for j := range manyFields - 1 {
		o.Fields = append(o.Fields, &metadata.Field{Name: fmt.Sprintf("f%d", j), Kind: metadata.KindText, Package: metadata.CustomPackage})
	}
	o.Fields = append(o.Fields, &metadata.Field{
		Name: "before", Kind: metadata.KindLookup, Package: metadata.CustomPackage, Target: manyObject(max(0, i-1)), Inverse: fmt.Sprintf("after%d", i),
	})
	return o
}
