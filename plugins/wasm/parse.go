package wasm

import "slices"

// module is what the strict parser keeps of a file.
type module struct {
	types    []signature
	imported int      // imported functions; they come first in funcs
	funcs    []uint32 // type of each function
	tables   []table
	memory   *memory
	globals  []global
	exports  []export
	elements int
	bodies   int
	segments int
	declared int // segments announced by the data count section, -1 without one
	locals   int
	// copied holds the bytes of the sections that are passed on unchanged.
	copied map[byte][]byte
}

type table struct {
	kind     byte
	min, max uint32
}

// memory is in pages.
type memory struct{ min, max uint32 }

type global struct {
	kind    byte
	mutable bool
}

type export struct {
	name  string
	kind  byte
	index uint32
}

// Sections by their id in the file.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
)

// sectionOrder is the order sections must come in; each at most once.
var sectionOrder = []byte{secType, secImport, secFunction, secTable, secMemory, secGlobal, secExport, secStart, secElement, secDataCount, secCode, secData}

var sectionNames = []string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count"}

const header = "\x00asm\x01\x00\x00\x00"

// parse reads a module by the rules of the package comment. It reads no
// instruction: those are wazero's to validate, in the admission process, once
// every count and size here has been found honest.
func parse(file []byte) (*module, error) {
	m := &module{copied: map[byte][]byte{}, declared: -1}
	r := &reader{b: file}
	if len(file) > MaxModuleBytes {
		r.fail("the file has %d bytes, the most is %d", len(file), MaxModuleBytes)
	}
	if string(r.take(uint32(len(header)))) != header {
		r.fail("this is not a WebAssembly module of version 1")
	}
	place := 0
	for r.err == nil && r.left() > 0 {
		id := r.byte()
		size := r.u32()
		body := r.sub(size)
		if id == secCustom {
			continue // names and debugging data are not passed on
		}
		at := slices.Index(sectionOrder[place:], id)
		if at < 0 {
			r.fail("section %d is unknown, repeated or out of order", id)
			break
		}
		place += at + 1
		m.section(id, body)
		if body.err != nil && r.err == nil {
			r.err = body.err
		}
	}
	m.agree(r)
	return m, r.err
}

func (m *module) section(id byte, r *reader) {
	whole := r.b[min(r.at, len(r.b)):]
	switch id {
	case secType:
		m.typeSection(r)
	case secImport:
		m.importSection(r)
	case secFunction:
		m.functionSection(r)
	case secTable:
		m.tableSection(r)
	case secMemory:
		m.memorySection(r)
	case secGlobal:
		m.globalSection(r)
	case secExport:
		m.exportSection(r)
	case secStart:
		r.fail("a start section is not allowed: export _initialize instead")
	case secElement:
		m.elementSection(r)
	case secDataCount:
		m.declared = int(r.u32())
	case secCode:
		m.codeSection(r)
	case secData:
		m.dataSection(r)
	}
	r.end(sectionNames[id])
	m.copied[id] = whole
}

// agree checks what spans sections.
func (m *module) agree(r *reader) {
	if r.err != nil {
		return
	}
	if m.bodies != len(m.funcs)-m.imported {
		r.fail("%d functions are declared and %d have a body", len(m.funcs)-m.imported, m.bodies)
	}
	if m.declared >= 0 && m.declared != m.segments {
		r.fail("%d data segments are announced and %d follow", m.declared, m.segments)
	}
	if m.memory == nil {
		r.fail("the module has no memory of its own")
	}
	for _, e := range m.exports {
		bound := map[byte]int{0: len(m.funcs), 1: len(m.tables), 2: 1, 3: len(m.globals)}
		if most, ok := bound[e.kind]; !ok || uint64(e.index) >= uint64(most) {
			r.fail("the export %q names nothing that exists", e.name)
		}
	}
}

// typeOf is the type of a function; the caller has checked the index.
func (m *module) typeOf(fn uint32) signature { return m.types[m.funcs[fn]] }
