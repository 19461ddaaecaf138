package ddl

import (
	"fmt"
	"strings"

	"github.com/trellishq/trellis/metadata"
)

// createTable makes a table with all columns of an object. Foreign keys follow
// when all tables are there, since objects may refer to each other.
func (p *planner) createTable(o *metadata.Object) {
	p.fresh[o.Table] = true
	var lines []string
	all := append(metadata.SystemFields(o), o.Fields...)
	for _, f := range all {
		lines = append(lines, columns(f)...)
	}
	// Which delete trashed the record; what went together is restored together.
	lines = append(lines, quote(metadata.BatchColumn)+" uuid")
	lines = append(lines, fmt.Sprintf("CONSTRAINT %s PRIMARY KEY (id)", quote(metadata.IndexName(o.Table, "pkey"))))
	p.within(Step{Kind: CreateTable, Lock: NoLock, Online: true, Object: o.Name,
		SQL: fmt.Sprintf("CREATE TABLE %s (\n\t%s\n)", p.table(o.Table), strings.Join(lines, ",\n\t"))})
	for _, x := range recordSpecs(o) {
		p.add(o, false, x)
	}
	for _, f := range all {
		if f.Kind.IsLookup() {
			p.constraints = append(p.constraints, Step{Kind: AddForeignKey, Phase: Within, Lock: ShareRowExclusive, Online: true, Object: o.Name, Field: f.Name,
				SQL: fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (id)",
					p.table(o.Table), quote(foreignKey(o, f)), quote(f.Column), p.target(f))})
		}
		if !f.System() {
			p.newFieldIndexes(o, f, false)
		}
	}
}

// hideTable frees the targets of a removed object's lookups. The table stays.
func (p *planner) hideTable(o *metadata.Object) {
	for _, f := range append(metadata.SystemFields(o), o.Fields...) {
		if f.Kind.IsLookup() {
			p.within(Step{Kind: DropForeignKey, Lock: AccessExclusive, Online: true, Object: o.Name, Field: f.Name,
				SQL: fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", p.table(o.Table), quote(foreignKey(o, f)))})
		}
	}
	p.plan.Hidden = append(p.plan.Hidden, &metadata.Removed{Object: o.Name, Table: o.Table, ObjectWas: o})
	p.within(Step{Kind: Hide, Lock: ShareUpdateExclusive, Online: true, Object: o.Name,
		SQL:   fmt.Sprintf("COMMENT ON TABLE %s IS 'removed from the metadata; kept for a while'", p.table(o.Table)),
		Loses: fmt.Sprintf("all records of %s: nobody sees them any more, and after 30 days they may be dropped", o.Name)})
}

// showTable gives a hidden table back. Its indexes are there still.
func (p *planner) showTable(o *metadata.Object) {
	p.within(Step{Kind: Show, Lock: ShareUpdateExclusive, Online: true, Object: o.Name,
		SQL: fmt.Sprintf("COMMENT ON TABLE %s IS NULL", p.table(o.Table))})
	was := map[string]bool{}
	if h := p.hidden[o.Table]; h != nil && h.ObjectWas != nil {
		for _, f := range h.ObjectWas.Fields {
			was[f.Column] = true
		}
	}
	for _, f := range append(metadata.SystemFields(o), o.Fields...) {
		if f.System() || was[f.Column] {
			p.refer(o, f)
		}
	}
}
