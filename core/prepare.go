package core

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/pg"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// prepare turns operations into rows: objects and fields resolved, rights to
// them checked, stored records read, new images made. Problems of a row are
// noted in it, but for lookups that are still to be checked; an error is the
// request's.
func (e *Engine) prepare(ctx context.Context, r *Request, ops []Op) ([]*row, error) {
	rows := make([]*row, len(ops))
	for i := range ops {
		rows[i] = e.resolve(r, ops, rows[:i], i)
	}
	for _, group := range byObject(rows) {
		if err := e.loadOld(ctx, r, group); err != nil {
			return nil, err
		}
	}
	refuseTwice(rows)
	for _, w := range rows {
		if w.err == nil {
			e.makeImage(ctx, r, w)
		}
	}
	if err := e.fillFiles(ctx, r, rows); err != nil {
		return nil, err
	}
	rows, err := e.withLinks(ctx, r, rows)
	if err != nil {
		return nil, err
	}
	giveRefs(rows)
	for _, w := range rows {
		if w.err == nil && w.object.AppendOnly && w.verb == Update && len(w.changed) > 0 {
			w.fail(errLedger(w)) // what is said once more is no change
		}
	}
	if err := e.applyRules(ctx, r, rows); err != nil {
		return nil, err
	}
	return e.withChildren(ctx, r, rows)
}

// refuseTwice refuses a second operation on one record: the first changes the
// version that both were prepared with.
func refuseTwice(rows []*row) {
	seen := map[trellis.ID]bool{}
	for _, w := range rows {
		if w.err != nil || w.old == nil {
			continue
		}
		if seen[w.id] {
			w.fail(trellis.Errorf(trellis.CodeInvalidInput, "the same record is in this write twice").At(w.path...))
		}
		seen[w.id] = true
	}
}

// resolve checks what can be told from the operation alone.
func (e *Engine) resolve(r *Request, ops []Op, earlier []*row, i int) *row {
	op := &ops[i]
	w := &row{op: op, verb: op.Verb, id: op.ID, path: op.Path, given: make(map[string]any, len(op.Values)), changed: make(map[string]bool, len(op.Values)+2)}
	w.object = r.View.Snapshot.Lookup(op.Object)
	if w.object == nil {
		w.fail(trellis.Errorf(trellis.CodeInvalidInput, "there is no object %q", op.Object).At(op.Path...))
		return w
	}
	switch op.Verb {
	case Create:
		if w.id.IsZero() {
			w.id = trellis.NewID()
		}
	case Upsert:
	case Update, Delete, Restore:
		if w.id.IsZero() {
			w.fail(trellis.Errorf(trellis.CodeInvalidInput, "say which record").At(w.at("id")...))
		}
	default:
		w.fail(trellis.Errorf(trellis.CodeInvalidInput, "%q is nothing to do with a record", string(op.Verb)).At(op.Path...))
	}
	for name, v := range op.Values {
		if inc, ok := v.(Increment); ok {
			w.increment(name, inc)
			continue
		}
		f := w.object.Field(name)
		value, err := resolveValue(w.object, f, name, v, earlier)
		if err != nil {
			w.fail(err.At(w.at(name)...))
			continue
		}
		w.give(f, name, value)
	}
	return w
}

// increment notes a relative change. The value of the moment goes into the image
// already, for hooks and rules to see.
func (w *row) increment(name string, inc Increment) {
	f := w.object.Field(name)
	if f == nil || slices.Contains(policy.NeverWritable, f.Name) {
		_, err := resolveValue(w.object, f, name, nil, nil)
		w.fail(err.At(w.at(name)...))
		return
	}
	by, err := increment(f, inc)
	if err != nil {
		w.fail(err.At(w.at(name)...))
		return
	}
	if w.adds == nil {
		w.adds = map[string]any{}
	}
	if w.give(f, name, by) {
		w.adds[f.Name] = by
	}
}

// give notes the value of a field, which may be given under a name it had, and
// says whether it is the first.
func (w *row) give(f *metadata.Field, name string, v any) bool {
	if _, twice := w.given[f.Name]; twice {
		w.fail(trellis.Errorf(trellis.CodeInvalidInput, "%s is given twice, by the name it has and one it had", f.Name).At(w.at(name)...))
		return false
	}
	w.given[f.Name] = v
	return true
}

func resolveValue(o *metadata.ObjectView, f *metadata.Field, name string, v any, earlier []*row) (any, *trellis.Error) {
	if f == nil || slices.Contains(policy.NeverWritable, f.Name) {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "%s has no field %q to set", o.Name, name)
	}
	if ref, ok := v.(Ref); ok {
		if int(ref) < 0 || int(ref) >= len(earlier) || earlier[ref].object == nil || !f.Refers(earlier[ref].object.Name) {
			return nil, trellis.Errorf(trellis.CodeInvalidInput, "refers to an operation that is not earlier or of another object")
		}
		if to := earlier[ref]; to.verb != Upsert {
			return f.RefersTo(to.object.Name, to.id), nil
		}
		return ref, nil // known once the key was looked up
	}
	value, err := f.Coerce(v)
	if err != nil {
		return nil, public(err)
	}
	return value, nil
}

// public finds the error meant for people in err.
func public(err error) *trellis.Error {
	var e *trellis.Error
	if errors.As(err, &e) {
		return e
	}
	return trellis.Wrap(trellis.CodeInternal, err, "something went wrong on our side")
}

// loadOld reads the stored records of one object's rows and settles upserts.
func (e *Engine) loadOld(ctx context.Context, r *Request, rows []*row) error {
	sets := map[string][]*row{}
	for _, w := range rows {
		if w.err != nil || w.verb == Create {
			continue
		}
		key := string(w.verb)
		for _, k := range w.op.Key {
			key += "\x00" + k
		}
		sets[key] = append(sets[key], w)
	}
	for _, set := range sets {
		if err := e.loadSet(ctx, r, set); err != nil {
			return err
		}
	}
	return nil
}

// loadSet reads the records of rows with one verb and one key.
func (e *Engine) loadSet(ctx context.Context, r *Request, rows []*row) error {
	o, verb := rows[0].object, rows[0].verb
	match, err := matchFields(rows[0])
	if err == nil && verb == Upsert {
		err = e.mayUpsert(ctx, r, o, match)
	}
	if err != nil {
		for _, w := range rows {
			w.fail(err.At(w.path...))
		}
		return nil
	}
	w := &query.Wanted{Object: o, Match: match, Action: actionOf(verb), Trashed: verb == Restore}
	fields := map[string]bool{}
	var asked []*row
	for _, row := range rows {
		values := make([]any, len(match))
		for i, f := range match {
			if f.Name == "id" {
				values[i] = row.id
			} else {
				values[i] = row.given[f.Name]
			}
			if values[i] == nil {
				row.fail(trellis.Errorf(trellis.CodeInvalidInput, "the key needs a value for %s", f.Name).At(row.at(f.Name)...))
			}
		}
		if row.err != nil {
			continue
		}
		asked, w.Values = append(asked, row), append(w.Values, values)
		for name := range row.given {
			fields[name] = true
		}
	}
	for name := range fields {
		w.Fields = append(w.Fields, name)
	}
	slices.Sort(w.Fields)
	found, lerr := e.stored(ctx, r, w)
	if lerr != nil {
		return lerr
	}
	for i, row := range asked {
		settle(row, found[i])
	}
	return nil
}

// mayUpsert asks for all that an upsert needs, whatever it will turn out to be:
// to create, to update, and to read the key.
func (e *Engine) mayUpsert(ctx context.Context, r *Request, o *metadata.ObjectView, key []*metadata.Field) *trellis.Error {
	for _, a := range []metadata.Action{metadata.ActionCreate, metadata.ActionUpdate, metadata.ActionRead} {
		g, err := r.Policy.Grant(ctx, r.Principal, o.Name, a)
		if err != nil {
			return public(err)
		}
		hidden := a == metadata.ActionRead && slices.ContainsFunc(key, func(f *metadata.Field) bool { return !shown(g, f) })
		if g.Never() || hidden {
			return trellis.Errorf(trellis.CodeForbidden, "an upsert of %s needs the rights to create, to update, and to read the key", o.Label.In("en", o.Name))
		}
	}
	return nil
}

func shown(g *policy.Grant, f *metadata.Field) bool {
	m := g.Field(f.Name).Mode
	return m == policy.When || m == policy.Plain
}

// settle gives a row its stored record; an upsert becomes an update or create.
func settle(w *row, s *query.Stored) {
	if w.verb == Upsert && s != nil && !s.See {
		w.fail(uniqueError(w)) // as if it had been a create
		return
	}
	if w.verb == Upsert {
		w.verb = Create
		if s != nil {
			w.verb = Update
			w.id = s.ID
		} else if w.id.IsZero() {
			w.id = trellis.NewID()
		}
	}
	w.old = s
	switch {
	case w.verb == Create:
	case s == nil || !s.May && !s.See:
		w.fail(trellis.Errorf(trellis.CodeNotFound, "there is no such record").At(w.path...))
	case !s.May:
		w.fail(trellis.Errorf(trellis.CodeForbidden, "you may not %s this record", w.verb).At(w.path...))
	case w.verb == Restore && s.Batch.IsZero():
		w.fail(trellis.Errorf(trellis.CodeConflict, "the record is not in the trash").At(w.path...))
	case w.op.IfVersion != 0 && w.op.IfVersion != s.Version:
		w.fail(errVersion().At(w.path...))
	}
}

func errVersion() *trellis.Error {
	return trellis.Errorf(trellis.CodeVersionConflict, "somebody else changed the record in the meantime")
}

// matchFields are the fields a row's record is found by: the id, or a key that
// is unique.
func matchFields(w *row) ([]*metadata.Field, *trellis.Error) {
	if w.verb != Upsert {
		return []*metadata.Field{w.object.Field("id")}, nil
	}
	fields := make([]*metadata.Field, len(w.op.Key))
	names := make([]string, len(w.op.Key))
	for i, name := range w.op.Key {
		if fields[i] = w.object.Field(name); fields[i] != nil {
			names[i] = fields[i].Name
		}
	}
	if !uniqueKey(w.object, names) {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "%v is no unique key of %s", w.op.Key, w.object.Name)
	}
	return fields, nil
}

func uniqueKey(o *metadata.ObjectView, key []string) bool {
	if len(key) == 1 {
		if f := o.Field(key[0]); f != nil && f.Unique {
			return true
		}
	}
	sorted := slices.Sorted(slices.Values(key))
	return slices.ContainsFunc(o.Indexes, func(x *metadata.Index) bool {
		return x.Unique && x.Where == "" && x.Range == nil && slices.Equal(slices.Sorted(slices.Values(x.Fields)), sorted)
	})
}

func actionOf(v Verb) metadata.Action {
	switch v {
	case Create:
		return metadata.ActionCreate
	case Delete, Restore:
		return metadata.ActionDelete
	}
	return metadata.ActionUpdate
}

// stored is query.LoadStored in a request.
func (e *Engine) stored(ctx context.Context, r *Request, w *query.Wanted) ([]*query.Stored, error) {
	if len(w.Values) == 0 {
		return nil, nil
	}
	db := r.on
	if db == nil {
		db = e.db
	}
	found, err := query.LoadStored(ctx, db, r.space(), r.caller(), w)
	if err != nil {
		return nil, pg.Error(err)
	}
	return found, nil
}

// makeImage takes the grant, checks the fields, applies defaults and makes the
// image after the write.
func (e *Engine) makeImage(ctx context.Context, r *Request, w *row) {
	g, err := r.Policy.Grant(ctx, r.Principal, w.object.Name, actionOf(w.verb))
	if err != nil {
		w.fail(public(err).At(w.path...))
		return
	}
	if w.object.AppendOnly && (w.verb == Delete || w.verb == Restore) {
		w.fail(errLedger(w))
		return
	}
	if w.grant = g; g.Never() {
		w.fail(trellis.Errorf(trellis.CodeForbidden, "you may not %s records of %s", w.verb, w.object.Label.In("en", w.object.Name)).At(w.path...))
		return
	}
	if w.old != nil {
		w.image = w.old.Clone()
	} else {
		const system, computed = 6, 4 // about so many come besides
		values := make(map[string]any, len(w.given)+system+computed)
		values["id"] = w.id
		w.image = query.NewImage(values)
	}
	var narrow []string
	for name, v := range w.given {
		f := w.object.Field(name)
		if a := g.Writable(name); a.Mode == policy.Never || w.old != nil && a.Mode == policy.When && !w.old.Fields[name] {
			w.fail(trellis.Errorf(trellis.CodeForbidden, "you may not set %s", name).At(w.at(name)...))
			continue
		} else if w.old != nil && f.Kind == metadata.KindAutoNumber && r.Principal.Kind != policy.KindSystem && !metadata.Equal(w.old.Values[name], v) {
			w.fail(trellis.Errorf(trellis.CodeForbidden, "a number stays as it was given").At(w.at(name)...))
			continue
		} else if a.Mode == policy.When {
			narrow = append(narrow, name)
		}
		if f.Linked() {
			w.link(f, v)
			continue
		}
		if by, relative := w.adds[name]; relative {
			if v, err = plus(f, w.before(name), by); err == nil {
				v, err = f.Coerce(v)
			}
			if err != nil {
				w.fail(public(err).At(w.at(name)...))
				continue
			}
		}
		w.set(f, v)
	}
	slices.Sort(narrow)
	w.narrow = strings.Join(narrow, " ")
	if w.verb == Create {
		w.applyDefaults(r)
	}
}

// errLedger says that a record stays as it was created.
func errLedger(w *row) *trellis.Error {
	return trellis.Errorf(trellis.CodeConflict, "records of %s are never changed or deleted; correct one by creating another", w.object.Label.In("en", w.object.Name)).At(w.path...)
}

// applyDefaults fills a new record: what has a default and was not given, and
// its owner, the person who creates it.
func (w *row) applyDefaults(r *Request) {
	for _, f := range w.object.Fields {
		if _, given := w.given[f.Name]; given || f.Default == "" {
			continue
		}
		v, err := f.Coerce(f.Default)
		if err != nil { // Validate checked it
			w.fail(trellis.Wrap(trellis.CodeInternal, err, "the default of %s does not fit", f.Name).At(w.at(f.Name)...))
			continue
		}
		w.set(f, v)
	}
	owner := w.object.Field("owner")
	if _, given := w.given["owner"]; owner != nil && !given && r.Principal.User != nil && !r.Principal.User.ID.IsZero() {
		w.set(owner, r.Principal.User.ID)
	}
}

// applyRules gives new records the values of default rules, each after those
// that it reads.
func (e *Engine) applyRules(ctx context.Context, r *Request, rows []*row) error {
	var written map[trellis.ID]*query.Image
	for _, group := range byObject(rows) {
		plan, err := e.planOf(r, group[0].object)
		if err != nil {
			return err
		}
		if written == nil && len(plan.defaults) > 0 {
			written = map[trellis.ID]*query.Image{}
			for _, w := range rows {
				if w.image != nil {
					written[w.id] = w.image
				}
			}
		}
		for _, c := range plan.defaults {
			if err := e.applyRule(ctx, r, c, group, written); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) applyRule(ctx context.Context, r *Request, c *computed, rows []*row, written map[trellis.ID]*query.Image) error {
	var without []*row
	var images []*query.Image
	for _, w := range rows {
		if _, given := w.given[c.field.Name]; w.err == nil && w.verb == Create && !given {
			without, images = append(without, w), append(images, w.image)
		}
	}
	if len(without) == 0 {
		return nil
	}
	if len(c.hops) > 0 {
		if err := e.loadPaths(ctx, r, without[0].object, c.hops, images, written); err != nil {
			return err
		}
	}
	for _, w := range without {
		w.set(c.field, c.value(ctx, r, w.image))
	}
	return nil
}

// systemRequest is the same request as the system: for what rules read.
func systemRequest(r *Request) *Request {
	s := *r
	s.Principal = policy.System(r.View.WorkspaceID)
	return &s
}
