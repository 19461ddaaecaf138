package expr

import (
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// maxText is the longest text, in bytes, that a function here makes. CEL's own
// library looks at a result after it was made, when the memory is gone: one
// replace() can turn megabytes into gigabytes.
const maxText = 256 << 10

// textFunctions declares what CEL itself lacks on texts, under the names of its
// extension library: lowerAscii, upperAscii, trim, replace, split, join,
// substring and indexOf. Positions count characters.
func textFunctions() []cel.EnvOption {
	text, integer, texts := cel.StringType, cel.IntType, cel.ListType(cel.StringType)
	return []cel.EnvOption{
		cel.Function("lowerAscii", cel.MemberOverload("text_lower_ascii", []*cel.Type{text}, text, cel.UnaryBinding(onText(lowerASCII)))),
		cel.Function("upperAscii", cel.MemberOverload("text_upper_ascii", []*cel.Type{text}, text, cel.UnaryBinding(onText(upperASCII)))),
		cel.Function("trim", cel.MemberOverload("text_trim", []*cel.Type{text}, text, cel.UnaryBinding(onText(strings.TrimSpace)))),
		cel.Function("replace", cel.MemberOverload("text_replace", []*cel.Type{text, text, text}, text, cel.FunctionBinding(replaceText))),
		cel.Function("split", cel.MemberOverload("text_split", []*cel.Type{text, text}, texts, cel.BinaryBinding(splitText))),
		cel.Function("join",
			cel.MemberOverload("texts_join", []*cel.Type{texts}, text, cel.UnaryBinding(func(l ref.Val) ref.Val { return joinTexts(l, types.String("")) })),
			cel.MemberOverload("texts_join_text", []*cel.Type{texts, text}, text, cel.BinaryBinding(joinTexts))),
		cel.Function("substring",
			cel.MemberOverload("text_substring_int", []*cel.Type{text, integer}, text, cel.FunctionBinding(substring)),
			cel.MemberOverload("text_substring_int_int", []*cel.Type{text, integer, integer}, text, cel.FunctionBinding(substring))),
		cel.Function("indexOf", cel.MemberOverload("text_index_of", []*cel.Type{text, text}, integer, cel.BinaryBinding(indexOf))),
	}
}

func onText(f func(string) string) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		s, ok := v.(types.String)
		if !ok {
			return errOverload()
		}
		return types.String(f(string(s)))
	}
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - ('a' - 'A')
		}
		return r
	}, s)
}

func errTextTooLong() ref.Val {
	return types.NewErr("the text would be longer than %d bytes", maxText)
}

// replaceText replaces every occurrence.
func replaceText(args ...ref.Val) ref.Val {
	s, ok := args[0].(types.String)
	old, ok2 := args[1].(types.String)
	by, ok3 := args[2].(types.String)
	if !ok || !ok2 || !ok3 {
		return errOverload()
	}
	n := strings.Count(string(s), string(old))
	if len(s)+n*(len(by)-len(old)) > maxText {
		return errTextTooLong()
	}
	return types.String(strings.ReplaceAll(string(s), string(old), string(by)))
}

func splitText(v, sep ref.Val) ref.Val {
	s, ok := v.(types.String)
	by, ok2 := sep.(types.String)
	if !ok || !ok2 {
		return errOverload()
	}
	if len(s) > maxText {
		return errTextTooLong()
	}
	return types.NewStringList(adapter{}, strings.Split(string(s), string(by)))
}

func joinTexts(v, sep ref.Val) ref.Val {
	l, ok := v.(traits.Lister)
	by, ok2 := sep.(types.String)
	if !ok || !ok2 {
		return errOverload()
	}
	var b strings.Builder
	first := true
	for it := l.Iterator(); it.HasNext() == types.True; first = false {
		s, ok := it.Next().(types.String)
		if !ok {
			return errOverload()
		}
		if b.Len()+len(s)+len(by) > maxText {
			return errTextTooLong()
		}
		if !first {
			b.WriteString(string(by))
		}
		b.WriteString(string(s))
	}
	return types.String(b.String())
}

// substring takes the characters from a position, up to another if given. It
// fails outside of the text.
func substring(args ...ref.Val) ref.Val {
	s, ok := args[0].(types.String)
	from, ok2 := args[1].(types.Int)
	if !ok || !ok2 {
		return errOverload()
	}
	n := types.Int(utf8.RuneCountInString(string(s)))
	to := n
	if len(args) == 3 {
		if to, ok = args[2].(types.Int); !ok {
			return errOverload()
		}
	}
	if from < 0 || from > to || to > n {
		return types.NewErr("substring(%d, %d) is outside of a text of %d characters", from, to, n)
	}
	return types.String([]rune(string(s))[from:to])
}

func indexOf(v, part ref.Val) ref.Val {
	s, ok := v.(types.String)
	p, ok2 := part.(types.String)
	if !ok || !ok2 {
		return errOverload()
	}
	i := strings.Index(string(s), string(p))
	if i < 0 {
		return types.IntNegOne
	}
	return types.Int(utf8.RuneCountInString(string(s[:i])))
}
