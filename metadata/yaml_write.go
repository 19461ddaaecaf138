package metadata

import (
	"bytes"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Write gives the files of a definition in the format of Read, in canonical
// form: the same definition is always the same bytes. One package is the
// folder itself, several are folders in it. What the system brings, physical
// names and what has its default are not written.
func Write(def *Definition) map[string][]byte {
	files := map[string][]byte{}
	var packages []*Package
	for _, p := range def.Packages {
		if p.Name != systemPackage {
			packages = append(packages, p)
		}
	}
	for _, p := range packages {
		dir := "."
		if len(packages) > 1 {
			dir = p.Name
		}
		WritePackage(def, p, func(name string, data []byte) { files[path.Join(dir, name)] = data })
	}
	return files
}

// WritePackage gives the files of one package of a definition.
func WritePackage(def *Definition, p *Package, file func(name string, data []byte)) {
	file("package.yaml", encode(p))
	for _, o := range def.Objects {
		if f := objectFileOf(o, p.Name); f != nil {
			file("objects/"+o.Name+".yaml", encode(f))
		}
	}
	var roles []*Role
	for _, r := range def.Roles {
		if r.Package == p.Name {
			roles = append(roles, r)
		}
	}
	if len(roles) > 0 {
		file("policies/roles.yaml", encode(&rolesFile{roles}))
	}
	byRole := map[string]*policiesFile{}
	for _, x := range def.Policies {
		if x.Package != p.Name {
			continue
		}
		if byRole[x.Role] == nil {
			byRole[x.Role] = &policiesFile{Role: x.Role}
		}
		x = x.Clone()
		if x.Effect == Allow {
			x.Effect = ""
		}
		byRole[x.Role].Policies = append(byRole[x.Role].Policies, x)
	}
	for role, f := range byRole {
		file("policies/"+role+".yaml", encode(f))
	}
}

// objectFileOf is the part of an object that a package owns, nil for none.
func objectFileOf(o *Object, pkg string) *objectFile {
	if o.Implied {
		return nil
	}
	f := &objectFile{Object: *o.Clone()}
	f.Fields = slices.DeleteFunc(f.Fields, func(x *Field) bool { return x.Package != pkg })
	f.Indexes = slices.DeleteFunc(f.Indexes, func(x *Index) bool { return x.Package != pkg })
	f.Rules = slices.DeleteFunc(f.Rules, func(x *ValidationRule) bool { return x.Package != pkg })
	if o.Package != pkg || o.Extends {
		if len(f.Fields)+len(f.Indexes)+len(f.Rules) == 0 {
			return nil
		}
		f.Extends = o.Name
		f.Object = Object{Fields: f.Fields, Indexes: f.Indexes, Rules: f.Rules}
	}
	for _, x := range f.Fields {
		omitDefaults(x)
		if x.Kind == KindManyToMany && x.Link == linkName(o, x) {
			x.Link = ""
		}
	}
	return f
}

// omitDefaults undoes what Normalize fills.
func omitDefaults(f *Field) {
	if f.MaxLength == DefaultLength {
		f.MaxLength = 0
	}
	if f.Precision == DefaultDigits && f.Scale == DefaultDecimal {
		f.Precision, f.Scale = 0, 0
	}
	if f.Kind == KindUser && f.Target == "user" {
		f.Target = ""
	}
	if f.OnDelete == defaultOnDelete(f) {
		f.OnDelete = ""
	}
}

// encode writes a structure as one YAML document.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	// Writing a tree of plain nodes to memory cannot fail.
	_ = enc.Encode(node(reflect.ValueOf(v)))
	_ = enc.Close()
	return b.Bytes()
}

// node makes a YAML node; nil for what is empty.
func node(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		n := structNode(v.Elem())
		switch x := v.Interface().(type) {
		case *Option, *Index, *IndexRange, *RollUp, *AutoNumber, *Expression, *Files, *Alias:
			n.Style = yaml.FlowStyle
		case *Field:
			plainDefault(n, x)
		}
		return n
	case reflect.Slice:
		return listNode(v)
	case reflect.Bool:
		if v.Bool() {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}
		}
	case reflect.Int:
		if v.Int() != 0 {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v.Int(), 10)}
		}
	case reflect.String:
		if l, ok := v.Interface().(Label); ok {
			return labelNode(l)
		}
		if v.String() != "" {
			return textNode(v.String())
		}
	}
	return nil
}

func textNode(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off": // booleans to readers of YAML 1.1
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func structNode(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if key := yamlKey(f); key != "" {
			if value := node(v.FieldByIndex(f.Index)); value != nil {
				n.Content = append(n.Content, textNode(key), value)
			}
		}
	}
	return n
}

func listNode(v reflect.Value) *yaml.Node {
	if v.Len() == 0 {
		return nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if v.Type().Elem().Kind() == reflect.String {
		n.Style = yaml.FlowStyle
	}
	for i := range v.Len() {
		item := node(v.Index(i))
		if item == nil {
			item = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle}
		}
		n.Content = append(n.Content, item)
	}
	return n
}

// labelNode has the languages in order, English first.
func labelNode(l Label) *yaml.Node {
	if l == "" {
		return nil
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle}
	for _, tag := range l.tags() {
		text := textNode(l.Text(tag))
		if text.Value == "" {
			text.Style = yaml.DoubleQuotedStyle
		}
		n.Content = append(n.Content, textNode(tag), text)
	}
	return n
}

// plainDefault writes numbers and booleans without quotes.
func plainDefault(n *yaml.Node, f *Field) {
	switch f.Kind {
	case KindInteger, KindDecimal, KindBoolean, KindPercent, KindRating:
		if _, problem := f.ParseDefault(); problem != "" {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "default" {
				n.Content[i+1] = &yaml.Node{Kind: yaml.ScalarNode, Value: f.Default}
			}
		}
	}
}
