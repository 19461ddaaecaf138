package plugins

import (
	"errors"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/trellishq/trellis"
)

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	nameForm    = regexp.MustCompile(`^[a-z][a-zA-Z0-9]{0,39}$`)
	versionForm = regexp.MustCompile(`^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})(-[0-9A-Za-z.-]{1,40})?$`)
	hostForm    = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:\d{1,5})?$`)
	secretForm  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)
	codeForm    = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,39}$`)
	languages   = []string{"go", "rust", "assemblyscript", "c", "javascript"}
)

// ParseManifest reads a plugin.yaml. It returns either a manifest that keeps
// every rule, or trellis.Errors (VALIDATION_FAILED) with all problems, in the
// order of the file, each naming its line.
func ParseManifest(source []byte) (*Manifest, error) {
	if len(source) > MaxManifest {
		return nil, trellis.Errorf(trellis.CodeInvalidInput, "the manifest has %d bytes, the most is %d", len(source), MaxManifest)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return nil, trellis.Errors{trellis.Errorf(trellis.CodeValidationFailed, "the manifest is not YAML: %s", yamlFault(err))}
	}
	d := &decoder{}
	if len(doc.Content) == 0 {
		return nil, trellis.Errors{trellis.Errorf(trellis.CodeValidationFailed, "the manifest is empty")}
	}
	m := d.manifest(doc.Content[0])
	slices.SortStableFunc(d.faults, func(a, b fault) int { return a.line - b.line })
	var all trellis.Errors
	for _, f := range d.faults {
		all = append(all, f.err)
	}
	if err := all.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

func yamlFault(err error) string {
	var te *yaml.TypeError
	if errors.As(err, &te) {
		return strings.Join(te.Errors, "; ")
	}
	return strings.TrimPrefix(err.Error(), "yaml: ")
}

func (d *decoder) manifest(n *yaml.Node) *Manifest {
	m := &Manifest{}
	f := d.fields(n, nil, "id", "version", "abi", "language", "description", "entries", "capabilities", "limits")
	if f == nil {
		return m
	}
	m.ID = d.text(f, "id", true, idForm, "lower-case letters, digits and dashes, a letter first, at most 40")
	m.Version = d.text(f, "version", true, versionForm, "major.minor.patch")
	d.choice(f, "abi", []string{ABI})
	m.Language = d.choice(f, "language", languages)
	m.Description = d.prose(f, "description", false)
	if e, ok := f.get("entries"); ok {
		m.Hooks = d.entries(e)
	} else {
		d.missing(f, "entries")
	}
	if c, ok := f.get("capabilities"); ok {
		m.Capabilities = d.capabilities(c)
	}
	m.Limits = Limits{Memory: DefaultMemory, Time: DefaultTime}
	if m.Language == "go" {
		m.Limits.Memory = DefaultGoMemory
	}
	if l, ok := f.get("limits"); ok {
		d.limits(l, &m.Limits)
	}
	return m
}

func (d *decoder) entries(e value) []Hook {
	f := d.fields(e.node, e.path, "hooks")
	if f == nil {
		return nil
	}
	list, ok := f.get("hooks")
	if !ok {
		d.missing(f, "hooks")
		return nil
	}
	var hooks []Hook
	names, numbers := map[string]bool{}, map[uint32]string{}
	items := d.list(list)
	if list.node.Kind == yaml.SequenceNode && len(list.node.Content) == 0 {
		d.fault(list, "hooks is empty")
	}
	for _, item := range items {
		h, ok := d.hook(item)
		if !ok {
			continue
		}
		if names[h.Entry] {
			d.fault(item, "the entry %q is there twice", h.Entry)
		} else if other, same := numbers[EntryNumber(h.Entry)]; same {
			d.fault(item, "the entries %q and %q have the same number, rename one", other, h.Entry)
		}
		names[h.Entry], numbers[EntryNumber(h.Entry)] = true, h.Entry
		hooks = append(hooks, h)
	}
	return hooks
}

func (d *decoder) hook(item value) (Hook, bool) {
	f := d.fields(item.node, item.path, "entry", "object", "events", "mode", "fields", "order")
	if f == nil {
		return Hook{}, false
	}
	const naming = "camelCase, a lower-case letter first, at most 40"
	h := Hook{
		Entry:  d.text(f, "entry", true, nameForm, naming),
		Object: d.text(f, "object", true, nameForm, naming),
		Mode:   Mode(d.choice(f, "mode", texts(Modes))),
		Fields: d.names(f, "fields", naming),
		Order:  d.integer(f, "order", -1_000_000, 1_000_000),
	}
	for _, e := range d.choices(f, "events", texts(Events)) {
		h.Events = append(h.Events, Event(e))
	}
	return h, h.Entry != ""
}

func (d *decoder) capabilities(c value) (out Capabilities) {
	f := d.fields(c.node, c.path, "records", "http", "kv", "secrets")
	if f == nil {
		return out
	}
	if l, ok := f.get("records"); ok {
		for _, item := range d.list(l) {
			if g := d.fields(item.node, item.path, "object", "verbs", "reason"); g != nil {
				out.Records = append(out.Records, RecordCapability{
					Object: d.text(g, "object", true, nameForm, "the name of an object"),
					Verbs:  d.choices(g, "verbs", Verbs), Reason: d.prose(g, "reason", true)})
			}
		}
	}
	if l, ok := f.get("http"); ok {
		for _, item := range d.list(l) {
			if g := d.fields(item.node, item.path, "host", "reason"); g != nil {
				out.HTTP = append(out.HTTP, HostCapability{
					Host: d.text(g, "host", true, hostForm, "a host name, with a port if need be, without a scheme"), Reason: d.prose(g, "reason", true)})
			}
		}
	}
	if v, ok := f.get("kv"); ok {
		if g := d.fields(v.node, v.path, "reason"); g != nil {
			out.KV = &KVCapability{Reason: d.prose(g, "reason", true)}
		}
	}
	if l, ok := f.get("secrets"); ok {
		for _, item := range d.list(l) {
			if g := d.fields(item.node, item.path, "name", "reason"); g != nil {
				out.Secrets = append(out.Secrets, SecretCapability{
					Name: d.text(g, "name", true, secretForm, "letters, digits, - and _"), Reason: d.prose(g, "reason", true)})
			}
		}
	}
	return out
}

func (d *decoder) limits(v value, l *Limits) {
	f := d.fields(v.node, v.path, "memory", "time")
	if f == nil {
		return
	}
	if n, ok := f.get("memory"); ok {
		l.Memory = d.bytes(n, MinMemory, MaxMemory)
	}
	if n, ok := f.get("time"); ok {
		l.Time = d.duration(n, MinTime, MaxTime)
	}
}

// EntryNumber is how ABI trellis/1 names an entry: FNV-1a, 32 bits, of its
// name.
func EntryNumber(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return h.Sum32()
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// maxItems bounds every list of a manifest.
const maxItems = 200
