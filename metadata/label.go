package metadata

import (
	"encoding/binary"
	"encoding/json"
	"iter"
	"maps"
	"slices"
)

// Texts are a text for people in some languages, by tag ("en", "zh").
type Texts map[string]string

// Label is Texts as one string, since a workspace has thousands of them and a
// map takes many times the room of what is in it. The empty Label has no texts;
// equal ones are ==. Texts.Label makes one. In JSON and YAML it is an object.
type Label string

// Label packs the texts: in order of the tags, each tag and text behind its
// length.
func (t Texts) Label() Label {
	var b []byte
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		for _, part := range []string{tag, t[tag]} {
			b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
		}
	}
	return Label(b)
}

// All has the tags and texts, in order of the tags.
func (l Label) All() iter.Seq2[string, string] {
	return func(yield func(tag, text string) bool) {
		for rest := l; rest != ""; {
			var tag, text Label
			tag, rest = rest.cut()
			text, rest = rest.cut()
			if !yield(string(tag), string(text)) {
				return
			}
		}
	}
}

// cut takes what is first off a label. Of what Texts.Label did not make, it takes
// something.
func (l Label) cut() (part, rest Label) {
	n, size := binary.Uvarint([]byte(l[:min(len(l), binary.MaxVarintLen64)]))
	if size <= 0 || n > uint64(len(l)-size) {
		return l, ""
	}
	end := size + int(n)
	return l[size:end], l[end:]
}

// Text is the text in a language, "" for none.
func (l Label) Text(lang string) string {
	for tag, text := range l.All() {
		if tag == lang {
			return text
		}
	}
	return ""
}

// In gives the text in lang, else English, else any, else fallback.
func (l Label) In(lang, fallback string) string {
	for _, tag := range []string{lang, "en", "zh"} {
		if s := l.Text(tag); s != "" {
			return s
		}
	}
	return fallback
}

// Texts unpacks the label, nil for the empty one.
func (l Label) Texts() Texts {
	if l == "" {
		return nil
	}
	return maps.Collect(l.All())
}

// MarshalJSON writes an object: texts by tag.
func (l Label) MarshalJSON() ([]byte, error) { return json.Marshal(l.Texts()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Label) UnmarshalJSON(raw []byte) error {
	var t Texts
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	*l = t.Label()
	return nil
}

// tags lists the languages of a label in order, English first.
func (l Label) tags() []string {
	var tags []string
	for tag := range l.All() {
		if tag == "en" {
			tags = slices.Insert(tags, 0, tag)
		} else {
			tags = append(tags, tag)
		}
	}
	return tags
}
