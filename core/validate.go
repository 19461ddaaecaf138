package core

import (
	"context"
	"fmt"
	"sync"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// book holds what is compiled for one revision of a workspace, and goes with it:
// nothing of an older revision is kept in memory by what is remembered here.
type book struct {
	revision, policies int64
	exprs              *expr.Engine
	shapes             query.Shapes

	mu    sync.Mutex
	rules map[string][]compiledRule
	plans map[string]*writePlan

	textMu sync.Mutex
	texts  map[textKey]*expr.Rule // of expression fields
}

type compiledRule struct {
	*metadata.ValidationRule
	*expr.Rule
	// reads names the fields and lists that the rule stands on in the end, "" for
	// the record itself.
	reads map[string]bool
}

// book is that of the request's revision. One that is pinned to an older
// revision than others use gets a book of its own.
func (e *Engine) book(r *Request) *book {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := r.View
	b := e.books[v.WorkspaceID]
	if b != nil && b.revision == v.Revision && b.policies == v.PolicyVersion {
		return b
	}
	fresh := &book{revision: v.Revision, policies: v.PolicyVersion, exprs: expr.New(v.Snapshot), rules: map[string][]compiledRule{}, plans: map[string]*writePlan{}}
	if b == nil || b.revision < v.Revision || b.policies < v.PolicyVersion {
		e.books[v.WorkspaceID] = fresh
	}
	return fresh
}

// rulesOf compiles an object's validation rules once per revision, under the
// book's lock.
func (b *book) rulesOf(o *metadata.ObjectView) ([]compiledRule, error) {
	rules, ok := b.rules[o.Name]
	if ok {
		return rules, nil
	}
	for _, v := range o.Rules {
		c, err := b.exprs.Compile(o.Name, v.Rule, expr.Validate)
		if err != nil {
			return nil, trellis.Wrap(trellis.CodeInternal, err, "the rule %s of %s does not compile", v.Name, o.Name)
		}
		rules = append(rules, compiledRule{ValidationRule: v, Rule: c})
	}
	b.rules[o.Name] = rules
	return rules, nil
}

// validate checks required fields and validation rules on the new images. The
// rules read as the system. What goes to the trash or comes back is as it was,
// so a rule that is younger does not keep it. Problems go to the rows; an error
// is the database's. Rows that are judged under a lock are left to it.
func (e *Engine) validate(ctx context.Context, r *Request, rows []*row) error {
	var judged, all []*row
	written := map[trellis.ID]*query.Image{}
	for _, w := range rows {
		if w.err != nil || !w.changes() || w.verb != Create && w.verb != Update {
			continue
		}
		written[w.id] = w.image
		all = append(all, w)
		if !w.later {
			judged = append(judged, w)
		}
	}
	if err := e.checkExpressions(ctx, r, all, written); err != nil {
		return err
	}
	for _, group := range byObject(judged) {
		plan, err := e.planOf(r, group[0].object)
		if err != nil {
			return err
		}
		if err := e.loadHops(ctx, r, plan, group, written); err != nil {
			return err
		}
		if err := e.gather(ctx, r, plan, group, rows, written); err != nil {
			return err
		}
		for _, w := range group {
			plan.computeForRules(ctx, r, w)
			checkRow(ctx, r, plan.rules, w)
		}
	}
	return nil
}

// checkRow notes all that is wrong with a row: what is required, in the order of
// the fields, then broken rules in theirs.
func checkRow(ctx context.Context, r *Request, rules []compiledRule, w *row) {
	for _, f := range w.object.Fields {
		touched := w.verb == Create || w.changed[f.Name]
		if f.Required && touched && w.image.Values[f.Name] == nil {
			w.add(trellis.Errorf(trellis.CodeValidationFailed, "%s is required", f.Label.In("en", f.Name)).At(w.at(f.Name)...))
		}
	}
	vars := *r.Principal.Vars(r.Now)
	vars.Record = w.image
	if w.old != nil {
		vars.Old = w.old.Image
	}
	vars.Changed = func(name string) bool { return w.changed[name] }
	for _, rule := range rules {
		if ok, err := rule.Eval(ctx, vars); ok && err == nil {
			continue
		}
		path := w.path
		if rule.Field != "" {
			path = w.at(rule.Field)
		}
		w.add(trellis.Errorf(trellis.CodeValidationFailed, "%s", rule.Message.In("en", fmt.Sprintf("the rule %s is broken", rule.Name))).At(path...))
	}
}

// loadHops reads, as the system, the records that rules reach over lookups. The
// new images reach what is written with them as it will be.
func (e *Engine) loadHops(ctx context.Context, r *Request, plan *writePlan, rows []*row, written map[trellis.ID]*query.Image) error {
	if len(plan.hops) == 0 {
		return nil
	}
	var images, before []*query.Image
	for _, w := range rows {
		images = append(images, w.image)
		if w.old != nil {
			before = append(before, w.old.Image)
		}
	}
	if err := e.loadPaths(ctx, r, plan.object, plan.hops, before, nil); err != nil {
		return err
	}
	return e.loadPaths(ctx, r, plan.object, plan.hops, images, written)
}

// ends are the fields at the end of paths that have no column.
func ends(o *metadata.ObjectView, paths []expr.Path) []string {
	var names []string
	for _, p := range paths {
		if len(p) != 1 {
			continue
		}
		if f := o.Field(p[0]); f != nil && f.Computed == metadata.AtRead {
			names = append(names, f.Name)
		}
	}
	return names
}

// computeForRules puts values that have no column, and that rules ask for, into
// the images: formulas, by what the record will be. Their hops are loaded.
func (p *writePlan) computeForRules(ctx context.Context, r *Request, w *row) {
	for _, c := range p.asked {
		w.image.Values[c.field.Name] = c.value(ctx, r, w.image)
		if w.old != nil {
			w.old.Values[c.field.Name] = c.value(ctx, r, w.old.Image)
		}
	}
}

// loadPaths follows the first lookup of each path for all images in one query
// per lookup, then goes on from there.
func (e *Engine) loadPaths(ctx context.Context, r *Request, o *metadata.ObjectView, paths []expr.Path, images []*query.Image, written map[trellis.ID]*query.Image) error {
	next := map[string][]expr.Path{}
	for _, p := range paths {
		next[p[0]] = append(next[p[0]], p[1:])
	}
	for lookup, rest := range next {
		f := o.Field(lookup)
		target := r.View.Snapshot.Lookup(f.Target)
		byID := map[trellis.ID]*query.Image{}
		var wanted [][]any
		var reached []*query.Image
		for _, img := range images {
			id, ok := img.Values[lookup].(trellis.ID)
			if _, known := byID[id]; !ok || known {
				continue
			}
			if byID[id] = written[id]; byID[id] != nil {
				reached = append(reached, byID[id])
			} else {
				wanted = append(wanted, []any{id})
			}
		}
		found, err := e.stored(ctx, systemRequest(r), &query.Wanted{Object: target, Match: []*metadata.Field{target.Field("id")}, Values: wanted, Action: metadata.ActionRead, Computed: ends(target, rest)})
		if err != nil {
			return err
		}
		for _, s := range found {
			if s != nil {
				byID[s.ID] = s.Image
				reached = append(reached, s.Image)
			}
		}
		for _, img := range images {
			if id, ok := img.Values[lookup].(trellis.ID); ok && byID[id] != nil {
				img.SetHop(lookup, byID[id])
			}
		}
		var deeper []expr.Path
		for _, p := range rest {
			if len(p) > 1 {
				deeper = append(deeper, p)
			}
		}
		if len(deeper) > 0 && len(reached) > 0 {
			if err := e.loadPaths(ctx, r, target, deeper, reached, written); err != nil {
				return err
			}
		}
	}
	return nil
}
