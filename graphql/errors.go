package graphql

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/trellishq/trellis"
)

// transport is what a code means in GraphQL over HTTP.
type transport struct {
	// status of an answer without data, when the client takes
	// application/graphql-response+json.
	status int
	// legacy is the same for application/json, where an error of the query is
	// still an answer.
	legacy int
	// payload: the error belongs to a record of a mutation and is told in its
	// payload; the others are errors of the request.
	payload bool
}

// transports is the one table from codes to answers.
var transports = map[trellis.Code]transport{
	trellis.CodeUnauthenticated:     {status: http.StatusUnauthorized, legacy: http.StatusUnauthorized},
	trellis.CodeForbidden:           {status: http.StatusForbidden, legacy: http.StatusOK, payload: true},
	trellis.CodeNotFound:            {status: http.StatusNotFound, legacy: http.StatusOK, payload: true},
	trellis.CodeInvalidInput:        {status: http.StatusBadRequest, legacy: http.StatusOK, payload: true},
	trellis.CodeValidationFailed:    {status: http.StatusUnprocessableEntity, legacy: http.StatusOK, payload: true},
	trellis.CodeConflict:            {status: http.StatusConflict, legacy: http.StatusOK, payload: true},
	trellis.CodeVersionConflict:     {status: http.StatusConflict, legacy: http.StatusOK, payload: true},
	trellis.CodeIdempotencyMismatch: {status: http.StatusConflict, legacy: http.StatusOK, payload: true},
	trellis.CodeVetoed:              {status: http.StatusUnprocessableEntity, legacy: http.StatusOK, payload: true},
	trellis.CodeQueryTooCostly:      {status: http.StatusBadRequest, legacy: http.StatusOK},
	trellis.CodeRateLimited:         {status: http.StatusTooManyRequests, legacy: http.StatusTooManyRequests},
	trellis.CodeTimeout:             {status: http.StatusGatewayTimeout, legacy: http.StatusGatewayTimeout},
	trellis.CodeUnavailable:         {status: http.StatusServiceUnavailable, legacy: http.StatusServiceUnavailable},
	trellis.CodeInternal:            {status: http.StatusInternalServerError, legacy: http.StatusInternalServerError},
}

// StatusOf is the HTTP status of an answer that has errors and no data.
// modern says that the client takes application/graphql-response+json.
func StatusOf(code trellis.Code, modern bool) int {
	t, ok := transports[code]
	switch {
	case !ok:
		return http.StatusInternalServerError
	case modern:
		return t.status
	}
	return t.legacy
}

// gqlError is one entry of errors.
type gqlError struct {
	code      trellis.Code
	message   string
	path      []any // of the answer
	argument  []any // where in the arguments, when the error is about input
	locations []location
	cause     error
}

type location struct{ line, column int }

func newError(e *trellis.Error) *gqlError {
	return &gqlError{code: e.Code, message: e.Message, argument: e.Path, cause: e.Cause}
}

// fieldErrors are the errors of one field of the answer.
func fieldErrors(err error, path ...any) []*gqlError {
	var out []*gqlError
	for _, e := range trellis.Public(err) {
		g := newError(e)
		g.path = path
		out = append(out, g)
		if len(out) == maxErrors {
			break
		}
	}
	return out
}

// append writes the error as JSON.
func (e *gqlError) append(b []byte) []byte {
	b = append(b, `{"message":`...)
	b = appendString(b, e.message)
	if len(e.locations) > 0 {
		b = append(b, `,"locations":[`...)
		for i, l := range e.locations {
			if i > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, `{"line":%d,"column":%d}`, l.line, l.column)
		}
		b = append(b, ']')
	}
	if len(e.path) > 0 {
		b = append(b, `,"path":`...)
		b = appendPath(b, e.path, false)
	}
	b = append(b, `,"extensions":{"code":`...)
	b = appendString(b, string(e.code))
	if len(e.argument) > 0 {
		b = append(b, `,"argument":`...)
		b = appendPath(b, e.argument, false)
	}
	return append(b, `}}`...)
}

func appendErrors(b []byte, errs []*gqlError) []byte {
	b = append(b, `"errors":[`...)
	for i, e := range errs {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.append(b)
	}
	return append(b, ']')
}

// appendPath writes a path; words writes positions as text, for [String!]!.
func appendPath(b []byte, path []any, words bool) []byte {
	b = append(b, '[')
	for i, p := range path {
		if i > 0 {
			b = append(b, ',')
		}
		switch p := p.(type) {
		case int:
			if words {
				b = append(b, '"')
			}
			b = strconv.AppendInt(b, int64(p), 10)
			if words {
				b = append(b, '"')
			}
		default:
			b = appendString(b, fmt.Sprint(p))
		}
	}
	return append(b, ']')
}

// appendString writes s as a JSON string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			// Marshal of a string never fails.
			quoted, _ := json.Marshal(s)
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
