package query

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/metadata/ddl"
	"github.com/trellishq/trellis/metadata/expr"
	"github.com/trellishq/trellis/policy"
)

// Limits of a search.
const (
	MaxSearchText  = 200 // characters
	MaxSearchWords = 10
	// maxPairs bounds the pairs of a word that the index is asked for; the rest
	// of the word is compared in the records found.
	maxPairs = 16
)

// searching is what a person typed. A record is found when each word is in one
// of its searchable fields, somewhere in the text; a word of one character
// where a text begins with it. Small and capital letters are alike, so are wide
// and narrow ones; in phone numbers only digits count.
//
// A record where a field begins with all that was typed comes before the
// others; among equals the newest.
type searching struct {
	whole word
	words []word
}

// word is a part of what was typed. digits is what phone numbers are searched
// for, "" when the word is not a number.
type word struct{ text, digits string }

// newSearching reads a text.
func newSearching(text string) (*searching, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "must be valid UTF-8 text without zero bytes")
	}
	if utf8.RuneCountInString(text) > MaxSearchText {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a search has %d characters at most", MaxSearchText)
	}
	parts := strings.Fields(strings.ToLower(norm.NFKC.String(text)))
	switch {
	case len(parts) == 0:
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "say what to search for")
	case len(parts) > MaxSearchWords:
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "a search has %d words at most", MaxSearchWords)
	}
	s := &searching{whole: newWord(strings.Join(parts, " "))}
	for _, p := range parts {
		s.words = append(s.words, newWord(p))
	}
	return s, nil
}

// notDialled is what people write between the digits of a phone number.
var notDialled = strings.NewReplacer(" ", "", "+", "", "(", "", ")", "", "-", "", ".", "", "/", "")

func newWord(text string) word {
	w := word{text: text, digits: notDialled.Replace(text)}
	if strings.Trim(w.digits, "0123456789") != "" {
		w.digits = ""
	}
	return w
}

// in is the word as it is looked for in a field; "" when it cannot be there.
func (w word) in(f *metadata.Field) string {
	if f.Kind == metadata.KindPhone {
		return w.digits
	}
	return w.text
}

// searched lists the fields a search looks through: those the grant shows in
// every row. One that it hides in some would tell by what is found.
func searched(s scope) []*metadata.Field {
	var fields []*metadata.Field
	for _, f := range s.object.All {
		if ddl.Searched(f) && !f.AtRead() && s.grant.Field(f.Name).Mode == policy.Plain {
			fields = append(fields, f)
		}
	}
	return fields
}

func errNothingSearched(object string) *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, "%s has no field that you may search", object)
}

// seeker writes a search over the records of one scope.
type seeker struct {
	*builder
	*searching
	s      scope
	fields []*metadata.Field
	bound  map[string]string // parameters by value, so that each is bound once
}

// seek is the search of a level's rows, the same for all its conditions.
func (r *rows) seek(text string) (*seeker, error) {
	var err error
	if r.seeker == nil {
		r.seeker, err = newSeeker(r.b, r.s, text)
	}
	return r.seeker, err
}

func newSeeker(b *builder, s scope, text string) (*seeker, error) {
	parsed, err := newSearching(text)
	if err != nil {
		return nil, at(err, "search")
	}
	k := &seeker{builder: b, searching: parsed, s: s, fields: searched(s), bound: map[string]string{}}
	if len(k.fields) == 0 {
		return nil, errNothingSearched(s.object.Name).At("search")
	}
	return k, nil
}

// found writes that all words are there. byIndex also asks the indexes for
// their pairs, else the texts alone are compared, which costs less where a few
// records are looked at.
func (k *seeker) found(byIndex bool) {
	for i, w := range k.words {
		if i > 0 {
			k.text(" AND ")
		}
		k.anywhere(w, byIndex, false)
	}
}

// begins writes that a field begins with the whole text.
func (k *seeker) begins(byIndex bool) { k.anywhere(k.whole, byIndex, true) }

// anywhere writes that one of the fields has a word. What the indexes are asked
// stands apart from the comparison of texts, which implies it: so PostgreSQL
// leaves it out where the index has answered, and compares the texts, which
// costs less than making their pairs, of a record that another word found.
func (k *seeker) anywhere(w word, byIndex, first bool) {
	k.text("(")
	if byIndex {
		k.text("(")
		k.each(w, first, k.hasPairs)
		k.text(") AND (")
	}
	k.each(w, first, k.has)
	if byIndex {
		k.text(")")
	}
	k.text(")")
}

// each writes that one of the fields in which a word can be meets a condition.
func (k *seeker) each(w word, first bool, meets func(column, text string, first bool)) {
	sep := ""
	for _, f := range k.fields {
		text := w.in(f)
		if text == "" {
			continue
		}
		k.text(sep)
		sep = " OR "
		meets(ddl.SearchText(f, func(name string) string { return k.s.alias + "." + Ident(name) }), text, first || utf8.RuneCountInString(text) == 1)
	}
	if sep == "" {
		k.text("FALSE")
	}
}

// has writes that a column has a text, at its beginning or anywhere.
func (k *seeker) has(column, text string, first bool) {
	pattern := pattern(text, first)
	k.text(column + " LIKE ")
	k.param(pattern, pattern, "text")
}

// hasPairs writes that a column has the pairs of a text.
func (k *seeker) hasPairs(column, text string, first bool) {
	k.text(ddl.SearchPairs(column) + " @> ")
	k.param("pairs "+pattern(text, first), pairs(text, first), "text[]")
}

func pattern(text string, first bool) string {
	text = likeEscape.Replace(text) + "%"
	if !first {
		text = "%" + text
	}
	return text
}

// param binds a value once.
func (k *seeker) param(name string, v any, typ string) {
	if sql, ok := k.bound[name]; ok {
		k.text(sql)
		return
	}
	sql, _ := k.capture(func() error { k.bind(v, typ); return nil })
	k.bound[name] = sql
	k.text(sql)
}

// pairs are neighbouring characters of a text, as ddl.SearchPairs makes them.
func pairs(text string, first bool) []string {
	runes := []rune(text)
	out := make([]string, 0, len(runes))
	if first {
		out = append(out, ddl.SearchEdge+string(runes[:min(2, len(runes))]))
	}
	for i := range len(runes) - 1 {
		if len(out) == maxPairs {
			break
		}
		out = append(out, string(runes[i:i+2]))
	}
	return out
}

// rankKeys is the order of a search: rank, then the newest.
func (c *compiler) rankKeys(r *rows, text string) ([]sortKey, error) {
	k, err := r.seek(text)
	if err != nil {
		return nil, err
	}
	sql, _ := r.b.capture(func() error {
		r.b.text("(CASE WHEN ")
		k.begins(false)
		r.b.text(" THEN 2 ELSE 1 END)::int8")
		return nil
	})
	rank := sortKey{sql: sql, field: &metadata.Field{Kind: metadata.KindInteger}, column: metadata.Column{Of: expr.IntType}, desc: true}
	rest, err := c.sortKeys(r.b, r.s, nil, nil)
	return append([]sortKey{rank}, rest...), err
}
