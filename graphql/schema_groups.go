package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// groupScalars adds what groups of all objects share.
func (b *builder) groupScalars() {
	bucket := b.enum("DateBucket", "Cuts a date or an instant to the first day of its day, week, month, quarter or year. Weeks begin on Monday.")
	for _, v := range []query.Bucket{query.Day, query.Week, query.Month, query.Quarter, query.Year} {
		bucket.EnumValues = append(bucket.EnumValues, &ast.EnumValueDefinition{Name: bucketName(v)})
	}
	money := b.define(ast.InputObject, "MoneyGroupBy", "Give one of the two.")
	input(money, "amount", "", named("Boolean"))
	input(money, "currency", "", named("Boolean"))
}

// groupLists adds the groups of an object's lists to their connection, for those
// who may aggregate.
func (b *builder) groupLists(connection *ast.Definition, o *objectSight) {
	if !o.aggregate || !b.asks(connection, "groups") && !b.asks(connection, "groupCount") {
		return
	}
	n := o.names
	by := arg("by", "6 keys at most; without any, all records are one group.", listOf(n.groupBy))
	b.output(connection, "groups", "The records that the filter finds, put together by equal keys.", requiredList(n.group), binding{what: listGroups, object: o},
		by, arg("orderBy", "By the keys unless told.", listOf(n.groupOrder)),
		arg("first", "How many groups; all of them unless told, and an error when they are more than 1,000 (200 in nested lists).", named("Int")),
		arg("timeZone", "Where the days of a DateTime end, as in Asia/Shanghai; the zone of the request unless told.", named("String")))
	b.output(connection, "groupCount", "How many groups there are. Stops at 10,000.", named("Long"), binding{what: listGroupCount, object: o},
		by, arg("timeZone", "", named("String")))
}

// groups adds the types of an object's groups. Keys are there for whoever may
// read, since other objects' groups reach them over lookups; the rest is for
// those who may aggregate.
func (b *builder) groups(o *objectSight) {
	b.groupKeys(o)
	if !o.aggregate {
		return
	}
	n := o.names
	d := b.define(ast.Object, n.group, "Records with equal keys, together.")
	b.output(d, "key", "What the records have in common: what by names.", required(n.groupKey), binding{what: groupKey, object: o})
	b.output(d, "count", "How many records.", required("Long"), binding{what: groupCount, object: o})
	b.output(d, "countDistinct", "How many different values there are.", named("Long"), binding{what: groupDistinct, object: o}, arg("of", "", required(n.groupBy)))
	order := b.define(ast.InputObject, n.groupOrder, "One sort term: exactly one of the fields is given.")
	b.input(order, "key", "One of the keys in by.", named(n.order))
	b.input(order, "count", "", named("OrderDirection"))
	for _, fn := range b.measures(o) {
		b.output(d, fn.name, fn.help, required(fn.typ), binding{what: groupMeasures, object: o, fn: fn.fn})
		b.input(order, fn.name, "", named(n.order))
	}
}

// groupKeys adds the keys of an object.
func (b *builder) groupKeys(o *objectSight) {
	by := b.define(ast.InputObject, o.names.groupBy, "One key: exactly one of the fields is given, as true or with its bucket.")
	key := b.define(ast.Object, o.names.groupKey, "Only what the groups were made by can be asked.")
	fields := b.fields(by, o)
	if len(fields) == 0 {
		fields = b.fields(key, o)
	}
	for _, f := range fields {
		if !o.filterable(f.Name) || !query.CanGroup(f) || isVersion(f) {
			continue
		}
		how, what := "Boolean", o.scalarOf(f)
		switch {
		case f.Kind.IsLookup():
			t := b.sight.target(f)
			if t == nil {
				continue
			}
			how, what = t.names.groupBy, t.names.groupKey
		case f.Type() == expr.MoneyType:
			how, what = "MoneyGroupBy", "Money"
		case what == "Date" || what == "DateTime":
			how, what = "DateBucket", "Date"
		}
		b.input(by, f.Name, b.help(f), named(how))
		b.output(key, f.Name, b.help(f), named(what), binding{what: groupKeyField, object: b.sight.target(f), field: f})
	}
}

// isVersion tells the number of a record's changes, which says nothing of many
// records together.
func isVersion(f *metadata.Field) bool { return f.System() && f.Name == "version" }

// measured is one of sum, avg, min, max of a group.
type measured struct {
	name, help, typ string
	fn              expr.Aggregate
}

// measures adds the types of an object's sums and extremes, and says which
// there are.
func (b *builder) measures(o *objectSight) []measured {
	const help = "Empty values do not count; null when there is no other."
	totals, extremes := b.define(ast.Object, o.names.totals, help), b.define(ast.Object, o.names.extremes, help)
	var sums, ends bool
	for _, f := range o.All {
		if !o.aggregable(f.Name) || isVersion(f) {
			continue
		}
		typ, bind := o.scalarOf(f), binding{what: groupMeasure, object: o, field: f}
		if f.Type() == expr.MoneyType {
			typ, bind.what = "Money", groupMoney
		}
		if query.CanMeasure(f, expr.Least) {
			ends = true
			b.output(extremes, f.Name, b.help(f), named(typ), bind)
		}
		if typ == "Long" || typ == "Int" {
			typ = "Decimal"
		}
		if query.CanMeasure(f, expr.Sum) {
			sums = true
			b.output(totals, f.Name, b.help(f), named(typ), bind)
		}
	}
	var all []measured
	if n := o.names.totals; sums {
		all = append(all, measured{"sum", "", n, expr.Sum}, measured{"avg", "The mean, with four places more than the field.", n, expr.Mean})
	} else {
		b.drop(totals)
	}
	if n := o.names.extremes; ends {
		all = append(all, measured{"min", "", n, expr.Least}, measured{"max", "", n, expr.Most})
	} else {
		b.drop(extremes)
	}
	return all
}
