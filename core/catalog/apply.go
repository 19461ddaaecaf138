package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// keptHidden is how long the data of what was removed stays.
const keptHidden = 30 * 24 * time.Hour

// Draft makes the definition that is wanted of the current one. It gets a Fork:
// it may add and take away components, and change those that it Owns. It may
// run more than once.
type Draft func(current *metadata.Definition) (*metadata.Definition, error)

// Whole wants exactly def, which is not changed.
func Whole(def *metadata.Definition) Draft {
	return func(*metadata.Definition) (*metadata.Definition, error) { return def.Clone(), nil }
}

// Packages wants the packages of a folder (metadata.Read) in the place of what
// they held before; other packages stay.
func Packages(folder *metadata.Definition) Draft {
	return func(current *metadata.Definition) (*metadata.Definition, error) {
		return metadata.Merge(current, folder), nil
	}
}

// Options of Apply.
type Options struct {
	// By is the principal, as user:<id>. Default "system".
	By string
	// AllowLoss lets people lose data, as by removing a field. Without it such
	// a plan is refused with VALIDATION_FAILED, which says what would be lost.
	AllowLoss bool
	// Summary is kept in the history. Default: the first changes in words.
	Summary string
	// SmallTable is up to how many records, by PostgreSQL's estimate, values are
	// converted in the transaction of the change, while writers wait; those of
	// larger tables are converted beforehand, a tenth of it at a time. Default
	// 50,000.
	SmallTable int
	// IfRevision refuses with VERSION_CONFLICT unless the workspace has this
	// revision; 0 takes any.
	IfRevision int64
}

// Applied is what Apply did.
type Applied struct {
	View *View
	Plan *ddl.Plan // without changes when there was nothing to do
	// Pending counts indexes that are still to be built; Resume tries again.
	Pending int
}

// Plan tells what Apply would do now.
func (c *Catalog) Plan(ctx context.Context, workspace string, draft Draft) (*ddl.Plan, error) {
	s, err := c.open(ctx, workspace)
	if err != nil {
		return nil, err
	}
	v, err := s.catchUp(ctx, c.db)
	if err != nil {
		return nil, err
	}
	next, err := prepare(v, draft)
	if err != nil {
		return nil, err
	}
	return next.plan, count(ctx, c.db, next.plan, true)
}

// change is a draft that was found valid, and its plan.
type change struct {
	from *View
	def  *metadata.Definition
	plan *ddl.Plan
}

// prepare makes, validates and plans a draft. All its problems come as one
// trellis.Errors.
func prepare(v *View, draft Draft) (*change, error) {
	current := v.Definition()
	def, err := draft(current.Fork())
	if err != nil {
		return nil, err
	}
	metadata.Normalize(def, current)
	metadata.Intern(def, current)
	if errs := metadata.ValidateChange(def, current); len(errs) > 0 {
		return nil, errs
	}
	plan, err := ddl.Make(current, def, v.Schema)
	if err != nil {
		return nil, trellis.Wrap(trellis.CodeValidationFailed, err, "%s", err.Error())
	}
	return &change{from: v, def: def, plan: plan}, nil
}

// Apply makes a change of a workspace. When it returns, Current gives the new
// revision in this process. Errors: trellis.Errors with all problems of the
// draft, VERSION_CONFLICT, CONFLICT when another change is still being made,
// VALIDATION_FAILED for data in the way of a unique index, TIMEOUT when the
// locks could not be had.
func (c *Catalog) Apply(ctx context.Context, workspace string, draft Draft, o Options) (*Applied, error) {
	s, err := c.open(ctx, workspace)
	if err != nil {
		return nil, err
	}
	conn, done, err := c.takeTurn(ctx, s)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := conn.cleanUp(ctx, s.id); err != nil {
		return nil, err
	}
	v, err := s.catchUp(ctx, conn)
	if err != nil {
		return nil, err
	}
	if o.IfRevision != 0 && o.IfRevision != v.Revision {
		return nil, trellis.Errorf(trellis.CodeVersionConflict, "the metadata has changed: it is at revision %d, not %d", v.Revision, o.IfRevision)
	}
	next, err := prepare(v, draft)
	if err != nil {
		return nil, err
	}
	if len(next.plan.Changes) == 0 {
		return &Applied{View: v, Plan: next.plan}, nil
	}
	if !o.AllowLoss && len(next.plan.Loses()) > 0 {
		if err := count(ctx, conn, next.plan, false); err != nil {
			return nil, err
		}
		if lost := next.plan.Loses(); len(lost) > 0 {
			return nil, lossErrors(lost)
		}
	}
	view, err := c.carryOut(ctx, conn, next, o)
	if err != nil {
		return nil, err
	}
	a := &Applied{View: s.swap(view), Plan: next.plan}
	if len(next.plan.In(ddl.After)) > 0 {
		a.Pending = c.finish(ctx, conn, s.id)
	}
	return a, nil
}

func lossErrors(lost []string) trellis.Errors {
	errs := make(trellis.Errors, len(lost))
	for i, l := range lost {
		errs[i] = trellis.Errorf(trellis.CodeValidationFailed, "this would lose %s; allow the loss to go on", l)
	}
	return errs
}

// carryOut does all of a change but what comes after it.
func (c *Catalog) carryOut(ctx context.Context, conn *session, next *change, o Options) (*View, error) {
	if err := conn.convertAhead(ctx, next, cmp.Or(o.SmallTable, smallTable)); err != nil {
		return nil, errors.Join(err, conn.cleanUp(context.WithoutCancel(ctx), next.from.WorkspaceID))
	}
	before := next.plan.In(ddl.Before)
	for i, step := range before {
		err := conn.rememberIndex(ctx, next, step)
		if err == nil {
			err = conn.buildIndex(ctx, step)
		}
		if err != nil {
			conn.dropIndexes(ctx, before[:i])
			conn.giveUp(ctx, next)
			return nil, uniqueError(err, step)
		}
	}
	view, err := conn.commit(ctx, next, o)
	if err != nil {
		conn.dropIndexes(ctx, before)
		conn.giveUp(ctx, next)
		return nil, err
	}
	return view, nil
}

// summary is what the history says when nobody said it.
func summary(changes []metadata.Change) string {
	const most = 5
	var words []string
	for _, c := range changes {
		if len(words) == most {
			words = append(words, fmt.Sprintf("and %d more", len(changes)-most))
			break
		}
		words = append(words, c.String())
	}
	return strings.Join(words, "; ")
}
