package trellis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Code says what kind of thing went wrong, in a word that clients may switch
// on. The list is closed: each transport has one table from codes to its own
// errors.
type Code string

// The codes, the same in GraphQL, REST, the CLI and error files.
const (
	CodeUnauthenticated     Code = "UNAUTHENTICATED"
	CodeForbidden           Code = "FORBIDDEN"
	CodeNotFound            Code = "NOT_FOUND"
	CodeInvalidInput        Code = "INVALID_INPUT"
	CodeValidationFailed    Code = "VALIDATION_FAILED"
	CodeConflict            Code = "CONFLICT"
	CodeVersionConflict     Code = "VERSION_CONFLICT"
	CodeIdempotencyMismatch Code = "IDEMPOTENCY_MISMATCH"
	CodeVetoed              Code = "VETOED"
	CodeQueryTooCostly      Code = "QUERY_TOO_COSTLY"
	CodeRateLimited         Code = "RATE_LIMITED"
	CodeTimeout             Code = "TIMEOUT"
	CodeUnavailable         Code = "UNAVAILABLE"
	CodeInternal            Code = "INTERNAL"
)

// Error is the one error that may reach a person. Message is a sentence in
// plain words and never quotes data the caller may not read; Path says where
// in the input it belongs; Cause stays inside the process and goes to the log.
type Error struct {
	Code    Code
	Message string
	// Path is made of field names (string) and list positions (int), outermost
	// first. It is empty when the error belongs to the request as a whole.
	Path  []any
	Cause error
}

// Errorf makes an Error. An argument for the verb %w becomes the cause and its
// text stays in the message, so pass only errors that were written for people.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Cause: errors.Unwrap(err)}
}

// Wrap makes an Error whose cause is kept for the log and not shown.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// Error is the message with its path in front. It never includes the cause.
func (e *Error) Error() string {
	if len(e.Path) == 0 {
		return e.Message
	}
	return PathString(e.Path) + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// At returns a copy of the error whose path has the given elements put in
// front.
func (e *Error) At(path ...any) *Error {
	c := *e
	c.Path = append(append(make([]any, 0, len(path)+len(e.Path)), path...), e.Path...)
	return &c
}

// CodeOf is the code of the first Error in err's chain, CodeInternal when there
// is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// Public turns any error into Errors that may be shown. An error that is not
// (or does not wrap) an Error or Errors becomes one INTERNAL error without
// detail.
func Public(err error) Errors {
	if err == nil {
		return nil
	}
	var many Errors
	if errors.As(err, &many) {
		return many
	}
	var one *Error
	if errors.As(err, &one) {
		return Errors{one}
	}
	return Errors{Wrap(CodeInternal, err, "something went wrong on our side")}
}

// Errors is a list of problems found together, in the order found.
type Errors []*Error

// Error joins the problems, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.Is and errors.As look into each problem.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Err is nil when there are no problems: a nil Errors in an error interface
// would not be.
func (es Errors) Err() error {
	if len(es) == 0 {
		return nil
	}
	return es
}

// PathString writes a path as a.b[2].c.
func PathString(path []any) string {
	var b strings.Builder
	for _, p := range path {
		switch p := p.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(p) + "]")
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, p)
		}
	}
	return b.String()
}
