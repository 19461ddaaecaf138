package floor

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// The functions append one column in PostgreSQL's binary format as JSON; nil is
// null.

func text(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	b = append(b, '"')
	start := 0
	for i, c := range raw {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, raw[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	b = append(b, raw[start:]...)
	return append(b, '"')
}

func integer(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, int64(binary.BigEndian.Uint64(raw)), 10)
}

func boolean(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	return strconv.AppendBool(b, raw[0] != 0)
}

func uuid(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	b = hex.AppendEncode(append(b, '"'), raw[:4])
	b = hex.AppendEncode(append(b, '-'), raw[4:6])
	b = hex.AppendEncode(append(b, '-'), raw[6:8])
	b = hex.AppendEncode(append(b, '-'), raw[8:10])
	b = hex.AppendEncode(append(b, '-'), raw[10:16])
	return append(b, '"')
}

// since2000 is where PostgreSQL's days and microseconds begin.
const since2000 = 946_684_800

func date(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	t := time.Unix(since2000+86_400*int64(int32(binary.BigEndian.Uint32(raw))), 0).UTC()
	y, m, d := t.Date()
	b = padded(append(b, '"'), y, 4)
	b = padded(append(b, '-'), int(m), 2)
	return append(padded(append(b, '-'), d, 2), '"')
}

func instant(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	t := time.UnixMicro(since2000*1_000_000 + int64(binary.BigEndian.Uint64(raw))).UTC()
	y, mo, d := t.Date()
	h, mi, s := t.Clock()
	b = padded(append(b, '"'), y, 4)
	b = padded(append(b, '-'), int(mo), 2)
	b = padded(append(b, '-'), d, 2)
	b = padded(append(b, 'T'), h, 2)
	b = padded(append(b, ':'), mi, 2)
	b = padded(append(b, ':'), s, 2)
	if us := t.Nanosecond() / 1000; us != 0 {
		b = padded(append(b, '.'), us, 6)
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return append(b, 'Z', '"')
}

func padded(b []byte, n, width int) []byte {
	start := len(b)
	for range width {
		b = append(b, '0')
	}
	for i := start + width - 1; i >= start; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// decimal reads a numeric: count and weight of its digits of base 10,000, sign,
// scale, the digits (numeric_send in PostgreSQL's numeric.c).
func decimal(b, raw []byte) []byte {
	if raw == nil {
		return append(b, "null"...)
	}
	u16 := func(i int) int { return int(binary.BigEndian.Uint16(raw[i:])) }
	n, weight, scale := u16(0), int(int16(u16(2))), u16(6)
	digit := func(i int) int {
		if i < 0 || i >= n {
			return 0
		}
		return u16(8 + 2*i)
	}
	b = append(b, '"')
	if u16(4) == 0x4000 {
		b = append(b, '-')
	}
	if weight < 0 {
		b = append(b, '0')
	} else {
		b = strconv.AppendInt(b, int64(digit(0)), 10)
		for i := 1; i <= weight; i++ {
			b = padded(b, digit(i), 4)
		}
	}
	if scale > 0 {
		b = append(b, '.')
		end := len(b) + scale
		for i := weight + 1; len(b) < end; i++ {
			b = padded(b, digit(i), 4)
		}
		b = b[:end]
	}
	return append(b, '"')
}

func money(b, amount, code []byte) []byte {
	if amount == nil {
		return append(b, "null"...)
	}
	b = decimal(append(b, `{"amount":`...), amount)
	b = text(append(b, `,"currency":`...), code)
	return append(b, '}')
}
