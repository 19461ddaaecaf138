package wasm

import "strings"

func (m *module) typeSection(r *reader) {
	for range r.count("types", maxTypes) {
		if r.byte() != 0x60 {
			r.fail("only function types are allowed")
		}
		m.types = append(m.types, signature{m.valueTypes(r), m.valueTypes(r)})
		if r.err != nil {
			return
		}
	}
}

func (m *module) valueTypes(r *reader) string {
	var out []byte
	for range r.count("values", maxSignature) {
		out = append(out, m.valueType(r))
	}
	return string(out)
}

// valueType reads i32, i64, f32, f64, v128, funcref or externref. Typed
// references are refused: a malformed one crashes wazero's decoder.
func (m *module) valueType(r *reader) byte {
	b := r.byte()
	if r.err == nil && !strings.ContainsRune("\x7f\x7e\x7d\x7c\x7b\x70\x6f", rune(b)) {
		r.fail("value type %#x is not allowed", b)
	}
	return b
}

func (m *module) importSection(r *reader) {
	for range r.count("imports", maxImports) {
		from, name, kind := r.name(), r.name(), r.byte()
		typ := r.u32()
		if r.err != nil {
			return
		}
		want, known := importable[from][name]
		switch {
		case kind != 0:
			r.fail("%s.%s: only functions can be imported", clip(from), clip(name))
		case !known:
			r.fail("the import %s.%s is not offered to plugins", clip(from), clip(name))
		case uint64(typ) >= uint64(len(m.types)):
			r.fail("the import %s.%s has type %d of %d", from, name, typ, len(m.types))
		case m.types[typ] != want:
			r.fail("the import %s.%s has another type than the host's", from, name)
		}
		m.funcs = append(m.funcs, typ)
		m.imported++
	}
}

func (m *module) functionSection(r *reader) {
	for range r.count("functions", maxFunctions) {
		typ := r.u32()
		if r.err == nil && uint64(typ) >= uint64(len(m.types)) {
			r.fail("a function has type %d of %d", typ, len(m.types))
		}
		if r.err != nil {
			return
		}
		m.funcs = append(m.funcs, typ)
	}
}

// limits reads the flags of a table or memory and its minimum and maximum;
// without a maximum it gives most.
func limits(r *reader, what string, most uint32) (low, high uint32) {
	flags := r.byte()
	if r.err == nil && flags > 1 {
		r.fail("a shared or 64-bit %s is not allowed", what)
	}
	low, high = r.u32(), most
	if flags == 1 {
		high = min(r.u32(), most)
	}
	return low, high
}

func (m *module) tableSection(r *reader) {
	for range r.count("tables", maxTables) {
		kind := r.byte()
		if kind != 0x70 && kind != 0x6f {
			r.fail("table type %#x is not allowed", kind)
		}
		low, high := limits(r, "table", maxTableEntries)
		if r.err == nil && low > high {
			r.fail("a table of %d entries, the most is %d", low, high)
		}
		m.tables = append(m.tables, table{kind, low, high})
	}
}

func (m *module) memorySection(r *reader) {
	if n := r.count("memories", 1); n != 1 {
		r.fail("a module has exactly one memory")
		return
	}
	low, high := limits(r, "memory", 1<<16)
	m.memory = &memory{low, high}
}

func (m *module) globalSection(r *reader) {
	for range r.count("globals", maxGlobals) {
		g := global{kind: m.valueType(r)}
		mut := r.byte()
		if r.err == nil && mut > 1 {
			r.fail("mutability %#x is not defined", mut)
		}
		g.mutable = mut == 1
		if r.err == nil && g.mutable && !strings.ContainsRune("\x7f\x7e\x7d\x7c", rune(g.kind)) {
			r.fail("a mutable global of a vector or reference type could not be reset")
		}
		m.constant(r)
		m.globals = append(m.globals, g)
		if r.err != nil {
			return
		}
	}
}

// constant passes over an initialiser: one instruction and end.
func (m *module) constant(r *reader) {
	switch op := r.byte(); op {
	case 0x41: // i32.const
		r.skipLEB(5)
	case 0x42: // i64.const
		r.skipLEB(10)
	case 0x43: // f32.const
		r.take(4)
	case 0x44: // f64.const
		r.take(8)
	case 0xd0: // ref.null
		if t := r.byte(); t != 0x70 && t != 0x6f {
			r.fail("reference type %#x is not allowed", t)
		}
	case 0x23: // global.get
		if i := r.u32(); r.err == nil && uint64(i) >= uint64(len(m.globals)) {
			r.fail("an initialiser reads global %d of %d", i, len(m.globals))
		}
	case 0xd2: // ref.func
		m.function(r)
	case 0xfd: // v128.const
		if r.u32() != 0x0c {
			r.fail("an initialiser is not constant")
		}
		r.take(16)
	default:
		r.fail("instruction %#x is not allowed in an initialiser", op)
	}
	if r.byte() != 0x0b {
		r.fail("an initialiser is longer than one instruction")
	}
}

// function reads the index of a function that exists.
func (m *module) function(r *reader) {
	if i := r.u32(); r.err == nil && uint64(i) >= uint64(len(m.funcs)) {
		r.fail("function %d of %d", i, len(m.funcs))
	}
}

func (m *module) exportSection(r *reader) {
	seen := map[string]bool{}
	for range r.count("exports", maxExports) {
		e := export{r.name(), r.byte(), r.u32()}
		if r.err == nil && seen[e.name] {
			r.fail("%q is exported twice", clip(e.name))
		}
		if r.err != nil {
			return
		}
		seen[e.name] = true
		m.exports = append(m.exports, e)
	}
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
