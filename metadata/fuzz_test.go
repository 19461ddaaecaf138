package metadata

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// Whatever stands in a package's files, it is refused or it is a definition
// that comes back when it is written and read again.
func FuzzRead(f *testing.F) {
	list := map[string]string{}
	for _, s := range readSections(f, "testdata/large.txt") {
		list[s.name] = s.text
	}
	object, roles, policies := list["crm/objects/account.yaml"], list["crm/policies/roles.yaml"], list["crm/policies/clerk.yaml"]
	f.Add(object, roles, policies)
	for _, name := range []string{"order", "line", "client"} {
		text := strings.Replace(settingsFile(f, "objects/"+name+".yaml"), "name: "+name+"\n", "name: account\n", 1)
		f.Add(text, settingsFile(f, "policies/roles.yaml"), settingsFile(f, "policies/clerk.yaml"))
	}
	f.Add("name: account\nplural: accounts\nfields: [{name: a, kind: text, default: ~}]", "roles: []", "role: clerk")
	f.Add("name: account\nplural: &a accounts\nlabel: {<<: *a}", "roles:\n- name: clerk", "")
	f.Add("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", "%YAML 1.1\n---\nroles: !!set {a}", "role: !!binary aGk=")
	f.Fuzz(func(t *testing.T, object, roles, policies string) {
		fsys := fstest.MapFS{
			"package.yaml":         {Data: []byte("name: crm\n")},
			"objects/account.yaml": {Data: []byte(object)},
			"policies/roles.yaml":  {Data: []byte(roles)},
			"policies/clerk.yaml":  {Data: []byte(policies)},
		}
		def, errs := Read(fsys)
		if def == nil {
			return
		}
		Normalize(def, nil)
		if AllProblems(errs, Validate(def)) != nil {
			return
		}
		again, errs := Read(asFolder(Write(def)))
		if len(errs) > 0 {
			t.Fatalf("what was written cannot be read: %v", errs)
		}
		Normalize(again, nil)
		if changes := Diff(def, again); len(changes) > 0 {
			t.Fatalf("it comes back with %v", changes)
		}
		New(again, 1)
	})
}

func TestReadOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, errs := Read(os.DirFS(t.TempDir())); len(errs) != 1 {
		t.Errorf("an empty folder gave %v", errs)
	}
	if _, errs := Read(os.DirFS("testdata/none")); len(errs) != 1 {
		t.Errorf("no folder gave %v", errs)
	}
	big := fstest.MapFS{"package.yaml": {Data: make([]byte, maxFileBytes+1)}}
	if _, errs := Read(big); len(errs) != 1 {
		t.Errorf("a file too large gave %v", errs)
	}
}
