package plugins

import (
	"strings"
	"unicode"
)

// suggest finds the known word that a person probably meant.
func suggest(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := distance(clip(word), k); d < least && d < len(k) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// distance is the number of letters to change, add or drop (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// plain makes foreign text fit for one line in front of a person: no control
// or direction characters, valid UTF-8, at most n characters.
func plain(s string, n int) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "�") {
		if n == 0 {
			b.WriteString("…")
			break
		}
		n--
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case unicode.Is(unicode.C, r): // control, format, surrogate, private use
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
