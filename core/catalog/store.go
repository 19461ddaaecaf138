package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// key names a stored component.
type key struct{ kind, name string }

// The kinds of stored components.
const (
	kindPackage = "package"
	kindObject  = "object"
	kindRole    = "role"
	kindPolicy  = "policy"
	kindRemoved = "removed"
)

// components lists a definition by the rows it is stored in. The values are
// pointers, so that what two definitions share is told by comparing them.
func components(d *metadata.Definition) map[key]any {
	m := make(map[key]any, len(d.Objects)+len(d.Roles)+len(d.Policies)+len(d.Packages))
	for _, p := range d.Packages {
		m[key{kindPackage, p.Name}] = p
	}
	for _, o := range d.Objects {
		m[key{kindObject, o.Name}] = o
	}
	for _, r := range d.Roles {
		m[key{kindRole, r.Name}] = r
	}
	for _, p := range d.Policies {
		m[key{kindPolicy, p.Name}] = p
	}
	for _, r := range d.Removed {
		m[key{kindRemoved, removedName(r)}] = r
	}
	return m
}

// difference gives the rows to write and to take away.
func difference(old, now *metadata.Definition) (put map[key]any, gone []key) {
	before, after := &metadata.Definition{}, &metadata.Definition{}
	before.Packages, after.Packages = metadata.Differing(old.Packages, now.Packages)
	before.Objects, after.Objects = metadata.Differing(old.Objects, now.Objects)
	before.Roles, after.Roles = metadata.Differing(old.Roles, now.Roles)
	before.Policies, after.Policies = metadata.Differing(old.Policies, now.Policies)
	before.Removed, after.Removed = metadata.Differing(old.Removed, now.Removed)
	was, is := components(before), components(after)
	put = map[key]any{}
	for k, v := range is {
		if was[k] != v {
			put[k] = v
		}
	}
	for k := range was {
		if is[k] == nil {
			gone = append(gone, k)
		}
	}
	return put, gone
}

// decode adds a stored component to a definition.
func decode(d *metadata.Definition, kind string, data []byte) error {
	var err error
	switch kind {
	case kindPackage:
		d.Packages, err = add(d.Packages, data)
	case kindObject:
		d.Objects, err = add(d.Objects, data)
	case kindRole:
		d.Roles, err = add(d.Roles, data)
	case kindPolicy:
		d.Policies, err = add(d.Policies, data)
	case kindRemoved:
		d.Removed, err = add(d.Removed, data)
	default:
		err = fmt.Errorf("catalog: unknown kind of component %q", kind)
	}
	return err
}

func add[T any](list []*T, data []byte) ([]*T, error) {
	v := new(T)
	err := json.Unmarshal(data, v)
	return append(list, v), err
}

// load reads a workspace whole, by slug or id. One statement is one snapshot of
// the database.
func load(ctx context.Context, q querier, slug string, id trellis.ID, from *pool) (*View, error) {
	rows, err := q.Query(ctx, `SELECT w.id, w.slug, w.name, v.revision, v.policy_version, c.kind, c.definition
		FROM trellis.workspace w JOIN trellis.workspace_version v ON v.workspace_id = w.id
		LEFT JOIN trellis.component c ON c.workspace_id = w.id
		WHERE w.slug = $1 OR w.id = $2 ORDER BY c.kind, c.name`, slug, id)
	if err != nil {
		return nil, pg.Error(err)
	}
	v, drawn := &View{}, from.draw()
	var kind *string
	var data []byte
	n, err := pgx.ForEachRow(rows, []any{&v.WorkspaceID, &v.Slug, &v.Name, &v.Revision, &v.PolicyVersion, &kind, &data}, func() error {
		if kind == nil {
			return nil
		}
		return drawn.take(*kind, data)
	})
	if err != nil {
		return nil, pg.Error(err)
	}
	if n.RowsAffected() == 0 {
		return nil, errNoWorkspace
	}
	if v.Schema, err = ddl.Schema(v.Slug); err != nil {
		return nil, err
	}
	v.Snapshot = from.snapshot(drawn.done(), v.Revision)
	return v, nil
}

var errNoWorkspace = trellis.Errorf(trellis.CodeNotFound, "there is no such workspace")

// catchUp reads what changed after a view; the view itself when nothing did.
func catchUp(ctx context.Context, q querier, v *View) (*View, error) {
	rows, err := q.Query(ctx, `SELECT v.revision, v.policy_version, h.kind, h.name, h.definition
		FROM trellis.workspace_version v LEFT JOIN LATERAL (
			SELECT DISTINCT ON (kind, name) kind, name, definition FROM trellis.component_history
			WHERE workspace_id = v.workspace_id AND revision > $2 ORDER BY kind, name, revision DESC) h ON true
		WHERE v.workspace_id = $1`, v.WorkspaceID, v.Revision)
	if err != nil {
		return nil, pg.Error(err)
	}
	fresh, touched := &metadata.Definition{}, map[key]bool{}
	var revision, policyVersion int64
	var kind, name *string
	var data []byte
	tag, err := pgx.ForEachRow(rows, []any{&revision, &policyVersion, &kind, &name, &data}, func() error {
		if kind == nil {
			return nil
		}
		touched[key{*kind, *name}] = true
		if data == nil {
			return nil
		}
		return decode(fresh, *kind, data)
	})
	switch {
	case err != nil:
		return nil, pg.Error(err)
	case tag.RowsAffected() == 0:
		return nil, errNoWorkspace
	case revision == v.Revision && policyVersion == v.PolicyVersion:
		return v, nil
	}
	def := patched(v.Definition(), fresh, touched)
	return v.next(def, revision, policyVersion), nil
}

// patched replaces the touched components of a definition by fresh ones.
func patched(old, fresh *metadata.Definition, touched map[key]bool) *metadata.Definition {
	kinds := map[string]bool{}
	for k := range touched {
		kinds[k.kind] = true
	}
	fresh.Packages = untouched(fresh.Packages, old.Packages, kindPackage, kinds, touched, func(p *metadata.Package) string { return p.Name })
	fresh.Objects = untouched(fresh.Objects, old.Objects, kindObject, kinds, touched, func(o *metadata.Object) string { return o.Name })
	fresh.Roles = untouched(fresh.Roles, old.Roles, kindRole, kinds, touched, func(r *metadata.Role) string { return r.Name })
	fresh.Policies = untouched(fresh.Policies, old.Policies, kindPolicy, kinds, touched, func(p *metadata.Policy) string { return p.Name })
	fresh.Removed = untouched(fresh.Removed, old.Removed, kindRemoved, kinds, touched, removedName)
	metadata.Sort(fresh)
	return fresh
}

// untouched adds the components that nobody touched. A kind of which none was
// shares its list.
func untouched[T any](fresh, old []*T, kind string, kinds map[string]bool, touched map[key]bool, name func(*T) string) []*T {
	if !kinds[kind] {
		return slices.Clip(old)
	}
	for _, x := range old {
		if !touched[key{kind, name(x)}] {
			fresh = append(fresh, x)
		}
	}
	return fresh
}

func removedName(r *metadata.Removed) string { return r.Table + "/" + strings.Join(r.Columns, ",") }

// revisionRow is what save stores of a change beside its components.
type revisionRow struct {
	id       trellis.ID
	revision int64
	policy   int64
	by       string
	summary  string
	plan     *ddl.Plan
}

// save writes what a change leaves behind, in the transaction of its steps.
func save(ctx context.Context, tx pgx.Tx, r revisionRow, put map[key]any, gone []key) error {
	var kinds, names, goneKinds, goneNames []string
	var data []string
	for k, v := range put {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		kinds, names, data = append(kinds, k.kind), append(names, k.name), append(data, string(b))
	}
	for _, k := range gone {
		goneKinds, goneNames = append(goneKinds, k.kind), append(goneNames, k.name)
	}
	changes, err := json.Marshal(r.plan.Changes)
	steps, err2 := json.Marshal(r.plan.Steps)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM trellis.component c USING unnest($2::text[], $3::text[]) AS g(kind, name)
		WHERE c.workspace_id = $1 AND c.kind = g.kind AND c.name = g.name`, r.id, goneKinds, goneNames)
	b.Queue(`INSERT INTO trellis.component (workspace_id, kind, name, definition, revision)
		SELECT $1::uuid, kind, name, definition::jsonb, $2::bigint FROM unnest($3::text[], $4::text[], $5::text[]) AS p(kind, name, definition)
		ON CONFLICT (workspace_id, kind, name) DO UPDATE SET definition = excluded.definition, revision = excluded.revision`,
		r.id, r.revision, kinds, names, data)
	b.Queue(`INSERT INTO trellis.component_history (workspace_id, revision, kind, name, definition)
		SELECT $1::uuid, $2::bigint, kind, name, definition::jsonb FROM unnest($3::text[], $4::text[], $5::text[]) AS p(kind, name, definition)
		UNION ALL SELECT $1::uuid, $2::bigint, kind, name, NULL FROM unnest($6::text[], $7::text[]) AS g(kind, name)`,
		r.id, r.revision, kinds, names, data, goneKinds, goneNames)
	b.Queue(`INSERT INTO trellis.revision (workspace_id, revision, by, summary, changes, steps) VALUES ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb)`,
		r.id, r.revision, r.by, r.summary, string(changes), string(steps))
	b.Queue(`UPDATE trellis.workspace_version SET revision = $2, policy_version = $3 WHERE workspace_id = $1`, r.id, r.revision, r.policy)
	queuePending(b, r)
	b.Queue("SELECT pg_notify($1, $2)", channel, r.id.String())
	return tx.SendBatch(ctx, b).Close()
}
