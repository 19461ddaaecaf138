package graphql

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/policy"
)

// The media types of answers.
const (
	mediaModern = "application/graphql-response+json"
	mediaLegacy = "application/json"
)

// Handler serves GraphQL over HTTP: POST with a JSON body, and GET for queries.
// The principal comes from the context (policy.WithPrincipal); slug names the
// workspace of a request.
func (a *API) Handler(slug func(*http.Request) string) http.Handler {
	return Serve(func(r *http.Request, p *policy.Principal, params *Params, buf []byte) ([]byte, trellis.Code) {
		return a.Execute(r.Context(), slug(r), p, params, buf)
	})
}

// Serve reads requests of GraphQL over HTTP and writes what execute appends to
// buf; failed is the code of the first error of an answer without data.
func Serve(execute func(r *http.Request, p *policy.Principal, params *Params, buf []byte) (out []byte, failed trellis.Code)) http.Handler {
	return &handler{execute}
}

type handler struct {
	execute func(*http.Request, *policy.Principal, *Params, []byte) ([]byte, trellis.Code)
}

// buffers are reused for answers; those grown beyond maxPooled are let go.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}

const maxPooled = 1 << 20

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head["Cache-Control"], head["X-Content-Type-Options"] = noStore, noSniff
	if head["Vary"] == nil {
		head["Vary"] = variesAccept
	} else {
		head.Add("Vary", "Accept")
	}
	media := negotiate(r.Header.Values("Accept"))
	if media == "" {
		refuseHTTP(w, mediaLegacy, http.StatusNotAcceptable, invalid("answers are %s or %s", mediaModern, mediaLegacy))
		return
	}
	principal, err := policy.FromContext(r.Context())
	if err != nil {
		problem := trellis.Public(err)[0]
		refuseHTTP(w, media, StatusOf(problem.Code, media == mediaModern), problem)
		return
	}
	params, status, problem := readParams(w, r)
	if problem != nil {
		refuseHTTP(w, media, status, problem)
		return
	}
	pooled := as[*[]byte](buffers.Get())
	out, failed := h.execute(r, principal, params, (*pooled)[:0])
	status = http.StatusOK
	if failed != "" {
		status = StatusOf(failed, media == mediaModern)
	}
	writeAnswer(w, media, status, out)
	if cap(out) <= maxPooled {
		*pooled = out
		buffers.Put(pooled)
	}
}

func refuseHTTP(w http.ResponseWriter, media string, status int, e *trellis.Error) {
	b := AppendErrors([]byte{'{'}, []*AnswerError{newError(e)})
	writeAnswer(w, media, status, append(b, '}'))
}

func writeAnswer(w http.ResponseWriter, media string, status int, b []byte) {
	h := w.Header()
	h["Content-Type"] = contentTypes[media]
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	w.WriteHeader(status)
	// A client that is gone is no error of ours.
	_, _ = w.Write(b)
}

// contentTypes are header values that no request changes.
var contentTypes = map[string][]string{mediaLegacy: {mediaLegacy + "; charset=utf-8"}, mediaModern: {mediaModern + "; charset=utf-8"}}

var (
	noStore      = []string{"no-store"}
	noSniff      = []string{"nosniff"}
	variesAccept = []string{"Accept"}
)

// negotiate chooses the media type of the answer, "" when none will do.
func negotiate(accept []string) string {
	if len(accept) == 0 {
		return mediaLegacy
	}
	best, bestQ := "", 0.0
	for part := range strings.SplitSeq(clip(strings.Join(accept, ","), 2048), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if s, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(s, 64); err != nil {
				continue
			}
		}
		switch media {
		case "*/*", "application/*":
			media = mediaLegacy
		case mediaModern, mediaLegacy:
		default:
			continue
		}
		if q > bestQ || q == bestQ && q > 0 && media == mediaModern {
			best, bestQ = media, q
		}
	}
	return best
}

// readParams reads a request of either method; status is for the problem.
func readParams(w http.ResponseWriter, r *http.Request) (params *Params, status int, problem *trellis.Error) {
	switch r.Method {
	case http.MethodGet:
		return getParams(r.URL.Query())
	case http.MethodPost:
		if sent := r.Header.Get("Content-Type"); sent != mediaLegacy { // by far the most
			media, _, err := mime.ParseMediaType(sent)
			if err != nil || media != mediaLegacy {
				return nil, http.StatusUnsupportedMediaType, invalid("send the request as application/json")
			}
		}
		return postParams(http.MaxBytesReader(w, r.Body, MaxBody), r.ContentLength)
	}
	w.Header().Set("Allow", "GET, POST")
	return nil, http.StatusMethodNotAllowed, invalid("send the request by POST, or a query by GET")
}

func getParams(q url.Values) (*Params, int, *trellis.Error) {
	params := &Params{Query: q.Get("query"), OperationName: q.Get("operationName"), ReadOnly: true}
	if text := q.Get("variables"); text != "" {
		v, problem := decodeVariables([]byte(text))
		if problem != nil {
			return nil, http.StatusBadRequest, problem
		}
		params.Variables = v
	}
	return params, http.StatusBadRequest, params.check()
}
