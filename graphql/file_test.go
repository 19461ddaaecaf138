package graphql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/trellishq/trellis/core/files"
)

func TestFilesOfRecords(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "testdata/relations")
	dir, err := files.OpenDir(t.TempDir())
	w.check(err)
	t.Cleanup(func() { _ = dir.Close() })
	r, err := w.engine.Begin(t.Context(), "main", w.principal("boss"))
	w.check(err)
	file, err := files.New(w.db, dir, w.engine).Upload(t.Context(), r, "a.txt", strings.NewReader("text"))
	w.check(err)
	note := w.create("Note", fmt.Sprintf(`{text: "a", papers: {id: %q}}`, file.ID))
	w.create("Note", `{text: "b"}`)
	w.expect("boss", fmt.Sprintf(`{ note(id: %q) { papers { __typename n: name type size url id } } }`, note),
		fmt.Sprintf(`{'note':{'papers':[{'__typename':'File','n':'a.txt','type':'text/plain','size':4,'url':'/files/%[1]s','id':'%[1]s'}]}}`, file.ID))
	w.expect("boss", `{ notes(orderBy: [{text: ASC}], filter: {papers: {isNull: true}}) { nodes { text papers { id } } } }`, `{'notes':{'nodes':[{'text':'b','papers':null}]}}`)
	w.expect("boss", `mutation { createNote(input: {papers: [{id: "01890000-0000-7000-8000-0000000000ff"}]}) { errors { code path message } } }`,
		`{'createNote':{'errors':[{'code':'INVALID_INPUT','path':['input','papers','0'],'message':'refers to a file that is not there'}]}}`)
	w.expect("boss", fmt.Sprintf(`mutation { updateNote(id: %q, input: {papers: null}) { record { papers { id } } errors { code } } }`, note), `{'updateNote':{'record':{'papers':null},'errors':[]}}`)
}
