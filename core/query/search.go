package query

import (
	"slices"
	"strconv"
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
	// maxPairs is how many pairs of a word the index is asked for; the rest of the
	// word is compared in the records found. Each costs a step for every record
	// that has the rarest of them: of ten pairs of a number five find as few
	// records in a fifth of the time.
	maxPairs = 5
)

// searching is what a person typed. A record is found when each word is in one
// of its searchable fields, somewhere in the text; a word of one character
// where a text begins with it. Small and capital letters are alike, so are wide
// and narrow ones; in phone numbers only digits count.
//
// A record of which a field is all that was typed comes first, then those where
// one begins with it, then the others; among equals the newest.
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

// how says how a text is in a field; where it is whole it also begins it, and
// where it begins it it is inside. As numbers they are the ranks of a search.
type how int

const (
	inside how = 1 + iota
	begins
	whole
)

// is writes that all that was typed is in a field in a way that is not inside.
// The lines tell sooner that it is in none; a text may have such a line in it.
func (k *seeker) is(h how) {
	k.text("(")
	if k.lines == "" {
		k.each(k.whole, h, k.fields, "", k.has)
	} else {
		k.text("(")
		k.like(k.lines, pattern("\n"+k.whole.text+map[how]string{whole: "\n"}[h], inside))
		k.text(" AND (")
		k.each(k.whole, h, k.texts, "", k.has)
		k.text("))")
		k.each(k.whole, h, k.phones, " OR ", k.has)
	}
	k.text(")")
}

// may writes that the indexes have the pairs of what is there in a way.
func (k *seeker) may(h how) {
	k.text("(")
	k.each(k.whole, h, k.fields, "", k.hasPairs)
	k.text(")")
}

// rank writes how the whole text is in a record that was found.
func (k *seeker) rank() {
	for _, h := range []how{whole, begins} {
		k.text("CASE WHEN ")
		k.is(h)
		k.text(" THEN " + strconv.Itoa(int(h)) + " ELSE ")
	}
	k.text(strconv.Itoa(int(inside)) + " END END")
}

// where writes the number of the field in which the text is as a whole, else that
// begins with it, else that has its first word; from 1.
func (k *seeker) where() {
	k.text("CASE")
	for _, h := range []how{whole, begins, inside} {
		w := k.whole
		if h == inside {
			w = k.words[0]
		}
		for i, f := range k.fields {
			k.text(" WHEN ")
			k.each(w, h, []*metadata.Field{f}, "", k.has)
			k.text(" THEN " + strconv.Itoa(i+1))
		}
	}
	k.text(" END")
}

// anywhere writes that one of the fields has a word. What the indexes are asked
// stands apart from the comparison of texts, which implies it: so PostgreSQL
// leaves it out where the index has answered, and compares the texts, which
// costs less than making their pairs.
func (k *seeker) anywhere(w word, byIndex bool) {
	if byIndex {
		k.each(w, inside, k.fields, "", k.hasPairs)
		k.text(") AND (")
	}
	if k.lines == "" || utf8.RuneCountInString(w.text) == 1 {
		k.each(w, inside, k.fields, "", k.has)
	} else {
		k.like(k.lines, pattern(w.text, inside))
		k.each(w, inside, k.phones, " OR ", k.has)
	}
}

// each writes that one of some fields in which a word can be meets a condition.
// No phone is ever the whole of what was typed, since numbers are written with
// and without what comes before them.
// before stands before the first; when it is "", FALSE is written for none.
func (k *seeker) each(w word, h how, fields []*metadata.Field, before string, meets func(f *metadata.Field, text string, h how)) {
	sep := before
	for _, f := range fields {
		text := w.in(f)
		if text == "" || h == whole && f.Kind == metadata.KindPhone {
			continue
		}
		k.text(sep)
		sep = " OR "
		if utf8.RuneCountInString(text) == 1 {
			meets(f, text, max(h, begins))
		} else {
			meets(f, text, h)
		}
	}
	if sep == "" {
		k.text("FALSE")
	}
}

// has writes that a field has a text.
func (k *seeker) has(f *metadata.Field, text string, h how) {
	if f.Kind != metadata.KindPhone {
		k.like(ddl.SearchText(f, k.column), pattern(text, h))
		return
	}
	// The digits with anything between them are seen sooner than what is between
	// them is taken out.
	k.text("(")
	k.like(k.column(f.Part(0).Name), "%"+strings.Join(strings.Split(text, ""), "%")+"%")
	k.text(" AND ")
	k.like(ddl.SearchText(f, k.column), pattern(text, h))
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
func (k *seeker) hasPairs(f *metadata.Field, text string, h how) {
	k.text(ddl.SearchPairs(ddl.SearchText(f, k.column)) + " @> (SELECT ")
	k.param("pairs "+pattern(text, h), pairs(text, h), "text[]")
	k.text(")")
}

func pattern(text string, h how) string {
	text = likeEscape.Replace(text)
	if h == inside {
		text = "%" + text
	}
	if h != whole {
		text += "%"
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

// pairs are neighbouring characters of a text, as ddl.SearchPairs makes them:
// the first, the last and some between.
func pairs(text string, h how) []string {
	runes := []rune(text)
	var all []string
	add := func(pair string) {
		if !slices.Contains(all, pair) {
			all = append(all, pair)
		}
	}
	if h >= begins {
		add(ddl.SearchEdge + string(runes[:min(2, len(runes))]))
	}
	for i := range len(runes) - 1 {
		if i > 0 || h == inside {
			add(string(runes[i : i+2]))
		}
	}
	if h == whole {
		add(string(runes[len(runes)-1]) + ddl.SearchEdge)
	}
	if len(all) <= maxPairs {
		return all
	}
	out := make([]string, maxPairs)
	for i := range out {
		out[i] = all[i*(len(all)-1)/(maxPairs-1)]
	}
	return out
}

// rankKeys is the order of a search: rank, then the newest. shown says that the
// statement has the rank, by which values are bound.
func (c *compiler) rankKeys(r *rows, text string, shown bool) ([]sortKey, error) {
	k, err := r.seek(text)
	if err != nil {
		return nil, err
	}
	rank := sortKey{field: &metadata.Field{Kind: metadata.KindInteger}, column: metadata.Column{Of: expr.IntType}, desc: true}
	if shown {
		rank.sql, _ = r.b.capture(func() error {
			r.b.text("(")
			k.rank()
			r.b.text(")::int8")
			return nil
		})
	}
	rest, err := c.sortKeys(r.b, r.s, nil, nil)
	return append([]sortKey{rank}, rest...), err
}
