package metadata

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"testing/quick"
)

// TestLabelsComeBack: whatever the texts are, a label has them, and its JSON is
// that of the texts.
func TestLabelsComeBack(t *testing.T) {
	t.Parallel()
	comesBack := func(texts Texts) bool {
		l := texts.Label()
		for tag, text := range texts {
			if l.Text(tag) != text {
				return false
			}
		}
		raw, err := json.Marshal(map[string]Label{"a": l})
		var back map[string]Label
		return err == nil && maps.Equal(l.Texts(), texts) && json.Unmarshal(raw, &back) == nil &&
			maps.Equal(back["a"].Texts(), validOf(texts))
	}
	if err := quick.Check(comesBack, nil); err != nil {
		t.Error(err)
	}
	for _, texts := range []Texts{nil, {}, {"": ""}, {"en": "", "zh": strings.Repeat("长", 300)}} {
		if !comesBack(texts) {
			t.Errorf("%v does not come back", texts)
		}
	}
	if raw, _ := json.Marshal((Texts{"zh": "客户", "en": "<Account>"}).Label()); string(raw) != `{"en":"\u003cAccount\u003e","zh":"客户"}` {
		t.Errorf("got %s", raw)
	}
}

// validOf is what JSON keeps of texts.
func validOf(texts Texts) Texts {
	raw, _ := json.Marshal(texts)
	var valid Texts
	_ = json.Unmarshal(raw, &valid)
	return valid
}

// FuzzLabel: a string that no texts were packed into is read without harm.
func FuzzLabel(f *testing.F) {
	for _, s := range []string{"", "\x02en\x04Name", "\x02en\x09Name", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x80", "en"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for tag, text := range Label(s).All() {
			if len(tag)+len(text) > len(s) {
				t.Errorf("%q has %q and %q", s, tag, text)
			}
		}
	})
}
