package apps_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unsafe"

	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/metadata"
)

// TestShareChangesNothing decodes the CRM as it is stored: shared, it is equal
// to what it was, equal labels are one, and a copy can be changed alone.
func TestShareChangesNothing(t *testing.T) {
	t.Parallel()
	def, problems := metadata.Read(apps.CRM())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	raw, err := json.Marshal(def)
	if err != nil {
		t.Fatal(err)
	}
	var plain, shared metadata.Definition
	for _, d := range []*metadata.Definition{&plain, &shared} {
		if err := json.Unmarshal(raw, d); err != nil {
			t.Fatal(err)
		}
	}
	metadata.Share(&shared)
	if !reflect.DeepEqual(plain, shared) {
		t.Fatal("sharing changes the definition")
	}
	texts, fields := map[*byte]bool{}, 0
	for _, o := range shared.Objects {
		for _, f := range o.Fields {
			if f.Label != "" {
				texts[unsafe.StringData(string(f.Label))], fields = true, fields+1
			}
		}
	}
	if len(texts) >= fields {
		t.Errorf("%d labels for %d fields", len(texts), fields)
	}
	own := shared.Own("account")
	own.Fields[0].Label = metadata.Texts{"en": "changed"}.Label()
	for i, o := range shared.Objects {
		if o.Name != "account" && !reflect.DeepEqual(o, plain.Objects[i]) {
			t.Errorf("%s changed with account", o.Name)
		}
	}
}
