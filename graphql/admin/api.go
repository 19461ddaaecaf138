package admin

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	graphql "github.com/graph-gophers/graphql-go"
	gqlerrors "github.com/graph-gophers/graphql-go/errors"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/core/identity"
	data "github.com/trellishq/trellis/graphql"
	"github.com/trellishq/trellis/policy"
)

// SDL is the schema, as clients may read it.
//
//go:embed schema.graphql
var SDL string

// Limits of one request, beside those of package graphql.
const (
	maxDepth      = data.MaxIntroDepth // data.MaxDepth is held before
	maxSelections = data.MaxFields
	maxPairs      = 20_000 // of overlapping fields
)

// API is the admin API. It is safe for concurrent use.
type API struct {
	engine      *core.Engine
	catalog     *catalog.Catalog
	people      *identity.Identity
	data        *data.API
	connections Connections
	plugins     Plugins
	uses        []catalog.Uses
	log         *slog.Logger
	schema      *graphql.Schema
}

// Options of New.
type Options struct {
	Engine   *core.Engine
	Catalog  *catalog.Catalog
	Identity *identity.Identity
	Data     *data.API // what objects look like to a caller
	// Connections and Plugins may be nil: then asking for them is UNAVAILABLE.
	Connections Connections
	Plugins     Plugins
	// Uses tell what uses an object or a field outside of the definition.
	Uses []catalog.Uses
	Log  *slog.Logger // of causes that clients do not see; default: discards
}

// New makes the API. It panics when the schema and the resolvers disagree,
// which every test would find.
func New(o Options) *API {
	a := &API{
		engine: o.Engine, catalog: o.Catalog, people: o.Identity, data: o.Data,
		connections: o.Connections, plugins: o.Plugins, uses: o.Uses, log: o.Log,
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	// A request's core.Request serves one goroutine at a time: one resolver at
	// a time.
	a.schema = graphql.MustParseSchema(SDL, &root{a}, graphql.UseStringDescriptions(), graphql.MaxParallelism(1),
		graphql.MaxDepth(maxDepth), graphql.MaxQueryLength(data.MaxBody), graphql.MaxSelections(maxSelections),
		graphql.OverlapValidationLimit(maxPairs), graphql.PanicHandler(panics{a.log}), graphql.Logger(quiet{}))
	return a
}

// Handler serves the API. The principal comes from the context
// (policy.WithPrincipal); slug names the workspace of a request.
func (a *API) Handler(slug func(*http.Request) string) http.Handler {
	return data.Serve(func(r *http.Request, p *policy.Principal, params *data.Params, buf []byte) ([]byte, trellis.Code) {
		return a.Execute(r.Context(), slug(r), p, params, buf)
	})
}

// Execute appends the answer of one request to buf. failed is the code of the
// first error when the answer has no data, else "".
func (a *API) Execute(ctx context.Context, workspace string, p *policy.Principal, params *data.Params, buf []byte) (out []byte, failed trellis.Code) {
	answer, errs := a.run(ctx, workspace, p, params)
	a.note(ctx, errs)
	if answer == nil {
		return append(data.AppendErrors(append(buf, '{'), errs), '}'), errs[0].Code
	}
	buf = append(append(buf, `{"data":`...), answer...)
	if len(errs) > 0 {
		buf = data.AppendErrors(append(buf, ','), errs)
	}
	return append(buf, '}'), ""
}

func (a *API) run(ctx context.Context, workspace string, p *policy.Principal, params *data.Params) ([]byte, []*data.AnswerError) {
	if err := params.Check(); err != nil {
		return nil, []*data.AnswerError{err}
	}
	r, err := a.engine.Begin(ctx, workspace, p)
	if err != nil {
		return nil, answerErrors(err, nil)
	}
	res := a.schema.Exec(context.WithValue(ctx, requestKey{}, r), params.Query, params.OperationName, plainNumbers(params.Variables))
	var errs []*data.AnswerError
	for _, e := range res.Errors {
		if errs = append(errs, convert(e)...); len(errs) >= maxErrors {
			break
		}
	}
	if string(res.Data) == "{}" && len(errs) > 0 { // the library's answer to bad variables
		return nil, errs
	}
	return res.Data, errs
}

// plainNumbers gives numbers the Go types that the library takes.
func plainNumbers(variables map[string]any) map[string]any {
	plain, _ := plainNumber(variables).(map[string]any)
	return plain
}

func plainNumber(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(v), 10, 32); err == nil {
			return int32(n)
		}
		f, err := v.Float64()
		if err != nil {
			return string(v)
		}
		return f
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plainNumber(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = plainNumber(e)
		}
		return out
	}
	return v
}

// maxErrors are told of one request.
const maxErrors = 10

type requestKey struct{}

// request is the core.Request that Execute began.
func request(ctx context.Context) *core.Request {
	r, _ := ctx.Value(requestKey{}).(*core.Request)
	return r
}

// admin is the request of an admin, FORBIDDEN for everybody else.
func admin(ctx context.Context) (*core.Request, error) {
	r := request(ctx)
	if !r.Policy.IsAdmin(r.Principal) {
		return nil, trellis.Errorf(trellis.CodeForbidden, "this needs an admin role")
	}
	return r, nil
}

// convert gives the errors of a resolver their codes; what the library itself
// refuses is the caller's mistake.
func convert(e *gqlerrors.QueryError) []*data.AnswerError {
	if e.ResolverError != nil {
		return answerErrors(e.ResolverError, e.Path)
	}
	out := &data.AnswerError{Code: trellis.CodeInvalidInput, Message: e.Message, Path: e.Path}
	if code, ok := e.Extensions["code"].(trellis.Code); ok {
		out.Code = code
	}
	switch {
	case errors.Is(e, graphql.ErrTooManySelections) || errors.Is(e.Err, graphql.ErrTooManySelections),
		e.Rule == "MaxDepthExceeded", e.Rule == "OverlapValidationLimitExceeded":
		out.Code = trellis.CodeQueryTooCostly
	}
	for _, l := range e.Locations {
		out.Locations = append(out.Locations, data.Location{Line: l.Line, Column: l.Column})
	}
	return []*data.AnswerError{out}
}

func answerErrors(err error, path []any) []*data.AnswerError {
	var out []*data.AnswerError
	for _, e := range trellis.Public(err) {
		out = append(out, &data.AnswerError{Code: e.Code, Message: e.Message, Path: path, Argument: e.Path, Cause: e.Cause})
	}
	return out
}

// note logs what the client is not told.
func (a *API) note(ctx context.Context, errs []*data.AnswerError) {
	for _, e := range errs {
		if e.Code == trellis.CodeInternal {
			a.log.ErrorContext(ctx, "admin: a request failed", "path", trellis.PathString(e.Path), "cause", e.Cause)
		}
	}
}

// panics turns a panic of a resolver into an INTERNAL error without detail.
type panics struct{ log *slog.Logger }

// MakePanicError implements the library's PanicHandler.
func (p panics) MakePanicError(ctx context.Context, value any) *gqlerrors.QueryError {
	p.log.ErrorContext(ctx, "admin: a resolver panicked", "value", value)
	return &gqlerrors.QueryError{
		Message: "something went wrong on our side", Extensions: map[string]any{"code": trellis.CodeInternal},
	}
}

// quiet drops the library's own log of panics: panics has told already.
type quiet struct{}

// LogPanic implements the library's Logger.
func (quiet) LogPanic(context.Context, any) {}
