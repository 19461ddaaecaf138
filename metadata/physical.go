package metadata

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// fixedTables exist in every workspace schema without being objects' own.
var fixedTables = []string{"team_member", "record_share", "role_closure"}

// pgColumns are PostgreSQL's own columns of every table.
var pgColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

const (
	maxTable = 50 // leaves room for the names of indexes
	maxPart  = 53 // leaves room for _code and a number
	maxIdent = 63 // of PostgreSQL, in bytes
)

// namePhysical fills the physical names of def. What current has is kept,
// found by the physical name a draft carries on, else by name; every other
// name is made anew, so that nobody can choose one.
func namePhysical(def, current *Definition, live *finder) {
	was := namesOf(def, current)
	_, changed := Differing(current.Objects, def.Objects)
	back, columns := takeBack(def, changed, live)
	for table, o := range back {
		was.byTable[table] = o
	}
	taken := map[string]bool{} // tables of changed objects
	for _, o := range changed {
		if o.Table != "" && (was.byTable[o.Table] == nil || taken[o.Table]) {
			o.Table = ""
		}
		taken[o.Table] = true
	}
	var created []*Object
	for _, o := range changed {
		if old := was.byName[o.Name]; o.Table == "" && old != nil && !taken[old.Table] {
			o.Table, taken[old.Table] = old.Table, true
		}
	}
	for _, o := range changed {
		for _, a := range o.Formerly {
			if old := was.byName[a.Name]; o.Table == "" && old != nil && !taken[old.Table] {
				o.Table, taken[old.Table] = old.Table, true
			}
		}
		if o.Table == "" {
			created = append(created, o)
		}
	}
	if len(created) > 0 {
		nameTables(created, changed, def, live)
	}
	hidden := map[string][]string{} // columns by table
	for _, r := range def.Removed {
		hidden[r.Table] = append(hidden[r.Table], r.Columns...)
	}
	for _, o := range changed {
		nameColumns(o, was.byTable[o.Table], hidden[o.Table], columns)
	}
}

// nameTables names new tables as nothing in the schema is named, or was until
// this draft removed it.
func nameTables(created, changed []*Object, def *Definition, live *finder) {
	taken := map[string]bool{}
	for _, t := range fixedTables {
		taken[t] = true
	}
	for _, o := range changed {
		taken[o.Table] = true
	}
	for _, r := range def.Removed {
		taken[r.Table] = true
	}
	last := map[string]int{}
	for _, o := range created {
		o.Table = unique(snake(o.Name), func(t string) bool { return taken[t] || live.table(t) != nil }, last, maxTable)
		taken[o.Table] = true
	}
}

// names finds what a workspace has, by name and by physical name.
type names struct {
	byName, byTable map[string]*Object
}

// namesOf has what def does not share with current.
func namesOf(def, current *Definition) names {
	n := names{map[string]*Object{}, map[string]*Object{}}
	objects, _ := Differing(current.Objects, def.Objects)
	if len(current.Objects) == 0 {
		objects = SystemObjects()
	}
	for _, o := range objects {
		n.byName[o.Name], n.byTable[o.Table] = o, o
	}
	return n
}

// nameColumns names the columns of an object that was old, nil for none. Those
// that back lists come back from what is hidden.
func nameColumns(o, old *Object, hidden []string, back map[*Field]bool) {
	taken := map[string]bool{}
	for _, f := range systemFields {
		taken[f.Column] = true
	}
	for _, c := range append(append(hidden, BatchColumn), pgColumns...) {
		taken[c] = true
	}
	byName, byColumn := map[string]*Field{}, map[string]*Field{}
	if old != nil {
		for _, f := range old.Fields {
			byName[f.Name], byColumn[f.Column] = f, f
		}
	}
	// A column goes on as long as it can hold the values; else the field gets
	// another, which they are converted into. Validate refuses what is no way.
	keep := func(f, was *Field) bool {
		if was == nil || taken[was.Column] || Convert(was, f).Way == Copied {
			return false
		}
		f.Column = was.Column
		take(taken, f)
		return true
	}
	for _, f := range o.Fields {
		if back[f] && !taken[f.Column] {
			take(taken, f)
		} else if !keep(f, byColumn[f.Column]) {
			f.Column = ""
		}
	}
	for _, f := range o.Fields {
		if f.Column == "" {
			keep(f, byName[f.Name])
		}
	}
	for _, f := range o.Fields {
		for _, a := range f.Formerly {
			if f.Column == "" {
				keep(f, byName[a.Name])
			}
		}
	}
	for _, f := range byColumn {
		take(taken, f) // also of what this draft removes
	}
	last := map[string]int{}
	for _, f := range o.Fields {
		if f.Column == "" {
			f.Column = freeColumn(f, taken, last)
		}
	}
	nameIndexes(o)
}

// take reserves the names of a field's columns, and the one they begin with,
// which a field may have that has no column of its own.
func take(taken map[string]bool, f *Field) {
	taken[f.Column] = true
	for _, c := range f.Columns() {
		taken[c] = true
	}
}

// freeColumn names the columns of a field as nothing is named. last has the
// numbers given so far, so that many fields of one name cost what they are many.
func freeColumn(f *Field, taken map[string]bool, last map[string]int) string {
	const number = 6 // leaves room for it, and for what statements put in front
	base := shorten(snake(f.Name), min(maxPart, maxIdent-number-f.longestSuffix()))
	if f.Kind.IsLookup() {
		base += "_id"
	}
	if f.Kind == KindManyToMany {
		base += "_ln"
	}
	for n := last[base] + 1; ; n++ {
		f.Column = base
		if n > 1 {
			f.Column += "_" + strconv.Itoa(n)
		}
		free := !taken[f.Column]
		for _, c := range f.Columns() {
			free = free && !taken[c]
		}
		if free {
			last[base] = n
			take(taken, f)
			return f.Column
		}
	}
}

// nameIndexes names the declared indexes after their table and columns. An
// index over other fields, with another condition or range, or newly unique, is
// another index.
func nameIndexes(o *Object) {
	for _, x := range o.Indexes {
		parts := make([]string, 0, len(x.Fields)+1)
		for _, name := range x.Fields {
			parts = append(parts, columnOf(o, name))
		}
		if x.Range != nil {
			parts = append(parts, columnOf(o, x.Range.From), columnOf(o, x.Range.To), "range")
		}
		if x.Where != "" {
			sum := sha256.Sum256([]byte(x.Where))
			parts = append(parts, hex.EncodeToString(sum[:4]))
		}
		if x.Unique {
			parts = append(parts, "key")
		}
		x.Name = IndexName(o.Table, append(parts, "x")...)
	}
}

func columnOf(o *Object, field string) string {
	for _, f := range o.Fields {
		if f.Name == field {
			return f.Column
		}
	}
	for _, f := range systemFields {
		if f.Name == field {
			return f.Column
		}
	}
	return snake(field)
}

// KeyName is the physical name of the unique index that comes with a field. That
// of a number names the columns of its scope, so that a number with another
// scope has another index, which can be built beside the first.
func KeyName(o *Object, f *Field) string {
	parts := []string{f.Column}
	if f.Kind == KindAutoNumber && f.Number != nil {
		for _, name := range f.Number.Scope {
			parts = append(parts, columnOf(o, name))
		}
	}
	return IndexName(o.Table, append(parts, "key")...)
}

// IndexName is the physical name of an index or constraint on a table. Its
// double underscore keeps it apart from the names of tables.
func IndexName(table string, parts ...string) string {
	return shorten(table+"__"+strings.Join(parts, "__"), maxIdent)
}

// unique gives name, or name with a number; last as in freeColumn.
func unique(name string, taken func(string) bool, last map[string]int, most int) string {
	name = shorten(name, most)
	got, n := name, max(1, last[name])
	for taken(got) {
		n++
		got = name + "_" + strconv.Itoa(n)
	}
	last[name] = n
	return got
}

// shorten cuts a name to most bytes; what is cut becomes a hash at its end.
func shorten(name string, most int) string {
	if len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:most-9] + "_" + hex.EncodeToString(sum[:4])
}

// snake turns closeDate into close_date.
func snake(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
