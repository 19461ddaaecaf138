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
	// texts and phones are those that are compared as they are and as digits.
	texts, phones []*metadata.Field
	bound         map[string]string // parameters by value, so that each is bound once
	// lines are the texts of the fields but phones, a line each: an expression,
	// or the column of a subquery that has it. "" when all are phones.
	lines string
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
	fields := searched(s)
	if len(fields) == 0 {
		return nil, errNothingSearched(s.object.Name).At("search")
	}
	return parsed.over(b, s, fields), nil
}

// over is the search over some fields of a scope.
func (p *searching) over(b *builder, s scope, fields []*metadata.Field) *seeker {
	k := &seeker{builder: b, searching: p, s: s, fields: fields, bound: map[string]string{}}
	for _, f := range k.fields {
		if f.Kind == metadata.KindPhone {
			k.phones = append(k.phones, f)
		} else {
			k.texts = append(k.texts, f)
		}
	}
	if len(k.texts) > 0 {
		k.lines = ddl.SearchLines(k.texts, k.column)
	}
	return k
}

func (k *seeker) column(name string) string { return k.s.alias + "." + Ident(name) }

// found writes that all words are there. byIndex also asks the indexes for
// their pairs, else the texts alone are compared, which costs less where a few
// records are looked at.
func (k *seeker) found(byIndex bool) {
	k.eachWord(func(w word) { k.anywhere(w, byIndex) })
}

func (k *seeker) eachWord(meets func(word)) {
	for i, w := range k.words {
		if i > 0 {
			k.text(" AND ")
		}
		k.text("(")
		meets(w)
		k.text(")")
	}
}

// begins writes that a field begins with the whole text. The lines tell sooner
// that none does; one may be within a text.
func (k *seeker) begins() {
	if k.lines == "" {
		k.each(k.whole, true, k.fields, "", k.has)
		return
	}
	k.text("((")
	k.like(k.lines, pattern(k.whole.text, true))
	k.text(" OR ")
	k.like(k.lines, pattern("\n"+k.whole.text, false))
	k.text(") AND (")
	k.each(k.whole, true, k.texts, "", k.has)
	k.text("))")
	k.each(k.whole, true, k.phones, " OR ", k.has)
}

// mayBegin writes that the indexes have the first pair of the whole text.
func (k *seeker) mayBegin() { k.each(k.whole, true, k.fields, "", k.hasPairs) }

// anywhere writes that one of the fields has a word. What the indexes are asked
// stands apart from the comparison of texts, which implies it: so PostgreSQL
// leaves it out where the index has answered, and compares the texts, which
// costs less than making their pairs.
func (k *seeker) anywhere(w word, byIndex bool) {
	if byIndex {
		k.each(w, false, k.fields, "", k.hasPairs)
		k.text(") AND (")
	}
	if k.lines == "" || utf8.RuneCountInString(w.text) == 1 {
		k.each(w, false, k.fields, "", k.has)
	} else {
		k.like(k.lines, pattern(w.text, false))
		k.each(w, false, k.phones, " OR ", k.has)
	}
}

// each writes that one of some fields in which a word can be meets a condition.
// before stands before the first; when it is "", FALSE is written for none.
func (k *seeker) each(w word, first bool, fields []*metadata.Field, before string, meets func(f *metadata.Field, text string, first bool)) {
	sep := before
	for _, f := range fields {
		text := w.in(f)
		if text == "" {
			continue
		}
		k.text(sep)
		sep = " OR "
		meets(f, text, first || utf8.RuneCountInString(text) == 1)
	}
	if sep == "" {
		k.text("FALSE")
	}
}

// has writes that a field has a text, at its beginning or anywhere.
func (k *seeker) has(f *metadata.Field, text string, first bool) {
	if f.Kind != metadata.KindPhone {
		k.like(ddl.SearchText(f, k.column), pattern(text, first))
		return
	}
	// The digits with anything between them are seen sooner than what is between
	// them is taken out.
	k.text("(")
	k.like(k.column(f.Part(0).Name), "%"+strings.Join(strings.Split(text, ""), "%")+"%")
	k.text(" AND ")
	k.like(ddl.SearchText(f, k.column), pattern(text, first))
	k.text(")")
}

func (k *seeker) like(sql, pattern string) {
	k.text(sql + " LIKE ")
	k.param(pattern, pattern, "text")
}

// hasPairs writes that a field has the pairs of a text. The value comes from a
// subquery, so that PostgreSQL does not guess from it how many records have all
// of them: it takes the pairs of a word for independent, would find too few, and
// read every record with one word, however frequent, without asking the index
// for the others.
func (k *seeker) hasPairs(f *metadata.Field, text string, first bool) {
	k.text(ddl.SearchPairs(ddl.SearchText(f, k.column)) + " @> (SELECT ")
	k.param("pairs "+pattern(text, first), pairs(text, first), "text[]")
	k.text(")")
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
		k.begins()
		r.b.text(" THEN 2 ELSE 1 END)::int8")
		return nil
	})
	rank := sortKey{sql: sql, field: &metadata.Field{Kind: metadata.KindInteger}, column: metadata.Column{Of: expr.IntType}, desc: true}
	rest, err := c.sortKeys(r.b, r.s, nil, nil)
	return append([]sortKey{rank}, rest...), err
}
