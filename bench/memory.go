package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/access"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// The most memory that a workspace may take, in megabytes.
const (
	crmMemory  = 2
	manyMemory = 150
)

// asked is how many objects each role set asks for.
const asked = 200

// memory measures what a workspace holds on to after its role sets have asked
// for its objects: metadata, policies, types, plans. The floor is its definition
// alone, as it was decoded. Of the CRM there are two workspaces: the first pays
// for what both share.
func (r *runner) memory(ctx context.Context, rep *Report) error {
	sizes := r.ground.Size.manySizes()
	n := sizes[len(sizes)-1]
	if _, err := r.ground.many(ctx, n, r.o.Out); err != nil {
		return err
	}
	for _, slug := range []string{crmSlug, crmOther} {
		if err := r.ground.crm(ctx, slug, r.o.Out); err != nil {
			return err
		}
	}
	var many [][]string
	for i := range manyRoles {
		many = append(many, []string{manyRole(i)})
	}
	for _, m := range []struct {
		name  string
		slugs []string
		roles [][]string
		most  float64
	}{
		{"memory CRM", []string{crmSlug, crmOther}, crmRoleSets(), crmMemory},
		{fmt.Sprintf("memory %d", n), []string{manySlug(n)}, many, manyMemory},
	} {
		fmt.Fprintf(r.o.Out, "measuring %s\n", m.name)
		// What a process makes once, whatever it serves, is made by the first turn.
		if _, err := r.held(ctx, m.slugs, m.roles); err != nil {
			return err
		}
		used, err := r.held(ctx, m.slugs, m.roles)
		if err != nil {
			return err
		}
		for i, slug := range m.slugs {
			least, err := r.definition(ctx, slug)
			if err != nil {
				return err
			}
			rep.limited(m.name+[]string{"", " again"}[i], "MB", used[i:i+1], []float64{least}, m.most)
		}
	}
	return nil
}

// heap is what is in use, in megabytes.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what pools and finalizers held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// held is the heap that each of the workspaces adds to a server.
func (r *runner) held(ctx context.Context, slugs []string, sets [][]string) ([]float64, error) {
	db := r.ground.db
	before := heap()
	cat, acc := catalog.New(db, nil), access.New(db)
	api := graphql.New(graphql.Options{Engine: core.New(core.Options{DB: db, Catalog: cat, Access: acc})})
	var held []float64
	for _, slug := range slugs {
		if err := use(ctx, cat, api, slug, sets); err != nil {
			return nil, err
		}
		after := heap()
		held = append(held, after-before)
		before = after
	}
	runtime.KeepAlive(cat)
	runtime.KeepAlive(api)
	return held, nil
}

// use lets role sets ask for the objects of a workspace.
func use(ctx context.Context, cat *catalog.Catalog, api *graphql.API, slug string, sets [][]string) error {
	v, err := cat.Current(ctx, slug)
	if err != nil {
		return err
	}
	var buf []byte
	names := v.Snapshot.Names()
	for i, roles := range sets {
		p := &policy.Principal{Kind: policy.KindKey, ID: trellis.NewID(), WorkspaceID: v.WorkspaceID, Name: roles[0]}
		p.SetRoles(roles)
		for k := range min(asked, len(names)) {
			o := v.Snapshot.Lookup(names[(i*asked/2+k)%len(names)])
			buf, _ = api.Execute(ctx, slug, p, &graphql.Params{Query: firstText(o)}, buf[:0])
			if bytes.HasPrefix(buf, []byte(`{"errors"`)) && !bytes.Contains(buf, []byte("Cannot query field")) { // what the role may not see
				return fmt.Errorf("bench: %s: %.500s", roles, buf)
			}
		}
	}
	return nil
}

// firstText asks for some fields of an object's records.
func firstText(o *metadata.ObjectView) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{ %s(first: 1, orderBy: [{createdAt: ASC}]) { nodes { id version createdAt } } }", o.Plural)
	return b.String()
}

// definition is the heap of what a workspace defines, decoded.
func (r *runner) definition(ctx context.Context, slug string) (float64, error) {
	v, err := catalog.New(r.ground.db, nil).Current(ctx, slug)
	if err != nil {
		return 0, err
	}
	raw, err := json.Marshal(v.Definition())
	if err != nil {
		return 0, err
	}
	v = nil
	before := heap()
	var def metadata.Definition
	if err := json.Unmarshal(raw, &def); err != nil {
		return 0, err
	}
	after := heap()
	runtime.KeepAlive(&def)
	runtime.KeepAlive(raw)
	return after - before, nil
}
