package graphql

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/query"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
)

// search is the argument by which a list is searched.
var search = arg("search", "Words, each of which must be in a searchable field of the record, somewhere; 200 characters and 10 words at most. Without orderBy those come first of which a field is the text, then those where one begins with it, then the newest.", named("String"))

// searchable says that an object has fields that a search looks through.
// Whether the caller sees one of them in every record is decided when asked.
func (o *objectSight) searchable() bool {
	return slices.ContainsFunc(o.All, func(f *metadata.Field) bool { return ddl.Searched(f) && o.filterable(f.Name) })
}

// search adds the root field that searches all objects.
func (b *builder) search(d *ast.Definition) {
	hit := b.define(ast.Object, "SearchHit", "A record that a search found.")
	b.output(hit, "object", "The name of its object.", required("String"), binding{what: hitObject})
	b.output(hit, "id", "", required("ID"), binding{what: hitID})
	b.output(hit, "title", "The field that names it; null when you do not always see it.", named("String"), binding{what: hitTitle})
	b.output(hit, "field", "The name of the field that is the text or begins with it, else of one that has its first word.", named("String"), binding{what: hitField})
	b.output(hit, "value", "What is in that field, 200 characters of it at most.", named("String"), binding{what: hitValue})
	b.output(d, "search", "Records of all objects that have each of the words in a searchable field. Those come first of which a field is the text, then those where one begins with it; of objects that match alike the first in order, of an object the newest. Where there are more, each object has its share.",
		requiredList("SearchHit"), binding{what: rootSearch},
		arg("text", "200 characters and 10 words at most.", required("String")),
		arg("objects", "Names of objects in the order wanted, 50 at most; unless told all that you may search, those that others hang on first.", listOf("String")),
		arg("first", "20 unless told, 100 at most.", named("Int")))
}

// search compiles the root field.
func (c *compiler) search(n *node) (*query.Query, int, *trellis.Error) {
	text, err := c.argument(n, "text")
	if err != nil {
		return nil, 0, err
	}
	s := &query.Search{Text: as[string](text)}
	objects, err := c.argument(n, "objects")
	if err != nil {
		return nil, 0, err
	}
	for _, o := range as[[]any](objects) {
		if len(s.Objects) == query.MaxSearchObjects {
			return nil, 0, tooCostly("a search goes over %d objects at most", query.MaxSearchObjects).At("objects")
		}
		s.Objects = append(s.Objects, as[string](o))
	}
	if s.First, err = c.count(n, "first", query.MaxHits); err != nil {
		return nil, 0, err
	}
	for _, child := range n.children {
		if !child.when.holds(c.vars) {
			continue
		}
		item := query.HitItem{Key: child.key, Text: child.parent}
		item.Kind = map[what]query.HitKind{hitObject: query.HitObject, hitID: query.HitID, hitTitle: query.HitTitle, hitField: query.HitField, hitValue: query.HitValue, typeName: query.HitTypeName}[child.bind.what]
		s.Shape = append(s.Shape, item)
	}
	cost := query.DefaultHits
	if s.First > 0 {
		cost = s.First
	}
	return &query.Query{Search: s}, cost, nil
}
