package wasm

// elementSection reads the entries of tables. Passive segments are refused:
// whether they were dropped would survive a reset.
func (m *module) elementSection(r *reader) {
	for range r.count("element segments", maxSegments) {
		form := r.u32()
		switch {
		case r.err != nil:
			return
		case form > 7:
			r.fail("element segment form %d is not defined", form)
			return
		case form == 1 || form == 5:
			r.fail("passive element segments are not allowed")
			return
		}
		m.elementSegment(r, form)
	}
}

// elementSegment reads one segment. The bits of form: 1 passive or declared,
// 2 the table (or that it is only declared) is given, 4 entries are
// expressions.
func (m *module) elementSegment(r *reader, form uint32) {
	if form&1 == 0 {
		var to uint32
		if form&2 != 0 {
			to = r.u32()
		}
		if r.err == nil && uint64(to) >= uint64(len(m.tables)) {
			r.fail("an element segment fills table %d of %d", to, len(m.tables))
		}
		m.constant(r)
	}
	expressions := form&4 != 0
	if form&3 != 0 {
		kind := r.byte()
		if valid := kind == 0 || expressions && (kind == 0x70 || kind == 0x6f); r.err == nil && !valid {
			r.fail("element kind %#x is not allowed", kind)
		}
	}
	n := r.count("elements", maxElements)
	if m.elements += n; m.elements > maxElements {
		r.fail("more than %d table entries in all", maxElements)
	}
	for range n {
		if expressions {
			m.constant(r)
		} else {
			m.function(r)
		}
		if r.err != nil {
			return
		}
	}
}

func (m *module) codeSection(r *reader) {
	m.bodies = r.count("function bodies", maxFunctions)
	for range m.bodies {
		size := r.u32()
		if r.err == nil && size > maxBodyBytes {
			r.fail("a function of %d bytes, the most is %d", size, maxBodyBytes)
		}
		body := r.sub(size)
		m.body(body)
		if r.err == nil {
			r.err = body.err
		}
		if r.err != nil {
			return
		}
	}
}

// body checks the locals of a function, and that its last byte is an end.
func (m *module) body(r *reader) {
	locals := 0
	for range r.count("local groups", maxLocals) {
		n := r.u32()
		m.valueType(r)
		if r.err == nil && (n > maxLocals || locals+int(n) > maxLocals) {
			r.fail("a function has more than %d locals", maxLocals)
		}
		if r.err != nil {
			return
		}
		locals += int(n)
	}
	if m.locals += locals; m.locals > maxAllLocals {
		r.fail("more than %d locals in all", maxAllLocals)
	}
	if r.err == nil && (r.left() == 0 || r.b[len(r.b)-1] != 0x0b) {
		r.fail("a function does not end")
	}
}

// dataSection reads what memory starts with. Passive segments are refused for
// the reason element segments give.
func (m *module) dataSection(r *reader) {
	m.segments = r.count("data segments", maxSegments)
	for range m.segments {
		switch form := r.u32(); form {
		case 0:
		case 2:
			if r.u32() != 0 {
				r.fail("a data segment fills a second memory")
			}
		case 1:
			r.fail("passive data segments are not allowed")
		default:
			r.fail("data segment form %d is not defined", form)
		}
		m.constant(r)
		r.take(r.u32())
		if r.err != nil {
			return
		}
	}
}
