package web

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/core"
	"github.com/trellishq/trellis/core/files"
	"github.com/trellishq/trellis/metadata"
	"github.com/trellishq/trellis/policy"
)

// uploadTime is how long an upload or download may take.
const uploadTime = 30 * time.Minute

func (s *Server) request(r *http.Request) (*core.Request, error) {
	p, err := policy.FromContext(r.Context())
	if err != nil {
		return nil, err
	}
	return s.opts.Engine.Begin(r.Context(), Workspace(r), p)
}

// upload takes one file: as the body, with ?name=, or as the first file of a
// form. It answers what a field of the kind file is given: the id, and what was
// found of the content.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	req, err := s.request(r)
	if err != nil {
		refuse(w, err)
		return
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(uploadTime))
	_ = c.SetWriteDeadline(time.Now().Add(uploadTime))
	name, content, err := part(r)
	if err != nil {
		refuse(w, err)
		return
	}
	file, err := s.opts.Files.Upload(r.Context(), req, name, content)
	if err != nil {
		s.logCause("upload", err)
		refuse(w, err)
		return
	}
	writeJSON(w, http.StatusCreated, metadata.FileJSON(file))
}

// part finds the name and the content of an upload.
func part(r *http.Request) (string, io.Reader, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "multipart/form-data" {
		return r.URL.Query().Get("name"), r.Body, nil
	}
	form, err := r.MultipartReader()
	if err != nil {
		return "", nil, trellis.Wrap(trellis.CodeInvalidInput, err, "the form cannot be read")
	}
	for range 10 {
		p, err := form.NextPart()
		if err != nil {
			break
		}
		if p.FileName() != "" {
			return p.FileName(), p, nil
		}
	}
	return "", nil, trellis.Errorf(trellis.CodeInvalidInput, "the form has no file")
}

// download gives a file to who may read it. Types that browsers show without
// running anything are shown, in a sandbox; all others are saved.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	req, err := s.request(r)
	if err != nil {
		refuse(w, err)
		return
	}
	id, err := trellis.ParseID(r.PathValue("id"))
	if err != nil {
		refuse(w, trellis.Errorf(trellis.CodeNotFound, "there is no such file"))
		return
	}
	file, content, err := s.opts.Files.Open(r.Context(), req, id)
	if err != nil {
		s.logCause("download", err)
		refuse(w, err)
		return
	}
	defer func() { _ = content.Close() }()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(uploadTime))
	how, typ := "attachment", "application/octet-stream"
	if files.Inline(file.Type) && r.URL.Query().Get("download") == "" {
		if how, typ = "inline", file.Type; typ == "text/plain" {
			typ += "; charset=utf-8"
		}
	}
	h := w.Header()
	h.Set("Content-Type", typ)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": file.Name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", strconv.Quote(file.SHA256))
	http.ServeContent(w, r, "", file.Added, content)
}
