package ddl

import (
	"strings"

	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/expr"
)

// A searchable field has a GIN index over the pairs of neighbouring characters
// of its text, as an array. Pairs serve Chinese words of two characters, which
// trigrams do not; each field has its own index, so that a search of somebody
// who may not see a field never meets what is in it; and the index is over an
// expression, so that nothing is written beside the record and nothing rewrites
// the table.

// SearchEdge stands before and after a text when pairs are made of it, so that
// its first character has a pair of its own.
const SearchEdge = "\x02"

// Searched says that a search looks through a field.
func Searched(f *metadata.Field) bool { return f.Searchable && f.Width() > 0 }

// SearchText is SQL for what a search compares: the text of a field in small
// letters and in one width, a phone's digits. column quotes a column, with its
// table where there are several.
func SearchText(f *metadata.Field, column func(name string) string) string {
	text := plainText(f, column)
	if f.Kind == metadata.KindPhone {
		return "translate(" + text + ", ' +()-./', '')"
	}
	return `lower(normalize(` + text + `, NFKC) COLLATE "default")`
}

func plainText(f *metadata.Field, column func(name string) string) string {
	if f.Type() != expr.AddressType {
		return column(f.Part(0).Name)
	}
	var parts []string
	for _, c := range f.Parts() {
		parts = append(parts, "coalesce("+column(c.Name)+", '')")
	}
	return "(" + strings.Join(parts, " || ' ' || ") + ")"
}

// SearchShown is SQL for the text of a field as people read it.
func SearchShown(f *metadata.Field, column func(name string) string) string {
	return "(" + plainText(f, column) + ")::text"
}

// SearchLines is SQL for the texts of several fields as SearchText gives them,
// no phones among them, each between two line feeds; a text may have some more.
// A word, which has no space in it, is in it when it is in one of the texts. It
// costs a third of comparing them one by one: most texts are in one width
// already, which is seen sooner than it is made.
func SearchLines(fields []*metadata.Field, column func(name string) string) string {
	all := `(E'\n'`
	for _, f := range fields {
		all += " || coalesce(" + plainText(f, column) + `, '') || E'\n'`
	}
	all += ")"
	return "lower(CASE WHEN " + all + " IS NFKC NORMALIZED THEN " + all + " ELSE normalize(" + all + `, NFKC) END COLLATE "default")`
}

// SearchPairs is SQL for the pairs of a text of SearchText: those that begin at
// every odd character, then those at every even one, and the edge with the first
// two, by which beginnings are found. All functions in it are immutable and in C.
func SearchPairs(text string) string {
	edge := `E'\x02'`
	cut := func(s string) string { return `regexp_replace(` + s + `, '(..)', E'\\1\x01', 'g')` }
	return "array_remove(string_to_array(" + cut(edge+" || "+text+" || "+edge) + ` || E'\x01' || ` + cut(text+" || "+edge) +
		` || E'\x01' || left(` + edge + " || " + text + `, 3), E'\x01'), '')`
}

func searchIndex(o *metadata.Object, f *metadata.Field) indexSpec {
	return indexSpec{name: metadata.IndexName(o.Table, f.Column, "search"), method: "gin", field: f,
		columns: []string{"(" + SearchPairs(SearchText(f, quote)) + ")"}}
}
