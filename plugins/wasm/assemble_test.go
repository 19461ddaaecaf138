package wasm

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/trellishq/trellis/plugins"
)

// assembly is a small plugin written by hand: the instructions of
// trellis_handle(entry, ptr, len) and, when not nil, of _initialize.
type assembly struct {
	handle, initialize []byte
	// sections replaces whole sections by their id, or adds them.
	sections map[byte][]byte
}

// Instructions of handlers.
var (
	codeOK      = []byte{0x42, 0x00}                                                 // i64.const 0
	codeEcho    = []byte{0x20, 1, 0xad, 0x42, 32, 0x86, 0x20, 2, 0xad, 0x84}         // ptr<<32 | len
	codeLoop    = []byte{0x03, 0x40, 0x0c, 0, 0x0b, 0x42, 0}                         // loop br 0 end
	codeTrap    = []byte{0x00}                                                       // unreachable
	codeRecurse = []byte{0x20, 0, 0x20, 1, 0x20, 2, 0x10, 2}                         // handle(entry, ptr, len)
	codeHuge    = []byte{0x42, 0x7f}                                                 // i64.const -1
	codeWild    = []byte{0x42, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f} // 0xff000000<<32 | 16
	codeGrow    = []byte{0x03, 0x40, 0x41, 1, 0x40, 0, 0x1a, 0x0c, 0, 0x0b, 0x42, 0}
	codeTables  = []byte{0x03, 0x40, 0xd0, 0x70, 0x41, 0xe4, 0, 0xfc, 0x0f, 0, 0x1a, 0x0c, 0, 0x0b, 0x42, 0}
	// memory[0]++; global++; memory[1] = global; answer both bytes
	codeCount = []byte{0x41, 0, 0x41, 0, 0x2d, 0, 0, 0x41, 1, 0x6a, 0x3a, 0, 0, 0x23, 0, 0x41, 1, 0x6a, 0x24, 0,
		0x41, 1, 0x23, 0, 0x3a, 0, 0, 0x42, 2}
)

func vector(items ...[]byte) []byte {
	b := appendU32(nil, uint32(len(items)))
	for _, i := range items {
		b = append(b, i...)
	}
	return b
}

func sized(b []byte) []byte { return append(appendU32(nil, uint32(len(b))), b...) }

func body(code []byte) []byte { return sized(append(append([]byte{0}, code...), 0x0b)) }

func exported(name string, kind, index byte) []byte {
	return append(appendName(nil, name), kind, index)
}

func (a assembly) bytes() []byte {
	functions, bodies := [][]byte{{0}, {1}, {2}}, [][]byte{body(nil), body([]byte{0x41, 0x80, 0x08}), body(a.handle)}
	exports := [][]byte{exported("memory", 2, 0), exported("trellis_abi_1", 0, 0), exported("trellis_alloc", 0, 1), exported("trellis_handle", 0, 2)}
	if a.initialize != nil {
		functions, bodies = append(functions, []byte{0}), append(bodies, body(a.initialize))
		exports = append(exports, exported("_initialize", 0, 3))
	}
	sections := map[byte][]byte{
		secType:     vector([]byte{0x60, 0, 0}, []byte{0x60, 1, i32, 1, i32}, []byte{0x60, 3, i32, i32, i32, 1, i64}),
		secFunction: vector(functions...),
		secTable:    vector([]byte{0x70, 0, 1}),
		secMemory:   vector([]byte{0, 2}),
		secGlobal:   vector([]byte{i32, 1, 0x41, 0, 0x0b}),
		secExport:   vector(exports...),
		secCode:     vector(bodies...),
	}
	for id, content := range a.sections {
		sections[id] = content
	}
	out := []byte(header)
	for _, id := range sectionOrder {
		if content, ok := sections[id]; ok {
			out = append(append(out, id), sized(content)...)
		}
	}
	return out
}

const assemblyManifest = `
id: assembled
version: 1.0.0
abi: trellis/1
language: c
entries:
  hooks:
    - {entry: run, object: account, events: [before-create], mode: validate, fields: [name]}
limits: {memory: 1MB, time: 200ms}
`

// admitted takes a module through the real admission.
func admitted(t testing.TB, module []byte) (*plugins.Package, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plugin.wasm")
	if err := os.WriteFile(file, module, 0o644); err != nil {
		t.Fatal(err)
	}
	return Admit(context.Background(), file, []byte(assemblyManifest), place.dir, place.dir+"/cache")
}

func load(t testing.TB, a assembly) plugins.Module {
	t.Helper()
	pkg, err := admitted(t, a.bytes())
	if err != nil {
		t.Fatalf("admit: %v", err)
	}
	m, err := newRuntime(t).Load(t.Context(), pkg, quiet{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
