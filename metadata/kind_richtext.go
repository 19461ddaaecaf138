package metadata

import (
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// richPolicy is the HTML that rich text may hold: paragraphs, headings, lists,
// tables, quotes, emphasis, code, links to http, https, mailto and tel, and
// images over https. What is not in it is taken out; no scripts, styles, forms
// or event handlers remain.
var richPolicy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code",
		"b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "mark", "small", "kbd",
		"ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "figure", "figcaption")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[0-9]{1,3}$`)).OnElements("th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("title").Matching(bluemonday.Paragraph).OnElements("a", "img")
	p.AllowAttrs("alt").Matching(bluemonday.Paragraph).OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Integer).OnElements("img")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^https://`)).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
})

// coerceRich brings HTML to what richPolicy lets through. What it removes
// altogether is empty, and empty is null.
func (f *Field) coerceRich(v any) (any, error) {
	s, err := readText(v, MaxRichText)
	if err != nil {
		return nil, err
	}
	clean, ok := sanitize(s)
	switch {
	case !ok:
		return nil, invalid("holds markup that cannot be cleaned")
	case clean == "":
		return nil, nil
	}
	return readText(clean, f.TextLength())
}

// sanitize repeats until nothing changes, so that a value that comes back is
// the same value.
func sanitize(s string) (string, bool) {
	const rounds = 4
	for range rounds {
		next := strings.TrimSpace(richPolicy().Sanitize(s))
		if next == s {
			return s, true
		}
		s = next
	}
	return s, false
}
