package metadata

import (
	"fmt"
	"slices"
	"strings"
)

// MaxName is the length of a component's name, in bytes.
const MaxName = 40

// reservedFields would collide with what the APIs or expressions generate for
// every object, are words of CEL, or are what every object of JavaScript has.
var reservedFields = words(`
	and or not some none every totalCount nodes edges pageInfo groups node cursor batch
	as break const continue else false for function if import in let loop namespace null package return true var void while
	constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf`)

// reservedObjects are names whose generated types or root fields exist already.
var reservedObjects = words(`
	and or not node nodes edges batch cursor pageInfo query mutation subscription record error
	string int float boolean id long decimal money date time dateTime duration json geoPoint postalAddress personName sortOrder
	as break const continue else false for function if import in let loop namespace null package return true var void while
	constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf`)

// typeSuffixes end the names of generated types, whatever comes before.
var typeSuffixes = []string{"Connection", "Edge", "Filter", "Input", "OrderBy", "Payload"}

// derivedSuffixes end the names of types generated for one object.
var derivedSuffixes = []string{"Group", "Groups", "GroupBy", "GroupKey", "Key", "Sum", "Avg", "Min", "Max", "Result", "Results"}

func words(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}

// nameProblem says what is wrong with a camelCase name, "" for nothing.
func nameProblem(name string) string {
	switch {
	case name == "":
		return "a name is missing"
	case len(name) > MaxName:
		return fmt.Sprintf("the name is longer than %d characters", MaxName)
	case name[0] < 'a' || name[0] > 'z':
		return fmt.Sprintf("the name %q must start with a small letter a–z", name)
	}
	for i := range len(name) {
		if !isAlnum(name[i]) {
			return fmt.Sprintf("the name %q may have letters a–z, A–Z and digits only, as in closeDate", name)
		}
	}
	return ""
}

// optionProblem is nameProblem for the options of a select, which become enum
// values: capitals and underscores are fine, as in CNY or GB_T.
func optionProblem(name string) string {
	switch {
	case name == "":
		return "a name is missing"
	case len(name) > MaxName:
		return fmt.Sprintf("the name is longer than %d characters", MaxName)
	case name == "true" || name == "false" || name == "null":
		return fmt.Sprintf("%s cannot be the name of an option", name)
	case !isAlnum(name[0]) || name[0] <= '9':
		return fmt.Sprintf("the option %q must start with a letter a–z or A–Z", name)
	}
	for i := range len(name) {
		if !isAlnum(name[i]) && name[i] != '_' {
			return fmt.Sprintf("the option %q may have letters a–z, A–Z, digits and _ only; put other text in its label", name)
		}
	}
	return ""
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// pascal is the name of the GraphQL type of a component.
func pascal(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// didYouMean names the nearest of the known words, as the end of a sentence.
func didYouMean(got string, known []string) string {
	if len(got) > 2*MaxName {
		return ""
	}
	const caseless = 100 // what differs in case alone decides between equals
	best, least := "", caseless*min(len(got)/3+1, 2)+caseless-1
	for _, k := range known {
		score := caseless*distance(strings.ToLower(got), strings.ToLower(k)) + distance(got, k)
		if score < least || score == least && k < best {
			best, least = k, score
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// oneOf lists what a word may be, for short closed lists.
func oneOf[T ~string](known []T) string {
	list := make([]string, len(known))
	for i, k := range known {
		list[i] = string(k)
	}
	return strings.Join(list, ", ")
}

// distance is the edit distance of Levenshtein, in bytes; 99 when the lengths
// alone say that it is over 3.
func distance(a, b string) int {
	if len(a)-len(b) > 3 || len(b)-len(a) > 3 {
		return 99
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func fieldNames(fields []*Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func kindNames() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = string(k)
	}
	return names
}

func isKind(k Kind) bool { return slices.Contains(Kinds, k) }
