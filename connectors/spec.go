package connectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Spec describes a connector: what it is called and what it must be told. Form,
// check and reference page are derived from it.
type Spec struct {
	// Name is lower-case letters, digits and '-', unique in the catalogue.
	Name  string `json:"name"`
	Label Text   `json:"label"`
	About Text   `json:"about"` // a sentence or two
	// Network and Files say which of Config.HTTP and Config.Files is used.
	Network bool `json:"network,omitempty"`
	Files   bool `json:"files,omitempty"`
	// Settings are shown in this order.
	Settings []Setting `json:"settings"`
}

// Setting is one value that an admin gives.
type Setting struct {
	Name     string      `json:"name"` // lower camel case
	Kind     SettingKind `json:"kind"`
	Label    Text        `json:"label"`
	Help     Text        `json:"help"`
	Required bool        `json:"required,omitempty"`
	// Secret values are encrypted where they are stored and never shown again.
	Secret bool `json:"secret,omitempty"`
	// Default stands in for an absent value; it has the Go type of the kind.
	Default any `json:"default,omitempty"`
	// Options are the choices of a SettingSelect.
	Options []Option `json:"options,omitempty"`
	// Min and Max bound a SettingInteger when they are not both zero.
	Min int64 `json:"min,omitempty"`
	Max int64 `json:"max,omitempty"`
}

// SettingKind is the type of a Setting.
type SettingKind string

// The kinds of settings.
const (
	SettingText    SettingKind = "text"    // string
	SettingURL     SettingKind = "url"     // string: http or https, with a host, without user and password
	SettingInteger SettingKind = "integer" // int64
	SettingBoolean SettingKind = "boolean" // bool
	SettingSelect  SettingKind = "select"  // string
	SettingList    SettingKind = "list"    // []string
)

const (
	maxText = 10_000
	maxList = 1_000
)

// Values are settings by name. After Spec.Resolve every value has the Go type
// of its kind and every default is filled in; what is optional and not given is
// absent.
type Values map[string]any

// Text is a text, url or select, or "".
func (v Values) Text(name string) string { s, _ := v[name].(string); return s }

// Int is an integer, or 0.
func (v Values) Int(name string) int64 { n, _ := v[name].(int64); return n }

// Bool is a boolean, or false.
func (v Values) Bool(name string) bool { b, _ := v[name].(bool); return b }

// List is a list of texts, or nil.
func (v Values) List(name string) []string { l, _ := v[name].([]string); return l }

// Resolve checks raw values, as they come from JSON, YAML or a form, and returns
// them typed and with defaults. An integer may be any Go integer, a json.Number,
// a whole float64 or text; a boolean may be text; a list may be []any. nil and
// empty text are absent. The error joins all problems, each an ErrConfig that
// names its setting, in the order of the Spec; unknown names come last.
func (s Spec) Resolve(raw map[string]any) (Values, error) {
	out := Values{}
	var problems []error
	known := map[string]bool{}
	for _, set := range s.Settings {
		known[set.Name] = true
		v := raw[set.Name]
		if v == nil || v == "" {
			v = set.Default
		}
		if v == nil {
			if set.Required {
				problems = append(problems, ConfigError(set.Name, "%s is required", set.Name))
			}
			continue
		}
		typed, err := set.resolve(v)
		if err != nil {
			problems = append(problems, ConfigError(set.Name, "%s %v", set.Name, err))
			continue
		}
		out[set.Name] = typed
	}
	var unknown []string
	for name := range raw {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		problems = append(problems, ConfigError(name, "%.60q is not a setting of %s", name, s.Name))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return out, nil
}

// Split parts values into those that may be stored and shown as they are and
// those that are secret.
func (s Spec) Split(v Values) (plain, secret Values) {
	plain, secret = Values{}, Values{}
	for _, set := range s.Settings {
		x, ok := v[set.Name]
		switch {
		case !ok:
		case set.Secret:
			secret[set.Name] = x
		default:
			plain[set.Name] = x
		}
	}
	return plain, secret
}

func (set Setting) resolve(v any) (any, error) {
	switch set.Kind {
	case SettingInteger:
		return set.resolveInteger(v)
	case SettingBoolean:
		return resolveBoolean(v)
	case SettingList:
		return resolveList(v)
	}
	text, ok := v.(string)
	if !ok {
		return nil, errors.New("must be text")
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("is longer than %d bytes", maxText)
	}
	switch set.Kind {
	case SettingURL:
		return resolveURL(text)
	case SettingSelect:
		var names []string
		for _, o := range set.Options {
			if o.Value == text {
				return text, nil
			}
			names = append(names, o.Value)
		}
		return nil, fmt.Errorf("must be one of %s", strings.Join(names, ", "))
	}
	return text, nil
}

func (set Setting) resolveInteger(v any) (any, error) {
	n, ok := integer(v)
	if !ok {
		return nil, errors.New("must be a whole number")
	}
	if (set.Min != 0 || set.Max != 0) && (n < set.Min || n > set.Max) {
		return nil, fmt.Errorf("must be from %d to %d", set.Min, set.Max)
	}
	return n, nil
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		n := int64(v)
		return n, float64(n) == v && n > -1<<53 && n < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		return n, err == nil
	}
	return 0, false
}

func resolveBoolean(v any) (any, error) {
	switch v {
	case true, "true":
		return true, nil
	case false, "false":
		return false, nil
	}
	return nil, errors.New("must be true or false")
}

func resolveList(v any) (any, error) {
	var out []string
	switch v := v.(type) {
	case []string:
		out = slices.Clone(v)
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, errors.New("must be a list of texts")
			}
			out = append(out, s)
		}
	default:
		return nil, errors.New("must be a list of texts")
	}
	if len(out) > maxList {
		return nil, fmt.Errorf("has more than %d entries", maxList)
	}
	for _, s := range out {
		if len(s) > maxText {
			return nil, fmt.Errorf("has an entry longer than %d bytes", maxText)
		}
	}
	return out, nil
}

func resolveURL(text string) (any, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return nil, errors.New("must be an address that begins with http:// or https://")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password")
	}
	return strings.TrimRight(text, "/"), nil
}
