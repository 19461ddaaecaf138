package graphql_test

import (
	"fmt"
	"testing"
)

func TestPolymorphicReferences(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, "testdata/relations")
	lead, camp := w.create("Lead", `{name: "L", notes: {create: [{text: "c"}]}}`), w.create("Campaign", `{name: "fair"}`)
	w.create("Note", fmt.Sprintf(`{text: "a", about: {object: "lead", id: %q}}`, lead))
	w.create("Note", fmt.Sprintf(`{text: "b", about: {object: "campaign", id: %q}}`, camp))
	w.create("Note", `{text: "d"}`)
	w.expect("boss", `{ notes(orderBy: [{text: ASC}]) { nodes { text about { __typename o: object lead { name } campaign { name notes { totalCount } } } } } }`,
		`{'notes':{'nodes':[{'text':'a','about':{'__typename':'NoteAbout','o':'lead','lead':{'name':'L'},'campaign':null}},`+
			`{'text':'b','about':{'__typename':'NoteAbout','o':'campaign','lead':null,'campaign':{'name':'fair','notes':{'totalCount':1}}}},`+
			`{'text':'c','about':{'__typename':'NoteAbout','o':'lead','lead':{'name':'L'},'campaign':null}},{'text':'d','about':null}]}}`)
	w.expect("clerk", `{ notes(orderBy: [{text: ASC}], first: 2) { nodes { about { object lead { name } } } } }`,
		`{'notes':{'nodes':[{'about':{'object':'lead','lead':{'name':'L'}}},{'about':{'object':'campaign','lead':null}}]}}`)
	w.expect("boss", fmt.Sprintf(`{ lead(id: %q) { notes(orderBy: [{text: DESC}]) { nodes { text } } } }`, lead), `{'lead':{'notes':{'nodes':[{'text':'c'},{'text':'a'}]}}}`)
	for filter, want := range map[string][2]string{
		`{about: {object: {eq: "lead"}}}`:                            {"ac", "bd"},
		`{about: {isNull: true}}`:                                    {"d", "abc"},
		`{about: {lead: {name: {eq: "L"}}}}`:                         {"ac", "bd"},
		`{about: {lead: {name: {eq: "X"}}}}`:                         {"", "abcd"},
		fmt.Sprintf(`{about: {id: {eq: %q}}}`, camp):                 {"b", "acd"},
		`{about: {object: {ne: "lead"}, campaign: {isNull: false}}}`: {"b", "acd"},
		`{about: {lead: {notes: {some: {text: {eq: "c"}}}}}}`:        {"ac", "bd"},
	} {
		for i, text := range []string{filter, "{not: " + filter + "}"} {
			list := ""
			for j, c := range want[i] {
				if j > 0 {
					list += ","
				}
				list += fmt.Sprintf("{'text':'%c'}", c)
			}
			w.expect("boss", `{ notes(filter: `+text+`, orderBy: [{text: ASC}]) { nodes { text } } }`, `{'notes':{'nodes':[`+list+`]}}`)
		}
	}
	// What one may not read, and what is not there, are refused alike.
	refused := `{'createNote':{'id':null,'errors':[{'path':['input','about'],'message':'refers to a record that is not there'}]}}`
	for _, id := range []string{camp, "01890000-0000-7000-8000-0000000000ff"} {
		w.expect("clerk", fmt.Sprintf(`mutation { createNote(input: {about: {object: "campaign", id: %q}}) { id errors { path message } } }`, id), refused)
	}
	w.expect("boss", `mutation { batch(operations: [{ref: "l", createLead: {name: "N"}}, {createNote: {text: "e", about: {object: "lead", id: "@l"}}}]) { results { record { note { about { lead { name } } } } errors { code } } } }`,
		`{'batch':{'results':[{'record':{'note':null},'errors':[]},{'record':{'note':{'about':{'lead':{'name':'N'}}}},'errors':[]}]}}`)
	w.expect("boss", fmt.Sprintf(`mutation { deleteLead(id: %q) { errors { code } } }`, lead), `{'deleteLead':{'errors':[]}}`)
	w.expect("boss", `{ notes(orderBy: [{text: ASC}]) { nodes { text } } }`, `{'notes':{'nodes':[{'text':'b'},{'text':'d'},{'text':'e'}]}}`)
}
