package ddl

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// Phase says when a step runs.
type Phase string

// The phases. A step outside the transaction is of the CONCURRENTLY kind: it
// is repeatable and leaves an INVALID index when it fails.
const (
	// Before the transaction: an index that decides whether the change is
	// possible at all, as a unique one over data there is.
	Before Phase = "before"
	// Within the transaction that changes the metadata.
	Within Phase = "within"
	// After the transaction has committed.
	After Phase = "after"
)

// Lock is the name of PostgreSQL's table lock that a step takes.
type Lock string

// The locks that steps take, strongest first. AccessExclusive stops readers and
// writers, ShareRowExclusive and Share stop writers, ShareUpdateExclusive stops
// neither.
const (
	AccessExclusive      Lock = "ACCESS EXCLUSIVE"
	ShareRowExclusive    Lock = "SHARE ROW EXCLUSIVE"
	Share                Lock = "SHARE"
	ShareUpdateExclusive Lock = "SHARE UPDATE EXCLUSIVE"
	RowExclusive         Lock = "ROW EXCLUSIVE" // of a step that writes rows, which writers of these wait for
	NoLock               Lock = "none"
)

// Kind says what a step does.
type Kind string

// The kinds of steps.
const (
	CreateSchema   Kind = "createSchema"
	CreateTable    Kind = "createTable"
	DropTable      Kind = "dropTable"
	AddColumn      Kind = "addColumn"
	DropColumn     Kind = "dropColumn" // of values that are computed
	DropDefault    Kind = "dropDefault"
	AlterType      Kind = "alterType"
	AddForeignKey  Kind = "addForeignKey"
	DropForeignKey Kind = "dropForeignKey"
	AddConstraint  Kind = "addConstraint"
	DropConstraint Kind = "dropConstraint"
	CreateIndex    Kind = "createIndex"
	DropIndex      Kind = "dropIndex"
	Convert        Kind = "convert"
	Hide           Kind = "hide"
	Show           Kind = "show"
)

// Step is one statement of DDL.
type Step struct {
	Kind  Kind   `json:"kind"`
	SQL   string `json:"sql"`
	Phase Phase  `json:"phase"`
	// Lock is the strongest lock on a table that exists already.
	Lock Lock `json:"lock"`
	// Online says that the step takes about the same few milliseconds however
	// many records there are, or lets others read and write while it works.
	Online bool `json:"online"`
	// Loses says what people lose by the step, "" for nothing.
	Loses string `json:"loses,omitempty"`
	// Index is the qualified, quoted name of the index that a step drops, or
	// makes outside the transaction, for cleaning up after a failure.
	Index string `json:"index,omitempty"`
	// Object and Field say whom the step is for.
	Object string `json:"object,omitempty"`
	Field  string `json:"field,omitempty"`
	// Losses counts what Loses speaks of, nil when it is everything.
	Losses *Losses `json:"-"`
	// Samples are a few values that would get lost. They are records' values:
	// not everybody may read them.
	Samples []string `json:"-"`
	// Chunk does a step that converts values in part, beforehand and beside the
	// traffic: from the id $1 on for at most $2 records of Table. It gives the
	// last id it looked at, no row at the end.
	Chunk string `json:"-"`
	Table string `json:"-"` // qualified and quoted
}

// Concurrent says that the step runs outside the transaction.
func (s Step) Concurrent() bool { return s.Phase != Within }

// Plan is what has to be done for a change, in order.
type Plan struct {
	Changes []metadata.Change `json:"changes"`
	Steps   []Step            `json:"steps"`
	// Hidden lists the columns and tables that the plan hides; their Until is
	// not set.
	Hidden []*metadata.Removed `json:"-"`
}

// Loses lists what people lose by the plan.
func (p *Plan) Loses() []string {
	var out []string
	for _, s := range p.Steps {
		if s.Loses != "" {
			out = append(out, s.Loses)
		}
	}
	return out
}

// In lists the steps of one phase.
func (p *Plan) In(phase Phase) []Step {
	var out []Step
	for _, s := range p.Steps {
		if s.Phase == phase {
			out = append(out, s)
		}
	}
	return out
}

// Make plans the way from old to def in a workspace's schema. Both are
// normalised, and def is valid after old (metadata.ValidateChange); old is nil
// for an empty schema that has the tables of Base. It fails for changes that
// keep no data, which ValidateChange refuses.
func Make(old, def *metadata.Definition, schema string) (*Plan, error) {
	p := &planner{schema: schema, plan: &Plan{Changes: metadata.Diff(old, def)}, def: def, old: old, fresh: map[string]bool{}, hidden: map[string]*metadata.Removed{}}
	if old != nil {
		for _, r := range old.Removed {
			switch {
			case len(r.Columns) == 0:
				p.hidden[r.Table] = r
			case r.FieldWas != nil:
				p.hidden[r.Table+"."+r.FieldWas.Column] = r
			}
		}
	}
	for _, c := range p.plan.Changes {
		if err := p.change(c); err != nil {
			return nil, err
		}
	}
	if err := p.reindex(old); err != nil {
		return nil, err
	}
	p.plan.Steps = append(p.plan.Steps, p.constraints...)
	p.plan.Steps = append(p.plan.Steps, p.indexes...)
	return p.plan, nil
}

// planner collects steps. Foreign keys and indexes come after all tables and
// columns.
type planner struct {
	schema      string
	plan        *Plan
	def, old    *metadata.Definition
	fresh       map[string]bool              // tables the plan makes
	hidden      map[string]*metadata.Removed // by table, and by table.column
	remade      map[string]bool              // table.column of computed fields made anew
	constraints []Step
	indexes     []Step
	engine      *expr.Engine // of conditions of indexes, made when first needed
}

func (p *planner) change(c metadata.Change) error {
	switch c.Kind {
	case metadata.OfObject:
		switch c.Op {
		case metadata.OpAdd:
			p.createTable(c.NewObject)
		case metadata.OpRestore:
			p.showTable(c.NewObject)
		case metadata.OpRemove:
			p.hideTable(c.OldObject)
		}
	case metadata.OfField:
		return p.field(c)
	case metadata.OfIndex:
		return p.index(c)
	}
	return nil
}

func (p *planner) field(c metadata.Change) error {
	if c.OldField.Linked() || c.NewField.Linked() { // the link object has the columns
		if c.Op == metadata.OpRemove {
			p.keep(c.NewObject, c.OldField)
		}
		return nil
	}
	if f := cmp.Or(c.NewField, c.OldField); f.Kind == metadata.KindFormula || f.Kind == metadata.KindRollUp {
		return p.computedField(c)
	}
	switch c.Op {
	case metadata.OpAdd:
		if !p.fresh[c.NewObject.Table] { // else it came with its table
			p.addColumn(c.NewObject, c.NewField)
		}
	case metadata.OpRestore:
		p.restoreField(c.NewObject, c.NewField)
	case metadata.OpRemove:
		p.hideColumn(c.NewObject, c.OldField)
	default:
		if c.OldField.Column != c.NewField.Column {
			return p.retype(c)
		}
		return p.changeField(c)
	}
	return nil
}

func (p *planner) changeField(c metadata.Change) error {
	o, old, now := c.NewObject, c.OldField, c.NewField
	lookups := old.Kind.IsLookup() && now.Kind.IsLookup() // to one table, though it may be called otherwise
	if way := metadata.Convert(old, now); way.Way != metadata.InPlace && !lookups {
		return fmt.Errorf("%s.%s: %s", o.Name, now.Name, cmp.Or(way.Why, "it keeps its column and cannot"))
	}
	from, to := old.Parts(), now.Parts()
	for i := range to {
		if columnType(from[i]) == columnType(to[i]) {
			continue
		}
		p.within(Step{Kind: AlterType, Lock: AccessExclusive, Online: true, Object: o.Name, Field: now.Name,
			SQL: fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s", p.table(o.Table), quote(to[i].Name), columnType(to[i]))})
	}
	p.dropTargets(o, old, now)
	p.changeFieldIndexes(c)
	return nil
}

// dropTargets tells that references to records of objects that a polymorphic
// lookup may refer to no longer are seen no more. The columns keep them.
func (p *planner) dropTargets(o *metadata.Object, old, now *metadata.Field) {
	if now.Kind != metadata.KindPolymorphic || old.Kind != now.Kind {
		return
	}
	if gone := now.WithoutTargets(old); len(gone) > 0 {
		column := now.PartColumn(expr.ObjectPart)
		p.within(Step{Kind: Hide, Lock: ShareUpdateExclusive, Online: true, Object: o.Name, Field: now.Name,
			SQL:   fmt.Sprintf("COMMENT ON COLUMN %s.%s IS 'also refers to objects that are targets no more'", p.table(o.Table), quote(column)),
			Loses: fmt.Sprintf("the references of %s.%s to records of %s: nobody sees them any more", o.Name, now.Name, strings.Join(gone, ", "))})
	}
}

func (p *planner) within(s Step) {
	s.Phase = Within
	p.plan.Steps = append(p.plan.Steps, s)
}

// target is the table that a lookup refers to.
func (p *planner) target(f *metadata.Field) string {
	if o := p.def.Object(f.Target); o != nil {
		return p.table(o.Table)
	}
	return p.table("")
}
