package files

import (
	"bytes"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trellishq/trellis"
)

// sniffed is how much of a content its type is found in.
const sniffed = 4096

// maxFileName is the longest name, in characters.
const maxFileName = 255

// active are types that a browser would run: they never pass for another type.
var active = []string{"text/html", "image/svg+xml", "text/xml", "application/xhtml+xml"}

// typeOf finds the media type of a content by its beginning. The name refines
// what the content leaves open: text that is named .csv is text/csv, a zip that
// is named .docx a document. It never makes active content of something else, nor
// something else of active content.
func typeOf(name string, head []byte) string {
	found, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	if markup := markupOf(head); markup != "" {
		found = markup
	}
	named, _, _ := mime.ParseMediaType(mime.TypeByExtension(strings.ToLower(path.Ext(name))))
	switch {
	case isActive(found) || isActive(named) || named == "":
		return found
	case found == "text/plain" && (strings.HasPrefix(named, "text/") || named == "application/json"):
		return named
	case found == "application/zip" && strings.HasPrefix(named, "application/"):
		return named
	case found == "application/octet-stream" && !strings.HasPrefix(named, "text/") && !strings.HasPrefix(named, "image/") && named != "application/pdf":
		return named
	}
	return found
}

// markupOf finds markup that the usual detection takes for text.
func markupOf(head []byte) string {
	low := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\f"))
	switch {
	case !bytes.HasPrefix(low, []byte("<")):
		return ""
	case bytes.Contains(low, []byte("<svg")):
		return "image/svg+xml"
	case bytes.Contains(low, []byte("<html")), bytes.Contains(low, []byte("<script")), bytes.Contains(low, []byte("<!doctype html")):
		return "text/html"
	}
	return ""
}

func isActive(t string) bool {
	for _, a := range active {
		if t == a {
			return true
		}
	}
	return strings.Contains(t, "javascript")
}

// agrees says that the name's extension does not promise another type than was
// found: a script named .png.
func agrees(name, found string) bool {
	named, _, _ := mime.ParseMediaType(mime.TypeByExtension(strings.ToLower(path.Ext(name))))
	for _, t := range []string{"image/", "audio/", "video/", "application/pdf"} {
		if strings.HasPrefix(named, t) && named != "image/svg+xml" {
			family, _, _ := strings.Cut(t, "/")
			return strings.HasPrefix(found, family+"/") && !isActive(found) && (t != "application/pdf" || found == t)
		}
	}
	return true
}

// Inline says that a browser may show the type as it is: pictures without
// scripts, PDF and plain text.
func Inline(t string) bool {
	switch t {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif", "application/pdf", "text/plain":
		return true
	}
	return false
}

// cleanName is the last part of a name that may be a path, without what a file
// system or a header could trip over.
func cleanName(name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", trellis.Errorf(trellis.CodeInvalidInput, "the name is not valid UTF-8").At("name")
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if name == "" || name == "/" {
		return "", trellis.Errorf(trellis.CodeInvalidInput, "the file needs a name").At("name")
	}
	if utf8.RuneCountInString(name) > maxFileName {
		return "", trellis.Errorf(trellis.CodeInvalidInput, "the name is longer than %d characters", maxFileName).At("name")
	}
	return name, nil
}
