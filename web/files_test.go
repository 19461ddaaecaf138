package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func (s *site) send(path, content string, header ...string) (*http.Response, string) {
	s.Helper()
	return s.do("POST", path, content, append(header, "Authorization", "Bearer "+s.key)...)
}

func (s *site) fetch(path string) (*http.Response, string) {
	s.Helper()
	return s.do("GET", path, "", "Authorization", "Bearer "+s.key)
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	in, _, _ := strings.Cut(rest, to)
	return in
}

func TestFilesComeBackHarmless(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const form = "--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"..\\\\a\\\"b\u00fc.png\"\r\n\r\n\x89PNG\r\n\x1a\nrest\r\n--x--\r\n"
	for _, x := range []struct{ path, content, media, status, typ, disposition string }{
		{"/files?name=a.pdf", "%PDF-1.7 rest", "", "201 Created", "application/pdf", "inline; filename=a.pdf"},
		{"/w/main/files?name=a.txt", "text", "application/octet-stream", "201 Created", "text/plain; charset=utf-8", "inline; filename=a.txt"},
		{"/files", form, "multipart/form-data; boundary=x", "201 Created", "image/png", "inline; filename*=utf-8''a%22b%C3%BC.png"},
		{"/files?name=page.html", "<html><script>alert(1)</script>", "", "201 Created", "application/octet-stream", "attachment; filename=page.html"},
		{"/files?name=x.svg", "<svg onload='alert(1)'/>", "", "201 Created", "application/octet-stream", "attachment; filename=x.svg"},
		{"/files?name=" + "a%0d%0aX-Evil:%201.txt", "text", "", "201 Created", "text/plain; charset=utf-8", "inline; filename=\"aX-Evil: 1.txt\""},
		{"/files?name=a.png", "<html>", "", "400 Bad Request", "", ""},
		{"/files", "text", "", "400 Bad Request", "", ""},
		{"/files", "--x--", "multipart/form-data; boundary=x", "400 Bad Request", "", ""},
		{"/files", "nothing", "multipart/form-data", "400 Bad Request", "", ""},
	} {
		var header []string
		if x.media != "" {
			header = []string{"Content-Type", x.media}
		}
		res, body := s.send(x.path, x.content, header...)
		if res.Status != x.status {
			t.Errorf("%s: %s %s", x.path, res.Status, body)
			continue
		}
		if x.typ == "" {
			continue
		}
		res, got := s.fetch("/files/" + between(body, `"id":"`, `"`))
		h := res.Header
		if res.StatusCode != 200 || h.Get("Content-Type") != x.typ || h.Get("Content-Disposition") != x.disposition || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Evil") != "" || !strings.Contains(x.content, got) {
			t.Errorf("%s: %s %v %q", x.path, res.Status, h, got)
		}
	}
}

func TestFilesOfNobodyAreNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, body := s.send("/files?name=a.txt", "text")
	id := between(body, `"id":"`, `"`)
	if res, _ := s.do("GET", "/files/"+id, "", "Cookie", s.signIn().String()); res.StatusCode != 404 {
		t.Error("another's upload:", res.Status)
	}
	for path, want := range map[string]int{"/files/01890000-0000-7000-8000-0000000000ff": 404, "/files/x": 404, "/w/other/files/" + id: 403} {
		if res, _ := s.fetch(path); res.StatusCode != want {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	for _, method := range []string{"GET", "POST"} {
		path := map[string]string{"GET": "/files/" + id, "POST": "/files?name=a.txt"}[method]
		if res, _ := s.do(method, path, "x"); res.StatusCode != 401 {
			t.Errorf("%s without a key: %s", method, res.Status)
		}
	}
	res, _ := s.do("POST", "/files?name=a.txt", "x", "Cookie", s.signIn().String(), "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if res.StatusCode != 403 {
		t.Error("from another site:", res.Status)
	}
}
