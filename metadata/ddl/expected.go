package ddl

import (
	"slices"
	"strings"

	"github.com/trellishq/trellis/metadata"
)

// Table is a table as a definition wants it.
type Table struct {
	Name        string // physical
	Object      string
	Columns     []TableColumn
	Indexes     []TableIndex
	ForeignKeys []ForeignKey
}

// TableColumn is a column: its type as format_type gives it, without collation.
type TableColumn struct {
	Name, Type, Collation string // collation "C" of text, else ""
	NotNull               bool
	Field                 string
}

// TableIndex is an index or an exclusion constraint.
type TableIndex struct {
	Name string
	// Method, Unique and Columns (with " DESC" where it is so) are compared as
	// they are.
	Method  string
	Unique  bool
	Columns []string
	// Condition says that there is one beside the live records, or that it is
	// over an expression or a range. SQL then makes the index on any table, given its name, to
	// compare what PostgreSQL makes of it.
	Condition bool
	Exclusion bool
	Live      bool // live records only
	SQL       func(table string) string
	Field     string
}

// ForeignKey is a foreign key to the column id of a table.
type ForeignKey struct{ Name, Column, Target, Field string }

// FixedTables are the tables of every workspace that are no objects: those that
// Base makes.
func FixedTables() []Table {
	id := func(name string) TableColumn { return TableColumn{Name: name, Type: "uuid", NotNull: true} }
	text := func(name string) TableColumn {
		return TableColumn{Name: name, Type: "text", Collation: "C", NotNull: true}
	}
	index := func(name string, unique bool, columns ...string) TableIndex {
		return TableIndex{Name: name, Method: "btree", Unique: unique, Columns: columns}
	}
	key := func(table, column, target string) ForeignKey {
		return ForeignKey{Name: table + "_" + column + "_fkey", Column: column, Target: target}
	}
	return []Table{
		{Name: "record_share", Columns: []TableColumn{text("object"), id("record_id"), text("principal"), text("access"), text("cause")},
			Indexes: []TableIndex{index("record_share__pkey", true, "object", "record_id", "principal", "cause"), index("record_share__principal__idx", false, "object", "principal", "record_id")}},
		{Name: "role_closure", Columns: []TableColumn{id("manager_id"), id("user_id"), {Name: "depth", Type: "integer", NotNull: true}},
			Indexes:     []TableIndex{index("role_closure__pkey", true, "manager_id", "user_id"), index("role_closure__user_id__idx", false, "user_id", "manager_id")},
			ForeignKeys: []ForeignKey{key("role_closure", "manager_id", "user"), key("role_closure", "user_id", "user")}},
		{Name: "team_member", Columns: []TableColumn{id("team_id"), id("user_id")},
			Indexes:     []TableIndex{index("team_member__pkey", true, "team_id", "user_id"), index("team_member__user_id__idx", false, "user_id", "team_id")},
			ForeignKeys: []ForeignKey{key("team_member", "team_id", "team"), key("team_member", "user_id", "user")}},
	}
}

// Expected lists the tables that a valid, normalised definition has, in order of
// name. What is hidden is not among them.
func Expected(def *metadata.Definition, schema string) ([]Table, error) {
	p := &planner{schema: schema, plan: &Plan{}, def: def}
	tables := make(map[string]string, len(def.Objects))
	for _, o := range def.Objects {
		tables[o.Name] = o.Table
	}
	out := make([]Table, 0, len(def.Objects))
	for _, o := range def.Objects {
		t := Table{Name: o.Table, Object: o.Name}
		for _, f := range append(metadata.SystemFields(o), o.Fields...) {
			t.field(o, f, tables)
		}
		t.Columns = append(t.Columns, TableColumn{Name: metadata.BatchColumn, Type: "uuid"})
		t.Indexes = append(t.Indexes, TableIndex{Name: metadata.IndexName(o.Table, "pkey"), Method: "btree", Unique: true, Columns: []string{"id"}})
		for _, x := range recordSpecs(o) {
			t.Indexes = append(t.Indexes, x.expected())
		}
		for _, f := range o.Fields {
			for _, x := range fieldSpecs(o, f) {
				t.Indexes = append(t.Indexes, x.expected())
			}
		}
		for _, x := range o.Indexes {
			spec, err := p.declared(o, x)
			if err != nil {
				return nil, err
			}
			t.Indexes = append(t.Indexes, spec.expected())
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (t *Table) field(o *metadata.Object, f *metadata.Field, tables map[string]string) {
	if f.Width() == 0 {
		return
	}
	for _, c := range f.Parts() {
		col := TableColumn{Name: c.Name, NotNull: f.NotNull(), Field: f.Name}
		col.Type, col.Collation = columnType(c), ""
		if base, ok := strings.CutSuffix(col.Type, ` COLLATE "C"`); ok {
			col.Type, col.Collation = base, "C"
		}
		switch col.Type {
		case "timestamptz":
			col.Type = "timestamp with time zone"
		case "time":
			col.Type = "time without time zone"
		}
		t.Columns = append(t.Columns, col)
	}
	if f.Kind.IsLookup() {
		t.ForeignKeys = append(t.ForeignKeys, ForeignKey{Name: foreignKey(o, f), Column: f.Column, Target: tables[f.Target], Field: f.Name})
	}
}

func (x indexSpec) expected() TableIndex {
	out := TableIndex{Name: x.name, Method: x.method, Unique: x.unique && x.overlap == "", Exclusion: x.overlap != "", Live: x.unique,
		Condition: x.where != "" || x.overlap != "", SQL: func(table string) string { return x.sql(table, false) }}
	switch {
	case out.Exclusion:
		out.Method = "gist"
	case out.Method == "":
		out.Method = "btree"
	}
	for _, c := range x.columns {
		out.Condition = out.Condition || strings.HasPrefix(c, "(") // an expression
		name, rest, _ := strings.Cut(c, " ")
		if name = strings.ReplaceAll(strings.Trim(name, `"`), `""`, `"`); rest == "DESC" {
			name += " DESC"
		}
		out.Columns = append(out.Columns, name)
	}
	if x.field != nil {
		out.Field = x.field.Name
	}
	return out
}
