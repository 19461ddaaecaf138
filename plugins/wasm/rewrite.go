package wasm

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// check parses a module, holds it against ABI trellis/1 and the memory limit
// (in pages), and gives the module that is passed on: custom sections and
// foreign exports left out, memory and tables with a maximum, every mutable
// global exported. The answer checks to itself.
func check(file []byte, pages uint32) ([]byte, error) {
	m, err := parse(file)
	if err != nil {
		return nil, err
	}
	if err := m.abi(pages); err != nil {
		return nil, err
	}
	m.memory.max = min(m.memory.max, pages)
	out := []byte(header)
	for _, id := range sectionOrder {
		var body []byte
		switch id {
		case secTable:
			body = m.encodeTables()
		case secMemory:
			body = m.encodeMemory()
		case secExport:
			body = m.encodeExports()
		default:
			body = m.copied[id]
		}
		if len(body) > 0 {
			out = append(out, id)
			out = append(appendU32(out, uint32(len(body))), body...)
		}
	}
	return out, nil
}

// abi finds every departure from ABI trellis/1 at once.
func (m *module) abi(pages uint32) error {
	var faults []string
	have := map[string]export{}
	for _, e := range m.exports {
		have[e.name] = e
	}
	if e, ok := have["memory"]; !ok || e.kind != 2 {
		faults = append(faults, `it does not export its memory as "memory"`)
	}
	for _, name := range slices.Sorted(maps.Keys(abiExports)) {
		e, ok := have[name]
		switch {
		case !ok && name == "_initialize":
		case !ok:
			faults = append(faults, fmt.Sprintf("it does not export %s", name))
		case e.kind != 0 || m.typeOf(e.index) != abiExports[name]:
			faults = append(faults, fmt.Sprintf("its export %s has another type than ABI trellis/1 says", name))
		}
	}
	if _, command := have["_start"]; command {
		faults = append(faults, "it is a command (_start); a plugin is a reactor: build Go with -buildmode=c-shared")
	}
	if m.memory.min > pages {
		faults = append(faults, fmt.Sprintf("it starts with %d KB of memory and its limit is %d KB", m.memory.min*64, pages*64))
	}
	if len(faults) == 0 {
		return nil
	}
	return &refusal{faults}
}

// refusal lists why a well-formed module is no plugin.
type refusal struct{ faults []string }

func (e *refusal) Error() string { return fmt.Sprintf("%v: %v", errModule, e.faults) }
func (e *refusal) Unwrap() error { return errModule }

func (m *module) encodeTables() []byte {
	if len(m.tables) == 0 {
		return nil
	}
	b := appendU32(nil, uint32(len(m.tables)))
	for _, t := range m.tables {
		b = append(b, t.kind, 1)
		b = appendU32(appendU32(b, t.min), t.max)
	}
	return b
}

func (m *module) encodeMemory() []byte {
	return appendU32(appendU32([]byte{1, 1}, m.memory.min), m.memory.max)
}

func (m *module) encodeExports() []byte {
	var kept []export
	for _, e := range m.exports {
		if _, abi := abiExports[e.name]; abi || e.name == "memory" {
			kept = append(kept, e)
		}
	}
	for i, g := range m.globals {
		if g.mutable {
			kept = append(kept, export{globalPrefix + strconv.Itoa(i), 3, uint32(i)})
		}
	}
	b := appendU32(nil, uint32(len(kept)))
	for _, e := range kept {
		b = appendU32(append(appendName(b, e.name), e.kind), e.index)
	}
	return b
}

// resettable names the exports that admission added for the mutable globals.
func (m *module) resettable() []string {
	var names []string
	for i, g := range m.globals {
		if g.mutable {
			names = append(names, globalPrefix+strconv.Itoa(i))
		}
	}
	return names
}
