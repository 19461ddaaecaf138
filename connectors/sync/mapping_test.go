package sync_test

import (
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/connectors/sync"
	"github.com/trellishq/trellis/metadata"
)

func crm(t testing.TB) *metadata.Snapshot {
	t.Helper()
	def, errs := metadata.Read(apps.Starter())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return metadata.New(def, 1)
}

func TestParseMapping(t *testing.T) {
	t.Parallel()
	m, err := sync.ParseMapping(people, crm(t))
	if err != nil || len(m.Streams) != 2 || m.Streams[0].To != "contact" || m.Streams[1].From != "customers" {
		t.Fatal(m, err)
	}
}

// TestMappingProblems: all problems at once, each with its path and its line.
func TestMappingProblems(t *testing.T) {
	t.Parallel()
	const broken = `streams:
  - from: a
    to: acount
    fields: {name: source.name}
  - from: b
    to: account
    match: name
    trash: true
    fields:
      name: source.name +
      name: source.twice
      nmae: source.name
      id: source.id
      version: "1"
      region: [1]
      phone: sourc.phone
      country: source.country
    links:
      country: {from: a, key: source.x}
      region: {from: a, key: source.x}
      parent: {from: nowhere}
      owner: {from: a, key: source.x, else: 1}
  - from: b
    to: contact
    match: email
  - from: ""
    to: product
    match: code
    fields: {name: source.name}
`
	_, err := sync.ParseMapping(broken, crm(t))
	want := []string{
		`streams[0].to: there is no object "acount" (line 3)`,
		`streams[1].fields.name: `, // what the expression language says
		`streams[1].fields.name: is there twice (line 11)`,
		`streams[1].fields.nmae: account has no field "nmae" to set (line 12)`,
		`streams[1].fields.id: account has no field "id" to set (line 13)`,
		`streams[1].fields.version: account has no field "version" to set (line 14)`,
		`streams[1].fields.region: must be an expression (line 15)`,
		`streams[1].fields.phone: `,
		`streams[1].links.country: country is among the fields already (line 19)`,
		`streams[1].links.region: region is among the fields already (line 20)`,
		`streams[1].links.parent: says from: a stream, and key: an expression (line 21)`,
		`streams[1].links.owner.else: a link has from and key alone (line 22)`,
		`streams[1].match: "name" is no unique field of account (line 7)`,
		`streams[2].from: another entry maps the stream "b" already (line 23)`,
		`streams[2].fields: map at least one field`,
		`streams[2].match: "email" is no unique field of contact (line 25)`,
		`streams[3].from: names a stream, in 200 bytes at most (line 26)`,
		`streams[3].match: code is not among the fields of this entry (line 28)`,
	}
	got := trellis.Public(err)
	for i, e := range got {
		if e.Code != trellis.CodeInvalidInput || i < len(want) && !strings.HasPrefix(e.Error(), want[i]) {
			t.Errorf("problem %d: %v\nwant %s", i, e, want[min(i, len(want)-1)])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d problems, want %d", len(got), len(want))
	}
	for i, line := range map[int]string{1: "(line 10)", 7: "(line 16)"} {
		if i < len(got) && !strings.HasSuffix(got[i].Message, line) {
			t.Errorf("problem %d has another line: %v", i, got[i])
		}
	}
	for text, want := range map[string]string{
		"":                                    "a mapping has 1 to 200 streams",
		"streams: [":                          "the mapping cannot be read: line 1: ",
		"streams: 1":                          "the mapping cannot be read: line 1: ",
		"stream: []":                          "the mapping cannot be read: line 1: field stream not found",
		customers + "---\nstreams: []\n":      "a mapping is one YAML document",
		strings.Repeat("#", 256<<10) + "\n{}": "a mapping has 256 KiB at most",
		"streams:\n" + strings.Repeat("- {}\n", 201):                            "a mapping has 1 to 200 streams",
		strings.Replace(people, "from: customers, key", "from: people, key", 1): `no stream "people" is mapped to account`,
		strings.Replace(people, "from: customers, key", "from: gone, key", 1):   `no stream "gone" is mapped to account`,
	} {
		_, err := sync.ParseMapping(text, crm(t))
		if all := trellis.Public(err); len(all) != 1 || all[0].Code != trellis.CodeInvalidInput || !strings.HasPrefix(all[0].Message, want) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

func FuzzParseMapping(f *testing.F) {
	for _, seed := range []string{customers, people, "streams: [{from: a, to: account, fields: {name: source.x}}]", "streams: &a [*a]",
		"streams:\n- &x {from: a, to: account, fields: &f {<<: *f, name: '1'}}", "streams: [{fields: {}, links: {parent: 1}}]", "{", "\x00", "--- a\n--- b"} {
		f.Add(seed)
	}
	s := crm(f)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := sync.ParseMapping(text, s)
		if (m == nil) == (err == nil) {
			t.Fatalf("%v, %v", m, err)
		}
		for _, e := range trellis.Public(err) {
			if e.Code != trellis.CodeInvalidInput {
				t.Errorf("%s: %v", e.Code, e)
			}
		}
	})
}
