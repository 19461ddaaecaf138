package graphql

import "github.com/trellishq/trellis"

// Limits of one request. They bound time and memory before any work is done
// that grows faster than the text.
const (
	MaxBody       = 1 << 20 // bytes of a request
	MaxTokens     = 20_000  // of the text
	MaxFields     = 2_000   // selected, fragments expanded
	MaxDepth      = 15      // of fields in fields
	MaxIntroDepth = 25      // the same under __schema and __type
	MaxRoots      = 50      // top-level fields
	MaxFragments  = 50
	MaxOperations = 50
	MaxVariables  = 200
	MaxCost       = 250_000 // records that an answer may hold
	MaxRows       = 1_000   // inputs of one mutation
	MaxConditions = 200     // comparisons in one filter
	MaxNested     = 10      // and, or, not, lookups and lists in a filter
	MaxInList     = 1_000   // values of in and notIn
	MaxOrder      = 8       // sort terms
	maxErrors     = 10      // told of one text
	maxIntroBytes = 32 << 20
)

func tooCostly(format string, args ...any) *trellis.Error {
	return trellis.Errorf(trellis.CodeQueryTooCostly, format, args...)
}

func invalid(format string, args ...any) *trellis.Error {
	return trellis.Errorf(trellis.CodeInvalidInput, format, args...)
}
