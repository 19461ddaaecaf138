package expr

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common"
	celast "cel.dev/cel-go/common/ast"

	"github.com/trellishq/trellis"
)

// Problem says where in a text something is wrong. It is the cause of each
// trellis.Error that Compile returns; its sentence is the Error's message.
type Problem struct {
	Line   int // from 1
	Column int // from 1, in characters
	Text   string
	// Suggestion is the name that was probably meant, or "".
	Suggestion string
}

// Error is the sentence with its position.
func (p *Problem) Error() string {
	s := fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Text)
	if p.Suggestion != "" {
		s += fmt.Sprintf("; did you mean %q?", p.Suggestion)
	}
	return s
}

// Problems are the positions in an error of Compile, in order.
func Problems(err error) []*Problem {
	var many trellis.Errors
	if !errors.As(err, &many) {
		return nil
	}
	var out []*Problem
	for _, e := range many {
		var p *Problem
		if errors.As(e, &p) {
			out = append(out, p)
		}
	}
	return out
}

// problems collects what is wrong with one text.
type problems struct {
	src  []rune
	info *celast.SourceInfo
	list []*Problem
}

// maxProblems bounds how many are reported at once.
const maxProblems = 20

func (p *problems) at(id int64, format string, args ...any) *Problem {
	var loc common.Location = noLocation{}
	if p.info != nil {
		loc = p.info.GetStartLocation(id)
	}
	return p.add(loc, fmt.Sprintf(format, args...))
}

func (p *problems) add(loc common.Location, text string) *Problem {
	line, column := p.name(max(loc.Line(), 1), max(loc.Column(), 0))
	pr := &Problem{Line: line, Column: column + 1, Text: text}
	if len(p.list) < maxProblems {
		p.list = append(p.list, pr)
	}
	return pr
}

// name moves a position from the dot of a path or the bracket of a call, where
// CEL puts it, to the name a person would look for.
func (p *problems) name(line, column int) (int, int) {
	at, l := 0, 1
	for ; at < len(p.src) && l < line; at++ {
		if p.src[at] == '\n' {
			l++
		}
	}
	i := at + column
	if i >= len(p.src) {
		return line, column
	}
	switch p.src[i] {
	case '.':
		return line, column + 1
	case '(':
		for n := i; n > at && isNamePart(p.src[n-1]); n-- {
			column--
		}
	}
	return line, column
}

func isNamePart(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// err is nil when nothing was wrong.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	out := make(trellis.Errors, len(p.list))
	for i, pr := range p.list {
		out[i] = trellis.Wrap(trellis.CodeInvalidInput, pr, "%s", pr.Error())
	}
	return out
}

var (
	undeclared = regexp.MustCompile(`undeclared reference to '([^']*)'`)
	noOverload = regexp.MustCompile(`found no matching overload for '([^']*)' applied to '([^']*)'`)
	noField    = regexp.MustCompile(`undefined field '([^']*)'`)
	inContext  = regexp.MustCompile(` \(in container '[^']*'\)`)
	wrapper    = regexp.MustCompile(`wrapper\(([a-z]+)\)`)
	syntax     = regexp.MustCompile(`^Syntax error: (?:mismatched|extraneous|no viable alternative at) input '(.*?)'(?: expecting .*)?$`)
	badToken   = regexp.MustCompile(`^Syntax error: token recognition error at: '(.*)'$`)
)

// fromCEL adds the checker's messages in plainer words.
func (p *problems) fromCEL(errs []*common.Error, names []string) {
	for _, e := range errs {
		text := wrapper.ReplaceAllString(inContext.ReplaceAllString(e.Message, ""), "$1")
		text = strings.ReplaceAll(text, objectPrefix, "")
		switch {
		case syntax.MatchString(text):
			p.add(e.Location, syntaxText(syntax.FindStringSubmatch(text)[1]))
		case badToken.MatchString(text):
			p.add(e.Location, syntaxText(strings.TrimSpace(badToken.FindStringSubmatch(text)[1])))
		case undeclared.MatchString(text):
			name := undeclared.FindStringSubmatch(text)[1]
			p.add(e.Location, fmt.Sprintf("there is no variable or function %q here", clip(name))).
				Suggestion = closest(strings.SplitN(name, ".", 2)[0], names)
		case noField.MatchString(text):
			p.add(e.Location, fmt.Sprintf("there is no field %q", clip(noField.FindStringSubmatch(text)[1])))
		case noOverload.MatchString(text):
			m := noOverload.FindStringSubmatch(text)
			p.add(e.Location, fmt.Sprintf("%s cannot be used on %s", clip(operatorName(m[1])), clip(plainTypes(m[2]))))
		default:
			p.add(e.Location, clip(text))
		}
	}
}

func syntaxText(input string) string {
	if strings.HasSuffix(input, "<EOF>") {
		return "the expression ends too early"
	}
	if input == "=" {
		return `"=" is not expected here; values are compared with ==`
	}
	return fmt.Sprintf("%q is not expected here", clip(input))
}

func operatorName(fn string) string {
	name := strings.Trim(fn, "_@")
	if name == "[" || name == "[_]" {
		return "[ ]"
	}
	if name != fn {
		return strings.ReplaceAll(name, "_", " ")
	}
	return fn + "()"
}

// plainTypes writes a signature of the checker as people say it: types that
// have a name of ours get it.
func plainTypes(sig string) string {
	sig = strings.TrimSuffix(strings.TrimPrefix(sig, "("), ")")
	r := strings.NewReplacer(
		"google.protobuf.Timestamp", "date-time", "google.protobuf.Duration", "duration",
		"timestamp", "date-time", "string", "text", "bool", "boolean", "int", "integer", "uint", "unsigned integer",
		userTypeName, "the user", changedName, "changed", ").(", ", ", ".(", " with (")
	return r.Replace(sig)
}

// clip keeps messages short whatever the source.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// closest finds the name that was probably meant: the nearest by edits, at most
// two of them and at most half of the name; the first in order among equals.
func closest(name string, among []string) string {
	const longest = 60
	if len(name) == 0 || len(name) > longest {
		return ""
	}
	best, limit := "", min(2, len(name)/2)+1
	for _, c := range slices.Sorted(slices.Values(among)) {
		if strings.EqualFold(c, name) {
			return c
		}
		if d := edits(name, c, limit); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// edits is the distance of two names in letters added, dropped, changed, or
// exchanged with the next (optimal string alignment), or limit when it is no
// smaller.
func edits(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			changed := 1
			if a[i-1] == b[j-1] {
				changed = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return min(d[len(a)][len(b)], limit)
}
