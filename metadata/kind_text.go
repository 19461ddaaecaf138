package metadata

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

var (
	textSpec = spec{of: expr.TextType, columns: single(expr.TextType, StoredText), settings: setMaxLength | setDefault,
		can: canKey | canSearch, coerce: (*Field).coerceText, complete: completeText, check: checkText}
	emailSpec = textLike(emailShape, "must be an e-mail address")
	phoneSpec = textLike(phoneShape, "must be a phone number")
	urlSpec   = spec{of: expr.TextType, columns: single(expr.TextType, StoredText), settings: setMaxLength | setDefault,
		can: canKey | canSearch, coerce: (*Field).coerceURL, complete: completeURL, check: checkURL}
	longTextSpec = spec{of: expr.TextType, columns: single(expr.TextType, StoredText), settings: setMaxLength | setDefault,
		can: canSearch, coerce: (*Field).coerceText, complete: completeLong(MaxLongText), check: checkLong(MaxLongText)}
	richTextSpec = spec{of: expr.TextType, columns: single(expr.TextType, StoredText), settings: setMaxLength | setDefault,
		can: canSearch, coerce: (*Field).coerceRich, complete: completeLong(MaxRichText), check: checkLong(MaxRichText)}
)

// Limits of long kinds of text, in characters; of rich text with its markup.
const (
	MaxURL      = 2_000
	MaxLongText = 100_000
	MaxRichText = 200_000
)

var (
	emailShape = regexp.MustCompile(`^[^\s@<>(),;:\\"\[\]]+@[^\s@<>(),;:\\"\[\]]+\.[^\s@<>(),;:\\"\[\].]+$`)
	phoneShape = regexp.MustCompile(`^[+0-9(][0-9+()\-./ ]*(?:(?:x|ext\.?|转) ?[0-9]+)?$`)
)

// textLike is text of a shape.
func textLike(shape *regexp.Regexp, problem string) spec {
	s := textSpec
	s.coerce = func(f *Field, v any) (any, error) {
		text, err := readText(v, f.TextLength())
		if err == nil && !shape.MatchString(text) {
			err = invalid("%s", problem)
		}
		return text, err
	}
	return s
}

// TextLength is the most characters the field takes, default applied.
func (f *Field) TextLength() int {
	if f.MaxLength != 0 {
		return f.MaxLength
	}
	switch f.ValueKind() {
	case KindURL:
		return MaxURL
	case KindLongText:
		return MaxLongText
	case KindRichText:
		return MaxRichText
	}
	return DefaultLength
}

func (f *Field) coerceText(v any) (any, error) { return readText(v, f.TextLength()) }

// readText gives text of at most so many characters.
func readText(v any, most int) (string, error) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = string(v)
	case int64:
		s = strconv.FormatInt(v, 10)
	case trellis.ID:
		s = v.String()
	default:
		return "", invalid("must be text")
	}
	if err := storable(s); err != nil {
		return "", err
	}
	if n := utf8.RuneCountInString(s); n > most {
		return "", invalid("has %d characters; at most %d fit", n, most)
	}
	return s, nil
}

// storable refuses what PostgreSQL cannot hold.
func storable(s string) error {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return invalid("must be valid UTF-8 text without zero bytes")
	}
	return nil
}

func completeText(f *Field) { f.MaxLength = cmp.Or(f.MaxLength, DefaultLength) }

func checkText(v *validator, f *Field, at []any) { v.length(f, at, MaxLength) }

// length checks MaxLength against the most a kind takes, and against what an
// index holds.
func (v *validator) length(f *Field, at []any, most int) {
	switch {
	case f.MaxLength < 1 || f.MaxLength > most:
		v.problem(f, "maxLength", at, "a text has 1 to %d characters", most)
	case f.MaxLength > MaxKeyLength && (f.Unique || f.Indexed):
		v.problem(f, "maxLength", at, "a text with unique or indexed has at most %d characters", MaxKeyLength)
	}
}

func (f *Field) coerceURL(v any) (any, error) {
	s, err := readText(v, f.TextLength())
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s)
	spaced := strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	switch {
	case err != nil || spaced || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, invalid("must be a web address like https://example.com/page")
	case u.User != nil:
		return nil, invalid("must not hold a user name or a password")
	}
	return s, nil
}

// completeURL leaves room for an index where one is asked for.
func completeURL(f *Field) {
	if f.MaxLength == 0 && (f.Unique || f.Indexed) {
		f.MaxLength = MaxKeyLength
	}
	f.MaxLength = cmp.Or(f.MaxLength, MaxURL)
}

func checkURL(v *validator, f *Field, at []any) { v.length(f, at, MaxURL) }

func completeLong(most int) func(*Field) {
	return func(f *Field) { f.MaxLength = cmp.Or(f.MaxLength, most) }
}

func checkLong(most int) func(*validator, *Field, []any) {
	return func(v *validator, f *Field, at []any) {
		if f.MaxLength < 1 || f.MaxLength > most {
			v.problem(f, "maxLength", at, "a text has 1 to %d characters", most)
		}
	}
}
