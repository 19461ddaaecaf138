package wasm

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/plugins"
)

func TestAdmitRefuses(t *testing.T) {
	t.Parallel()
	section := func(id byte, content ...[]byte) []byte {
		return assembly{handle: codeOK, sections: map[byte][]byte{id: vector(content...)}}.bytes()
	}
	function := func(content []byte) []byte {
		return section(secCode, body(nil), body([]byte{0x41, 0}), sized(content))
	}
	imported := func(module, name string, typ byte) []byte {
		return append(appendName(appendName(nil, module), name), 0, typ)
	}
	for name, c := range map[string]struct {
		module []byte
		says   string
	}{
		"481 GB":          {killers["481 GB"], "4294967295 imports are announced in 2 bytes"},
		"panic":           {killers["panic"], "value type 0x63 is not allowed"},
		"empty":           {nil, "8 bytes are announced and 0 are left"},
		"component":       {[]byte("\x00asm\x0d\x00\x01\x00"), "not a WebAssembly module"},
		"cut":             {section(secCode, body(nil))[:60], "are left"},
		"start":           {section(secStart), "a start section is not allowed"},
		"order":           {append(section(secData), 1, 1, 0), "out of order"},
		"file access":     {section(secImport, imported(moduleWASI, "path_open2", 0)), "not offered"},
		"foreign host":    {section(secImport, imported("env", "system", 0)), "env.system is not offered"},
		"import type":     {section(secImport, imported(moduleTrellis, "log", 0)), "another type than the host's"},
		"memory import":   {section(secImport, append(appendName(appendName(nil, "env"), "memory"), 2, 0)), "only functions"},
		"much memory":     {section(secMemory, []byte{0, 17}), "starts with 1088 KB"},
		"shared memory":   {section(secMemory, []byte{3, 1, 2}), "shared or 64-bit"},
		"two memories":    {section(secMemory, []byte{0, 1}, []byte{0, 1}), "2 memories"},
		"big table":       {section(secTable, append([]byte{0x70, 0}, appendU32(nil, 1<<20)...)), "a table of 1048576 entries"},
		"export twice":    {section(secExport, exported("memory", 2, 0), exported("memory", 2, 0)), "exported twice"},
		"wild export":     {section(secExport, exported("memory", 2, 9)), "nothing that exists"},
		"no exports":      {section(secExport), "does not export trellis_handle"},
		"command":         {section(secExport, exported("_start", 0, 0)), "-buildmode=c-shared"},
		"wrong handle":    {section(secExport, exported("trellis_handle", 0, 0)), "trellis_handle has another type"},
		"vector global":   {section(secGlobal, append(append([]byte{0x7b, 1, 0xfd, 0x0c}, make([]byte, 16)...), 0x0b)), "could not be reset"},
		"passive data":    {section(secData, []byte{1, 0}), "passive data"},
		"passive element": {section(secElement, []byte{1, 0, 0}), "passive element"},
		"big function":    {function(make([]byte, maxBodyBytes+1)), "a function of 262145 bytes"},
		"many locals":     {function([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f, i32, 0x42, 0, 0x0b}), "more than 5000 locals"},
		"no end":          {function([]byte{0, 0x42, 0}), "does not end"},
		"bodies":          {section(secCode, body(nil)), "3 functions are declared and 1 have a body"},
		"ill-typed":       {assembly{handle: []byte{0x41, 0}}.bytes(), "i64"},
		"unknown opcode":  {assembly{handle: []byte{0xff}}.bytes(), "invalid"},
	} {
		pkg, err := admitted(t, c.module)
		if trellis.CodeOf(err) != trellis.CodeValidationFailed || pkg != nil {
			t.Errorf("%s: admitted: %v", name, err)
		} else if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q does not say %q", name, err, c.says)
		}
	}
}

func TestAdmissionCapsMemoryAndTables(t *testing.T) {
	t.Parallel()
	pkg, err := admitted(t, assembly{handle: codeOK, sections: map[byte][]byte{
		secMemory: vector([]byte{1, 2, 0x80, 0x80, 0x04}), // at most 65,536 pages
	}}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	m, err := parse(pkg.Module)
	if err != nil {
		t.Fatal(err)
	}
	if m.memory.max != 16 || m.tables[0].max != maxTableEntries || len(m.resettable()) != 1 {
		t.Errorf("memory %+v, tables %+v, exports %+v", m.memory, m.tables, m.exports)
	}
	again, err := check(pkg.Module, 16)
	if err != nil || !bytes.Equal(again, pkg.Module) {
		t.Errorf("what was admitted is not admitted again as it is: %v", err)
	}
}

// Deep nesting costs wazero far more than its bytes; 16 times as deep takes
// longer than the 20 s an admission process has.
func TestAdmissionOfCostlyCodeEnds(t *testing.T) {
	t.Parallel()
	costly := bytes.Repeat([]byte{0x02, 0x40}, 1<<12)
	costly = append(costly, bytes.Repeat([]byte{0x0b}, 1<<12)...)
	_, err := admitted(t, assembly{handle: append(costly, codeOK...)}.bytes())
	if code := trellis.CodeOf(err); err != nil && code != trellis.CodeValidationFailed && code != trellis.CodeTimeout {
		t.Error(err)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	pkg, err := admitted(t, assembly{handle: codeEcho}.bytes())
	if err != nil {
		t.Fatal(err)
	}
	rt := newRuntime(t)
	forged := *pkg
	forged.Signature = forged.Signature[:len(forged.Signature)-2] + "ff"
	if _, err := rt.Load(t.Context(), &forged, quiet{}); !errors.Is(err, plugins.ErrUntrusted) {
		t.Errorf("a forged signature: %v", err)
	}
	// Signed by another installation: admitted again, here.
	moved := *pkg
	moved.Signature = "0011223344556677:00"
	m, err := rt.Load(t.Context(), &moved, quiet{})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := m.Call(t.Context(), "run", []byte("moved")); err != nil || string(out) != "moved" {
		t.Errorf("%q, %v", out, err)
	}
	// The cache was cleared: the child compiles, not this process.
	if err := os.Remove(compiledMark(place.dir+"/cache", pkg.Digest)); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Load(t.Context(), pkg, quiet{}); err != nil || !compiledIn(place.dir+"/cache", pkg.Digest) {
		t.Errorf("with a cleared cache: %v", err)
	}
	killer := *pkg
	killer.Module = killers["481 GB"]
	killer.Digest = plugins.Digest(killer.Module)
	killer.Signature = moved.Signature
	if _, err := rt.Load(t.Context(), &killer, quiet{}); trellis.CodeOf(err) != trellis.CodeValidationFailed {
		t.Errorf("a killer from the database: %v", err)
	}
}

func TestKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/new"
	ids := make(chan string)
	for range 8 {
		go func() {
			k, err := LoadKey(dir)
			if err != nil {
				ids <- err.Error()
				return
			}
			ids <- k.id
		}()
	}
	first := <-ids
	for range 7 {
		if id := <-ids; id != first {
			t.Errorf("keys %s and %s", first, id)
		}
	}
	if len(first) != 16 {
		t.Error(first)
	}
}

// FuzzCheck: no panic, no lie about size; what passes passes again unchanged.
func FuzzCheck(f *testing.F) {
	for _, module := range killers {
		f.Add(module)
	}
	f.Add(assembly{handle: codeCount, initialize: []byte{}}.bytes())
	f.Add(assembly{handle: codeOK, sections: map[byte][]byte{
		secImport:  vector(append(appendName(appendName(nil, moduleWASI), "sched_yield"), 0, 0)),
		secElement: vector([]byte{0, 0x41, 0, 0x0b, 1, 0}, []byte{6, 0, 0x41, 0, 0x0b, 0x70, 1, 0xd2, 0, 0x0b}),
		secData:    vector([]byte{0, 0x41, 0, 0x0b, 1, 'x'}),
	}}.bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		out, err := check(file, 16)
		if err != nil {
			return
		}
		again, err := check(out, 16)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%x became %x, then %x, %v", file, out, again, err)
		}
		m, err := parse(out)
		if err != nil || m.memory.max > 16 {
			t.Fatalf("%+v, %v", m, err)
		}
	})
}
