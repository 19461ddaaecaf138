package core

import (
	"context"
	"maps"
	"slices"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// maxList is how many records a rule may look at in one to-many relation.
const maxList = 1_000

// writeRows writes what waits for no child, in the order given, and notes what
// it makes necessary above.
func (l *locking) writeRows(ctx context.Context) error {
	for _, w := range l.rows {
		if err := l.touch(w); err != nil {
			return err
		}
	}
	var first []*row
	for _, w := range l.rows {
		late, err := l.late(w)
		if err != nil {
			return err
		}
		if late {
			l.at(w.object.Name, w.id, w)
		} else {
			first = append(first, w)
		}
	}
	after := func(w *row) bool { return w.verb == Create && w.later && l.afterwards(w) }
	if err := l.judge(ctx, slices.DeleteFunc(slices.Clone(first), after), nil); err != nil {
		return err
	}
	if err := l.put(ctx, first); err != nil {
		return err
	}
	return l.judge(ctx, slices.DeleteFunc(first, func(w *row) bool { return !after(w) }), nil)
}

func (l *locking) afterwards(w *row) bool {
	plan, err := l.plan(w.object)
	return err == nil && plan.afterwards()
}

// afterwards says that rules look at what is there once new records are written:
// lists over links, and roll-ups that the database computes.
func (p *writePlan) afterwards() bool {
	return len(p.windows) > 0 || slices.ContainsFunc(p.lists, func(path expr.Path) bool { return p.object.Relation(path[0]).Linked() })
}

// late says that a row is written after its children, because they decide what
// it will be or whether it may.
func (l *locking) late(w *row) (bool, error) {
	if w.old == nil || w.verb == Delete {
		return false, nil
	}
	if l.touched[w.object.Name][w.id] != nil {
		return true, nil
	}
	plan, err := l.plan(w.object)
	return err == nil && (len(plan.lists) > 0 || len(plan.windows) > 0 || w.verb == Restore && len(plan.rollUps) > 0), err
}

// settle computes what children change, from the bottom up: roll-ups by a
// statement that sees the children as they are now, formulas, rules.
func (l *locking) settle(ctx context.Context) error {
	for turn := 0; len(l.touched) > 0; turn++ {
		if turn > maxCascadeDepth {
			return trellis.Errorf(trellis.CodeConflict, "records belong to each other more than %d deep", maxCascadeDepth)
		}
		plan, err := l.lowest()
		if err != nil {
			return err
		}
		name := plan.object.Name
		touches := l.touched[name]
		delete(l.touched, name)
		if err := l.settleObject(ctx, plan, touches); err != nil {
			return err
		}
	}
	return nil
}

// lowest is the touched object that is farthest down.
func (l *locking) lowest() (*writePlan, error) {
	var best *writePlan
	for _, name := range slices.Sorted(maps.Keys(l.touched)) {
		plan, err := l.plan(l.r.View.Snapshot.Lookup(name))
		if err != nil {
			return nil, err
		}
		if best == nil || plan.rank > best.rank {
			best = plan
		}
	}
	return best, nil
}

func (l *locking) settleObject(ctx context.Context, plan *writePlan, touches map[trellis.ID]*touch) error {
	var rows []*row
	for _, id := range keys(touches) {
		w, err := l.rowOf(ctx, plan, id, touches[id])
		if err != nil {
			return err
		}
		if w == nil { // in the trash, or going there
			continue
		}
		rows = append(rows, w)
		if w.verb == Restore {
			for _, up := range plan.rollUps {
				touches[id].rollUps[up] = true
			}
		}
	}
	if err := l.rollUp(ctx, plan, rows, touches); err != nil {
		return err
	}
	for _, w := range rows {
		plan.evaluate(ctx, l.r, w)
	}
	// A roll-up that the database computes may read the record itself.
	first, then := rows, []*row(nil)
	if len(plan.windows) > 0 {
		first, then = nil, rows
	}
	if err := l.judge(ctx, first, touches); err != nil {
		return err
	}
	changing := slices.DeleteFunc(slices.Clone(rows), func(w *row) bool { return !w.changes() })
	for _, w := range changing {
		if err := l.touch(w); err != nil {
			return err
		}
	}
	if err := l.put(ctx, changing); err != nil {
		return err
	}
	return l.judge(ctx, then, touches)
}

// rowOf is the row of a record that its children change: the caller's own, or
// one the engine makes. It is nil for what is in the trash.
func (l *locking) rowOf(ctx context.Context, plan *writePlan, id trellis.ID, t *touch) (*row, error) {
	if w := l.byID[id]; w != nil {
		if w.verb == Delete {
			return nil, nil
		}
		if w.final != 0 { // written already: once more
			old := *w.old
			old.Image, old.Version = w.image.Clone(), w.final
			w.final = 0
			w.old, w.changed, w.again = &old, map[string]bool{}, true
			if w.verb == Restore {
				w.verb = Update
			}
		}
		return w, nil
	}
	s := l.held[id]
	if s == nil {
		return nil, errLost // it came in between: find it and lock it
	}
	if !s.Batch.IsZero() {
		return nil, nil
	}
	w := &row{op: t.by.op, verb: Update, object: plan.object, id: id, old: s, image: s.Clone(), changed: map[string]bool{}, path: t.by.path, system: true, derived: true}
	sys := systemRequest(l.r)
	var err error
	w.grant, err = sys.Policy.Grant(ctx, sys.Principal, plan.object.Name, metadata.ActionUpdate)
	l.byID[id] = w
	return w, err
}

// rollUp reads the roll-ups that are touched, one statement for each list.
func (l *locking) rollUp(ctx context.Context, plan *writePlan, rows []*row, touches map[trellis.ID]*touch) error {
	type list struct {
		lookup *metadata.Field
		child  *metadata.ObjectView
	}
	byList := map[list][]*rollUp{}
	var order []list
	for _, up := range plan.rollUps {
		if !slices.ContainsFunc(rows, func(w *row) bool { return touches[w.id].rollUps[up] }) {
			continue
		}
		k := list{up.lookup, up.child}
		if byList[k] == nil {
			order = append(order, k)
		}
		byList[k] = append(byList[k], up)
	}
	for _, k := range order {
		ups := byList[k]
		var ids []trellis.ID
		for _, w := range rows {
			if slices.ContainsFunc(ups, func(up *rollUp) bool { return touches[w.id].rollUps[up] }) {
				ids = append(ids, w.id)
			}
		}
		sys := systemRequest(l.r)
		what := make([]query.Tallied, len(ups))
		for i, up := range ups {
			what[i] = query.Tallied{Of: up.of, Fn: up.field.RollUp.Function, Where: expr.Always}
			if up.where != nil {
				var err error
				if what[i].Where, err = up.where.Predicate(*sys.caller().Vars); err != nil {
					return err
				}
			}
		}
		found, err := query.Tallies(ctx, l.tx, sys.space(), sys.caller(), plan.object, k.child, k.lookup, ids, what)
		if err != nil {
			return err
		}
		for _, w := range rows {
			for i, up := range ups {
				if !touches[w.id].rollUps[up] {
					continue
				}
				t := &query.Tally{}
				if got := found[w.id]; got != nil {
					t = &got[i]
				}
				w.set(up.field, up.value(t))
			}
		}
	}
	return nil
}

// judge holds rules against rows whose new images are known only now. A parent
// that the engine writes is judged by what looks at its computed fields and
// lists: another rule may be younger than the record.
func (l *locking) judge(ctx context.Context, rows []*row, touches map[trellis.ID]*touch) error {
	var judged []*row
	written := map[trellis.ID]*query.Image{}
	for _, w := range l.rows {
		if w.verb != Delete {
			written[w.id] = w.image
		}
	}
	for _, w := range rows {
		if (w.later || w.derived || w.again || touches != nil) && (w.verb == Create || w.verb == Update) {
			judged = append(judged, w)
		}
	}
	for _, group := range byObject(judged) {
		plan, err := l.plan(group[0].object)
		if err != nil {
			return err
		}
		if err := l.engine.loadHops(ctx, l.r, plan, group, written); err != nil {
			return err
		}
		there := slices.DeleteFunc(slices.Clone(group), func(w *row) bool { return w.old == nil && w.final == 0 })
		if err := l.engine.gather(ctx, l.r, plan, group, l.rows, written); err != nil {
			return err
		}
		if err := l.loadLists(ctx, plan, there); err != nil {
			return err
		}
		if err := l.loadWindows(ctx, plan, there); err != nil {
			return err
		}
		for _, w := range group {
			plan.computeForRules(ctx, l.r, w)
			rules := plan.rules
			if w.derived || w.again {
				rules = plan.concerned(w, touches[w.id])
			}
			checkRow(ctx, l.r, rules, w)
		}
		if err := settled(group); err != nil {
			for _, w := range group {
				w.err, w.more = nil, nil
			}
			return err
		}
	}
	return nil
}

// concerned are the rules that look at what changed of a record, or at a list
// that did.
func (p *writePlan) concerned(w *row, t *touch) []compiledRule {
	var out []compiledRule
	for _, rule := range p.rules {
		for name := range rule.reads {
			if name == "" || w.changed[name] || t != nil && t.lists[name] {
				out = append(out, rule)
				break
			}
		}
	}
	return out
}

// loadLists reads the children that rules look at, as they are now.
func (l *locking) loadLists(ctx context.Context, plan *writePlan, rows []*row) error {
	byRelation := map[string][]expr.Path{}
	for _, path := range plan.lists {
		byRelation[path[0]] = append(byRelation[path[0]], path[1:])
	}
	const together = 20
	for _, name := range slices.Sorted(maps.Keys(byRelation)) {
		rel := plan.object.Relation(name)
		for some := range slices.Chunk(rows, together) {
			if err := l.loadList(ctx, rel, some, byRelation[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *locking) loadList(ctx context.Context, rel *metadata.Relation, rows []*row, paths []expr.Path) error {
	if rel.Linked() {
		return l.loadLinked(ctx, rel, rows, paths)
	}
	object := rows[0].object.Name
	child := l.r.View.Snapshot.Lookup(rel.Object)
	values := make([][]any, len(rows))
	for i, w := range rows {
		values[i] = []any{w.id}
		if rel.Field.Kind == metadata.KindPolymorphic {
			values[i] = []any{expr.Ref{Object: object, ID: w.id}}
		}
	}
	found, err := l.engine.stored(ctx, systemRequest(l.r), &query.Wanted{Object: child, Match: []*metadata.Field{rel.Field}, Values: values, Action: metadata.ActionRead, Computed: ends(child, paths), Many: len(rows)*maxList + 1})
	if err != nil {
		return err
	}
	of := map[trellis.ID][]*query.Image{}
	all := make([]*query.Image, len(found))
	for i, s := range found {
		id, _ := refers(s.Values, rel.Field, object)
		of[id], all[i] = append(of[id], s.Image), s.Image
	}
	for _, w := range rows {
		if len(of[w.id]) > maxList || len(found) > len(rows)*maxList {
			return tooManyChildren(w, rel.Name)
		}
		w.image.SetMany(rel.Name, of[w.id])
	}
	return l.engine.loadPaths(ctx, l.r, child, deeper(paths), all, nil)
}

// loadLinked reads the records that a list over links has.
func (l *locking) loadLinked(ctx context.Context, rel *metadata.Relation, rows []*row, paths []expr.Path) error {
	link, near, far := l.r.View.Snapshot.Sides(rel)
	values := make([][]any, len(rows))
	for i, w := range rows {
		values[i] = []any{w.id}
	}
	links, err := l.engine.stored(ctx, systemRequest(l.r), &query.Wanted{Object: link, Match: []*metadata.Field{near}, Values: values, Action: metadata.ActionRead, Many: len(rows)*maxList + 1})
	if err != nil {
		return err
	}
	images := make([]*query.Image, len(links))
	for i, s := range links {
		images[i] = s.Image
	}
	over := []expr.Path{{far.Name, "id"}}
	for _, p := range paths {
		over = append(over, append(expr.Path{far.Name}, p...))
	}
	if err := l.engine.loadPaths(ctx, l.r, link, over, images, nil); err != nil {
		return err
	}
	for _, w := range rows {
		var list []*query.Image
		for _, s := range links {
			if to, ok := s.Hop(far.Name).(*query.Image); ok && s.Values[near.Name] == w.id {
				list = append(list, to)
			}
		}
		if len(list) > maxList || len(links) > len(rows)*maxList {
			return tooManyChildren(w, rel.Name)
		}
		w.image.SetMany(rel.Name, list)
	}
	return nil
}

func tooManyChildren(w *row, relation string) *trellis.Error {
	return trellis.Errorf(trellis.CodeValidationFailed, "rules of %s look at all records of %s, and there are more than %d", w.object.Label.In("en", w.object.Name), relation, maxList).At(w.path...)
}

// deeper are the paths that go over a lookup.
func deeper(paths []expr.Path) []expr.Path {
	return slices.DeleteFunc(slices.Clone(paths), func(p expr.Path) bool { return len(p) < 2 })
}

// put writes rows. Checks on their new images wait until all is written.
func (l *locking) put(ctx context.Context, rows []*row) error {
	steps, err := l.engine.steps(ctx, l.r, rows)
	if err != nil {
		return err
	}
	var writes []step
	for _, s := range steps {
		if s.last {
			l.checks = append(l.checks, s)
		} else {
			writes = append(writes, s)
		}
	}
	if err := l.run(ctx, writes); err != nil {
		return err
	}
	for _, w := range rows {
		if w.changes() {
			w.final, w.done = w.version(), true
		}
	}
	return nil
}
