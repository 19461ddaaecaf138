package ddl

import (
	"fmt"
	"strings"

	"github.com/trellishq/trellis/metadata"
)

// columnType is the SQL type of a column.
func columnType(c metadata.Column) string {
	switch c.Storage {
	case metadata.StoredInt8:
		return "bigint"
	case metadata.StoredNumeric:
		return fmt.Sprintf("numeric(%d,%d)", c.Precision, c.Scale)
	case metadata.StoredBool:
		return "boolean"
	case metadata.StoredDate:
		return "date"
	case metadata.StoredTimestamp:
		return "timestamptz"
	case metadata.StoredTime:
		return "time"
	case metadata.StoredUUID:
		return "uuid"
	case metadata.StoredTexts:
		return `text[] COLLATE "C"`
	case metadata.StoredJSON:
		return "jsonb"
	}
	return textType
}

// textType sorts by code point whatever the database's own collation is.
const textType = `text COLLATE "C"`

// columns gives the definitions of a field's columns.
func columns(f *metadata.Field) []string {
	if len(f.Columns()) == 0 {
		return nil
	}
	null := ""
	if f.NotNull() {
		null = " NOT NULL"
	}
	var out []string
	for _, c := range f.Parts() {
		out = append(out, quote(c.Name)+" "+columnType(c)+null)
	}
	return out
}

// addColumn adds a field to a table that may hold records. A constant default
// is written into the catalogue and not into the rows; it goes at once, so that
// the engine alone decides what new records get.
func (p *planner) addColumn(o *metadata.Object, f *metadata.Field) {
	values, _ := f.ParseDefault()
	adds := columns(f)
	for i := range adds {
		adds[i] = "ADD COLUMN " + adds[i]
		if values != nil && values[i] != "" {
			adds[i] += " DEFAULT " + literal(values[i], f.Part(i))
		}
	}
	s := Step{Kind: AddColumn, Lock: AccessExclusive, Online: true, Object: o.Name, Field: f.Name}
	s.SQL = fmt.Sprintf("ALTER TABLE %s %s", p.table(o.Table), strings.Join(adds, ", "))
	if f.Kind.IsLookup() {
		s.SQL += fmt.Sprintf(" CONSTRAINT %s REFERENCES %s (id)", quote(foreignKey(o, f)), p.target(f))
	}
	p.within(s)
	if values != nil {
		drops := make([]string, 0, len(values))
		for i, c := range f.Columns() {
			if values[i] != "" {
				drops = append(drops, fmt.Sprintf("ALTER COLUMN %s DROP DEFAULT", quote(c)))
			}
		}
		p.within(Step{Kind: DropDefault, Lock: AccessExclusive, Online: true, Object: o.Name, Field: f.Name,
			SQL: fmt.Sprintf("ALTER TABLE %s %s", p.table(o.Table), strings.Join(drops, ", "))})
	}
	p.newFieldIndexes(o, f, true)
}

// literal is a constant of a column's type. The value comes from ParseDefault,
// which knows its shape.
func literal(value string, c metadata.Column) string {
	return text(value, strings.TrimSuffix(columnType(c), ` COLLATE "C"`))
}

// hideColumn takes constraints and indexes from a removed field. Its data
// stays; the catalogue remembers until when.
func (p *planner) hideColumn(o *metadata.Object, f *metadata.Field) {
	if f.Kind.IsLookup() {
		p.within(Step{Kind: DropForeignKey, Lock: AccessExclusive, Online: true, Object: o.Name, Field: f.Name,
			SQL: fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", p.table(o.Table), quote(foreignKey(o, f)))})
	}
	for _, x := range fieldSpecs(o, f) {
		p.dropIndex(o, x)
	}
	p.keep(o, f)
	p.within(Step{Kind: Hide, Lock: ShareUpdateExclusive, Online: true, Object: o.Name, Field: f.Name,
		SQL:   fmt.Sprintf("COMMENT ON COLUMN %s.%s IS 'removed from the metadata; kept for a while'", p.table(o.Table), quote(f.Part(0).Name)),
		Loses: fmt.Sprintf("the values of %s.%s: nobody sees them any more, and after 30 days they may be dropped", o.Name, f.Name)})
}

// keep remembers a removed field. One without a column keeps the name that its
// column would have, so that it can be told from others.
func (p *planner) keep(o *metadata.Object, f *metadata.Field) {
	columns := f.Columns()
	if len(columns) == 0 {
		columns = []string{f.Column}
	}
	p.plan.Hidden = append(p.plan.Hidden, &metadata.Removed{Object: o.Name, Field: f.Name, Table: o.Table, Columns: columns, FieldWas: f})
}

// restoreField gives a hidden field back, with its indexes.
func (p *planner) restoreField(o *metadata.Object, f *metadata.Field) {
	if f.Width() == 0 {
		return
	}
	p.show(o, f)
	for _, x := range fieldSpecs(o, f) {
		p.add(o, true, x)
	}
}

// show gives a hidden column back: its foreign key, without references that lead
// nowhere any more. Its indexes are the caller's.
func (p *planner) show(o *metadata.Object, f *metadata.Field) {
	p.within(Step{Kind: Show, Lock: ShareUpdateExclusive, Online: true, Object: o.Name, Field: f.Name,
		SQL: fmt.Sprintf("COMMENT ON COLUMN %s.%s IS NULL", p.table(o.Table), quote(f.Part(0).Name))})
	p.refer(o, f)
}

// refer adds the foreign key of a lookup whose column may have values already.
func (p *planner) refer(o *metadata.Object, f *metadata.Field) {
	if !f.Kind.IsLookup() {
		return
	}
	table, column := p.table(o.Table), quote(f.Column)
	p.constraints = append(p.constraints,
		Step{Kind: Convert, Phase: Within, Lock: RowExclusive, Object: o.Name, Field: f.Name,
			SQL: fmt.Sprintf(`UPDATE %s AS t SET %s = NULL WHERE %s IS NOT NULL AND NOT EXISTS (SELECT FROM %s AS r WHERE r."id" = t.%s)`, table, column, column, p.target(f), column)},
		Step{Kind: AddForeignKey, Phase: Within, Lock: ShareRowExclusive, Object: o.Name, Field: f.Name,
			SQL: fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (id)", table, quote(foreignKey(o, f)), column, p.target(f))})
}

func foreignKey(o *metadata.Object, f *metadata.Field) string {
	return metadata.IndexName(o.Table, f.Column, "fk")
}

// quote quotes an identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// table is a qualified, quoted name.
func (p *planner) table(name string) string { return quote(p.schema) + "." + quote(name) }
