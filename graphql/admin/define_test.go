package admin_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/trellishq/trellis/metadata"
)

// everyKind defines an object with a field of every kind, and its child. The
// settings are those that come back as they were given.
const everyKind = `[
	{"addObject": {"name": "gadget", "plural": "gadgets", "title": "aText", "label": [{"lang": "en", "text": "Gadget"}, {"lang": "zh", "text": "器具"}],
		"description": [{"lang": "en", "text": "For the test."}], "appendOnly": false, "unowned": false,
		"indexes": [{"fields": ["anInteger"], "unique": true, "where": "record.aBoolean", "message": [{"lang": "en", "text": "There is one already."}]}],
		"rules": [{"name": "positive", "rule": "record.anInteger >= 0", "message": [{"lang": "en", "text": "Must not be negative."}], "field": "anInteger"}],
		"fields": [
		{"name": "aText", "kind": "text", "required": true, "indexed": true, "searchable": true, "maxLength": 80, "help": [{"lang": "en", "text": "A word."}], "description": [{"lang": "en", "text": "Its name."}]},
		{"name": "aLongText", "kind": "longText"}, {"name": "aRichText", "kind": "richText"}, {"name": "anEmail", "kind": "email"}, {"name": "aPhone", "kind": "phone"}, {"name": "aUrl", "kind": "url"},
		{"name": "anInteger", "kind": "integer", "min": "-5", "max": "900", "default": "3"}, {"name": "aDecimal", "kind": "decimal", "precision": 12, "scale": 3},
		{"name": "aCurrency", "kind": "currency", "precision": 14, "scale": 2}, {"name": "aPercent", "kind": "percent", "min": "0", "max": "100"}, {"name": "aBoolean", "kind": "boolean", "default": "false"},
		{"name": "aDate", "kind": "date", "defaultRule": "today"}, {"name": "aDateTime", "kind": "dateTime"}, {"name": "aTime", "kind": "time"}, {"name": "aDuration", "kind": "duration"},
		{"name": "aSelect", "kind": "select", "options": [{"name": "big", "label": [{"lang": "en", "text": "Big"}], "color": "red"}, {"name": "small"}]},
		{"name": "aMultiSelect", "kind": "multiSelect", "options": [{"name": "new"}, {"name": "used"}]}, {"name": "aRating", "kind": "rating", "maxRating": 7},
		{"name": "aLookup", "kind": "lookup", "target": "account", "inverse": "gadgets", "onDelete": "restrict"}, {"name": "aUser", "kind": "user"},
		{"name": "aManyToMany", "kind": "manyToMany", "target": "contact", "inverse": "gadgets", "link": "gadgetContact"},
		{"name": "aPolymorphic", "kind": "polymorphic", "targets": ["account", "contact"]},
		{"name": "aJson", "kind": "json"}, {"name": "aGeoPoint", "kind": "geoPoint"}, {"name": "anAddress", "kind": "address"}, {"name": "aPersonName", "kind": "personName"},
		{"name": "anAutoNumber", "kind": "autoNumber", "number": {"pattern": "G-{####}", "gapless": true, "start": 7}},
		{"name": "aFile", "kind": "file", "files": {"multiple": true, "maxCount": 3, "maxSize": 1000, "types": ["image/*"]}},
		{"name": "anExpression", "kind": "expression", "expression": {"over": "account", "profile": "validate"}},
		{"name": "aFormula", "kind": "formula", "formula": "record.anInteger * 2", "result": "integer"},
		{"name": "aRollUp", "kind": "rollUp", "rollUp": {"relation": "pieces", "function": "sum", "field": "weight", "where": "record.weight > 1"}}]}},
	{"addObject": {"name": "piece", "plural": "pieces", "unowned": true, "fields": [{"name": "gadget", "kind": "lookup", "target": "gadget", "inverse": "pieces", "onDelete": "cascade", "required": true}, {"name": "weight", "kind": "integer"}]}}]`

const settingsOfFields = `{ object(name: "gadget") { title indexes { name fields unique where message { text } } rules { name rule field message { text } } fields { name kind description { text } result link targets onDelete defaultRule formula
	rollUp { relation function field where } number { pattern scope gapless start } expression { over profile } files { multiple maxCount maxSize types } formerly { name until } computed filling } } }`

// change applies changes, given as JSON, and gives the revision.
func (w *world) change(changes string, allowLoss bool) int64 {
	w.t.Helper()
	return w.done("apply", w.send("admin", `mutation ($c: [ChangeInput!]!, $l: Boolean) { apply(changes: $c, allowLoss: $l) { revision changes problems { path message } } }`,
		`{"c": `+changes+`, "l": `+strconv.FormatBool(allowLoss)+`}`))
}

// done wants an answer of a mutation without problems.
func (w *world) done(field, answer string) int64 {
	w.t.Helper()
	var got struct {
		Data map[string]struct {
			Revision int64
			Changes  []string
			Problems []struct{ Path, Message string }
		}
	}
	w.check(json.Unmarshal([]byte(answer), &got))
	if r := got.Data[field]; len(r.Problems) > 0 || r.Revision == 0 || len(r.Changes) == 0 {
		w.t.Fatal(answer)
	}
	return got.Data[field].Revision
}

// reads asks the data API.
func (w *world) reads(selection, want string) {
	w.t.Helper()
	got := w.post(w.data, "admin", "{ gadgets { nodes { "+selection+" } } }")
	if want = `{"data":{"gadgets":{"nodes":[` + strings.ReplaceAll(want, "'", `"`) + `]}}`; !strings.HasPrefix(got, want) {
		w.t.Fatalf("%s\n got %s\nwant %s", selection, got, want)
	}
}

func TestLifeOfAnObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(everyKind, false)
	got := strings.ReplaceAll(w.ask("admin", settingsOfFields), `\u003e`, ">")
	for _, k := range metadata.Kinds {
		if !strings.Contains(got, `"kind":"`+string(k)+`"`) {
			t.Errorf("no field is of the kind %s", k)
		}
	}
	for _, part := range []string{
		`"fields":["anInteger"],"unique":true,"where":"record.aBoolean","message":[{"text":"There is one already."}]`, `"rules":[{"name":"positive","rule":"record.anInteger >= 0","field":"anInteger"`,
		`"link":"gadgetContact"`, `"targets":["account","contact"]`, `"onDelete":"restrict"`, `"defaultRule":"today"`, `"formula":"record.anInteger * 2"`, `"result":"integer"`,
		`"rollUp":{"relation":"pieces","function":"sum","field":"weight","where":"record.weight > 1"}`, `"number":{"pattern":"G-{####}","scope":[],"gapless":true,"start":7}`,
		`"expression":{"over":"account","profile":"validate"}`, `"files":{"multiple":true,"maxCount":3,"maxSize":1000,"types":["image/*"]}`, `"computed":"stored"`, `"description":[{"text":"Its name."}]`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the settings lack %s", part)
		}
	}
	if got := w.post(w.data, "admin", `mutation { createGadget(input: {aText: "one", aSelect: big, aDecimal: "1.5", aRating: 6, aTime: "08:30:00", aMultiSelect: [used], pieces: {create: [{weight: 4}, {weight: 1}]}}) { record { aText } errors { message } } }`); !strings.Contains(got, `"record":{"aText":"one"}`) {
		t.Fatal(got)
	}
	w.reads(`aText anInteger aFormula aRollUp anAutoNumber aSelect aMultiSelect aDecimal aRating`,
		`{'aText':'one','anInteger':3,'aFormula':6,'aRollUp':4,'anAutoNumber':'G-0007','aSelect':'big','aMultiSelect':['used'],'aDecimal':'1.500','aRating':6}`)
	if got := w.post(w.data, "admin", `mutation { createGadget(input: {aText: "two", anInteger: -1}) { record { aText } errors { message } } }`); !strings.Contains(got, "Must not be negative.") {
		t.Error(got)
	}

	renamed := w.change(`[{"renameField": {"object": "gadget", "field": "aText", "to": "word"}}]`, false)
	w.reads(`word aText`, `{'word':'one','aText':'one'}`) // the old name answers on
	retyped := w.change(`[{"changeField": {"object": "gadget", "field": {"name": "anInteger", "kind": "decimal", "precision": 12, "scale": 1}}}, {"removeField": {"object": "gadget", "field": "aFormula"}}, {"addField": {"object": "gadget", "field": {"name": "aFormula", "kind": "formula", "formula": "record.anInteger * dec(\"1.5\")", "result": "decimal", "precision": 20, "scale": 2}}}]`, true)
	w.reads(`word anInteger`, `{'word':'one','anInteger':'3.0'}`)
	w.change(`[{"removeField": {"object": "gadget", "field": "aSelect"}}]`, true)
	if got := w.post(w.data, "admin", `{ gadgets { nodes { aSelect } } }`); !strings.Contains(got, "INVALID_INPUT") {
		t.Error(got)
	}
	w.done("restore", w.ask("admin", `mutation { restore(object: "gadget", field: "aSelect") { revision changes problems { path message } } }`))
	w.reads(`word aSelect`, `{'word':'one','aSelect':'big'}`)
	undo := func(revision int64) {
		t.Helper()
		w.done("undo", w.ask("admin", `mutation { undo(revision: `+strconv.FormatInt(revision, 10)+`, allowLoss: true) { revision changes problems { path message } } }`))
	}
	undo(retyped)
	w.reads(`word anInteger`, `{'word':'one','anInteger':3}`)
	undo(renamed)
	w.reads(`aText anInteger aSelect`, `{'aText':'one','anInteger':3,'aSelect':'big'}`)
	w.change(`[{"renameObject": {"object": "gadget", "to": "gizmo", "plural": "gizmos"}}]`, false)
	if got := w.post(w.data, "admin", `{ gizmos { nodes { aText pieces { totalCount } } } }`); !strings.Contains(got, `{"aText":"one","pieces":{"totalCount":2}}`) {
		t.Error(got)
	}
	w.expect("admin", `{ drift { name } }`, `{"data":{"drift":[]}}`)
}

// index is the name of the gadget's index on a field.
func (w *world) index(field string) string {
	w.t.Helper()
	var got struct {
		Data struct {
			Object struct {
				Indexes []struct {
					Name   string
					Fields []string
				}
			}
		}
	}
	w.check(json.Unmarshal([]byte(w.ask("admin", settingsOfFields)), &got))
	for _, x := range got.Data.Object.Indexes {
		if x.Fields[0] == field {
			return x.Name
		}
	}
	w.t.Fatalf("there is no index on %s", field)
	return ""
}

func TestIndexesAndRulesChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(everyKind, false)
	name := w.index("anInteger")
	w.change(`[{"changeIndex": {"object": "gadget", "name": "`+name+`", "index": {"fields": ["anInteger"], "unique": true, "message": [{"lang": "en", "text": "Only one."}]}}},
		{"addIndex": {"object": "gadget", "index": {"fields": ["aSelect"], "unique": true, "range": {"from": "aDate", "to": "bDate"}}}}, {"addField": {"object": "gadget", "field": {"name": "bDate", "kind": "date"}}},
		{"changeRule": {"object": "gadget", "rule": {"name": "positive", "rule": "record.anInteger >= 1", "message": [{"lang": "en", "text": "At least one."}]}}},
		{"renameRule": {"object": "gadget", "rule": "positive", "to": "atLeastOne"}},
		{"addRule": {"object": "gadget", "rule": {"name": "small", "rule": "record.anInteger < 100", "message": [{"lang": "en", "text": "Too many."}]}}},
		{"changeObject": {"name": "gadget", "label": [{"lang": "en", "text": "Thing"}]}}]`, true)
	for input, want := range map[string]string{
		`anInteger: 0`: "At least one.", `anInteger: 100`: "Too many.", `anInteger: 5`: `"aText":"x"`,
	} {
		if got := w.post(w.data, "admin", `mutation { createGadget(input: {aText: "x", `+input+`}) { record { aText } errors { message } } }`); !strings.Contains(got, want) {
			t.Errorf("%s: %s", input, got)
		}
	}
	if got := w.post(w.data, "admin", `mutation { createGadget(input: {aText: "x", anInteger: 5}) { record { aText } errors { message } } }`); !strings.Contains(got, "Only one.") {
		t.Error(got)
	}
	w.change(`[{"removeRule": {"object": "gadget", "rule": "small"}}, {"removeIndex": {"object": "gadget", "name": "`+w.index("anInteger")+`"}}]`, true)
	for range 2 {
		if got := w.post(w.data, "admin", `mutation { createGadget(input: {aText: "x", anInteger: 100}) { record { aText } errors { message } } }`); !strings.Contains(got, `"aText":"x"`) {
			t.Error(got)
		}
	}
	answer := w.send("admin", `query ($c: [ChangeInput!]!) { plan(changes: $c) { problems { path } } }`, `{"c": [{"removeRule": {"object": "gadget", "rule": "none"}}, {"removeIndex": {"object": "gadget", "name": ""}}, {"addRule": {"object": "none", "rule": {"name": "a", "rule": "true", "message": []}}}, {"renameField": {"object": "gadget", "field": "aText", "to": "aText"}}, {"renameObject": {"object": "piece", "to": "piece", "plural": "x"}}, {"removeObject": "none"}, {"addField": {"object": "gadget", "field": {"name": "a", "kind": "text"}}, "removeObject": "piece"}]}`)
	for _, path := range []string{`changes[0].removeRule.rule`, `changes[1].removeIndex.index`, `changes[2].addRule.object`, `changes[3].renameField.to`, `changes[4].renameObject.to`, `changes[5].removeObject"`, `changes[6]"`} {
		if !strings.Contains(answer, path) {
			t.Errorf("%s lacks %s", answer, path)
		}
	}
}

// TestPlansAreForARevision: losses and impact are told, and a plan that others
// have overtaken is refused.
func TestPlansAreForARevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(everyKind, false)
	if got := w.post(w.data, "admin", `mutation { createGadget(input: {aText: "one", aPhone: "+4915112345678"}) { record { aText } errors { message } } }`); !strings.Contains(got, `"record":{"aText":"one"}`) {
		t.Fatal(got)
	}
	const remove = `{"c": [{"removeField": {"object": "gadget", "field": "aPhone"}}], "r": `
	var planned struct {
		Data struct{ Plan struct{ Revision int64 } }
	}
	got := w.send("admin", `query ($c: [ChangeInput!]!) { plan(changes: $c) { revision changes loses problems { message } } }`, remove+`0}`)
	w.check(json.Unmarshal([]byte(got), &planned))
	if !strings.Contains(got, `"changes":["remove field gadget.aPhone"]`) || strings.Contains(got, `"loses":[]`) || planned.Data.Plan.Revision == 0 {
		t.Fatal(got)
	}
	revision := strconv.FormatInt(planned.Data.Plan.Revision, 10)
	apply := `mutation ($c: [ChangeInput!]!, $r: Long, $l: Boolean) { apply(changes: $c, revision: $r, allowLoss: $l) { revision problems { code message } } }`
	if got := w.send("admin", apply, remove+revision+`}`); !strings.Contains(got, "VALIDATION_FAILED") || !strings.Contains(got, "allow the loss") {
		t.Error(got)
	}
	w.change(`[{"addField": {"object": "gadget", "field": {"name": "between", "kind": "text"}}}]`, false)
	if got := w.send("admin", apply, remove+revision+`, "l": true}`); !strings.Contains(got, "VERSION_CONFLICT") {
		t.Error(got)
	}
	got = w.send("admin", `query ($c: [ChangeInput!]!) { plan(changes: $c) { problems { message } impact { object field uses { kind path text } } } }`,
		`{"c": [{"removeField": {"object": "gadget", "field": "anInteger"}}, {"removeField": {"object": "gadget", "field": "aFormula"}}, {"removeRule": {"object": "gadget", "rule": "positive"}}]}`)
	if !strings.Contains(got, "anInteger") { // the index still has it
		t.Error(got)
	}
	got = w.send("admin", `query ($c: [ChangeInput!]!) { plan(changes: $c) { problems { message } impact { object field uses { kind path text } } } }`,
		`{"c": [{"removeField": {"object": "piece", "field": "weight"}}, {"removeField": {"object": "gadget", "field": "aRollUp"}}]}`)
	if !strings.Contains(got, `{"object":"piece","field":"weight","uses":[{"kind":"rollUp","path":"objects.gadget.fields.aRollUp.rollUp","text":"record.weight \u003e 1"}]}`) {
		t.Error(got)
	}
	got = w.ask("admin", `{ first: history(first: 1) { revision changes } next: history(first: 2, before: 3) { revision } none: history(before: 0) { revision } planUndo(revision: 4) { problems { message } loses changes } }`)
	for _, part := range []string{`"changes":["add field gadget.between"]`, `"next":[{"revision":2},{"revision":1}]`, `"none":[]`, `"changes":["remove field gadget.between"]`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s lacks %s", got, part)
		}
	}
}
