package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core/identity"
	"github.com/trellishq/trellis/policy"
)

// sessionCookie holds a session's token. Scripts cannot read it, and other
// sites cannot make a browser send it.
const sessionCookie = "trellis_session"

// mainWorkspace is where one signs in without naming a workspace.
const mainWorkspace = "main"

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Workspace string `json:"workspace"`
		Email     string `json:"email"`
		Password  string `json:"password"`
	}
	if err := readJSON(r, &in); err != nil {
		refuse(w, err)
		return
	}
	if in.Workspace == "" {
		in.Workspace = mainWorkspace
	}
	token, err := s.opts.Identity.SignIn(r.Context(), in.Workspace, in.Email, in.Password)
	if err != nil {
		s.logCause("sign-in", err)
		refuse(w, err)
		return
	}
	http.SetCookie(w, s.cookie(token, int((14*24*time.Hour).Seconds())))
	writeJSON(w, http.StatusOK, struct{}{})
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		if err := s.opts.Identity.SignOut(r.Context(), c.Value); err != nil {
			s.logCause("sign-out", err)
			refuse(w, err)
			return
		}
	}
	http.SetCookie(w, s.cookie("", -1))
	writeJSON(w, http.StatusOK, struct{}{})
}

func (s *Server) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: s.opts.Secure, SameSite: http.SameSiteLaxMode}
}

// identified puts the principal into the context. Without a session or key the
// request goes on without one, and what is behind answers UNAUTHENTICATED in
// its own form.
func (s *Server) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := s.who(r)
		switch {
		case err == nil && who != nil:
			r = r.WithContext(policy.WithPrincipal(withWorkspace(r.Context(), who.Workspace), who.Principal))
		case err != nil && trellis.CodeOf(err) != trellis.CodeUnauthenticated:
			s.logCause("identity", err)
			refuseGraphQL(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) who(r *http.Request) (*identity.Who, error) {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, key, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, nil
		}
		return s.opts.Identity.Key(r.Context(), strings.TrimSpace(key))
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil, nil
	}
	return s.opts.Identity.Session(r.Context(), c.Value)
}

func (s *Server) logCause(what string, err error) {
	for _, e := range trellis.Public(err) {
		if e.Cause != nil && e.Code != trellis.CodeUnauthenticated {
			s.log.Error(what, "code", e.Code, "cause", e.Cause)
		}
	}
}

// readJSON reads a small JSON object. Forms of other sites cannot send this
// content type without asking first.
func readJSON(r *http.Request, into any) error {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/json" {
		return trellis.Errorf(trellis.CodeInvalidInput, "send application/json")
	}
	dec := json.NewDecoder(io.LimitReader(r.Body, 64<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return trellis.Wrap(trellis.CodeInvalidInput, err, "the body is not the JSON object expected here")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return trellis.Errorf(trellis.CodeInvalidInput, "there is more after the JSON object")
	}
	return nil
}

// statuses is the table from codes to HTTP.
var statuses = map[trellis.Code]int{
	trellis.CodeUnauthenticated: http.StatusUnauthorized,
	trellis.CodeForbidden:       http.StatusForbidden,
	trellis.CodeNotFound:        http.StatusNotFound,
	trellis.CodeInvalidInput:    http.StatusBadRequest,
	trellis.CodeConflict:        http.StatusConflict,
	trellis.CodeRateLimited:     http.StatusTooManyRequests,
	trellis.CodeTimeout:         http.StatusGatewayTimeout,
	trellis.CodeUnavailable:     http.StatusServiceUnavailable,
}

// refuse answers with {"errors": [{"code", "path", "message"}]}.
func refuse(w http.ResponseWriter, err error) {
	type problem struct {
		Code    trellis.Code `json:"code"`
		Path    []any        `json:"path"`
		Message string       `json:"message"`
	}
	var out []problem
	for _, e := range trellis.Public(err) {
		path := e.Path
		if path == nil {
			path = []any{}
		}
		out = append(out, problem{e.Code, path, e.Message})
	}
	writeJSON(w, statusOf(err), map[string]any{"errors": out})
}

// refuseGraphQL answers in the form of the GraphQL APIs, whose clients look for
// codes in extensions.
func refuseGraphQL(w http.ResponseWriter, err error) {
	type extensions struct {
		Code trellis.Code `json:"code"`
	}
	type problem struct {
		Message    string     `json:"message"`
		Extensions extensions `json:"extensions"`
	}
	var out []problem
	for _, e := range trellis.Public(err) {
		out = append(out, problem{e.Message, extensions{e.Code}})
	}
	writeJSON(w, statusOf(err), map[string]any{"errors": out})
}

// statusOf is the HTTP status of the first problem.
func statusOf(err error) int {
	if status, ok := statuses[trellis.CodeOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
