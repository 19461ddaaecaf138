package query

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/metadata/expr"
)

// codec says how a column's binary value becomes JSON.
type codec uint8

const (
	codecText codec = iota
	codecInt
	codecNumeric
	codecBool
	codecDate
	codecTime
	codecUUID
	codecTimeOfDay
	codecDuration // int8 microseconds
	codecTexts    // text[]
	codecJSON     // jsonb
)

// codecOf is the codec of columns that hold values of a type.
func codecOf(t expr.Type) codec {
	switch t {
	case expr.IntType:
		return codecInt
	case expr.DecimalType:
		return codecNumeric
	case expr.BoolType:
		return codecBool
	case expr.DateType:
		return codecDate
	case expr.TimestampType:
		return codecTime
	case expr.IDType:
		return codecUUID
	case expr.TimeOfDayType:
		return codecTimeOfDay
	case expr.DurationType:
		return codecDuration
	case expr.TextListType:
		return codecTexts
	case expr.JSONType, expr.FilesType:
		return codecJSON
	}
	return codecText
}

// appendValue appends the JSON form of a column in Postgres' binary format; nil
// is null. Shapes are those of api.md: integers are numbers, decimals strings,
// times RFC 3339 in UTC.
func appendValue(buf []byte, c codec, raw []byte) ([]byte, error) {
	if raw == nil {
		return append(buf, "null"...), nil
	}
	switch c {
	case codecText:
		return appendString(buf, raw), nil
	case codecInt:
		if len(raw) == 8 {
			return strconv.AppendInt(buf, int64(binary.BigEndian.Uint64(raw)), 10), nil
		}
	case codecBool:
		if len(raw) == 1 {
			return strconv.AppendBool(buf, raw[0] != 0), nil
		}
	case codecTexts:
		return appendTexts(buf, raw)
	case codecJSON:
		return appendJSON(buf, raw)
	}
	buf = append(buf, '"')
	buf, err := appendPlain(buf, c, raw)
	return append(buf, '"'), err
}

// appendPlain appends the text form without quotes: what cursors hold.
func appendPlain(buf []byte, c codec, raw []byte) ([]byte, error) {
	switch {
	case c == codecText:
		return append(buf, raw...), nil
	case c == codecInt && len(raw) == 8:
		return strconv.AppendInt(buf, int64(binary.BigEndian.Uint64(raw)), 10), nil
	case c == codecBool && len(raw) == 1:
		return strconv.AppendBool(buf, raw[0] != 0), nil
	case c == codecUUID && len(raw) == 16:
		return trellis.ID(raw).AppendText(buf), nil
	case c == codecDate && len(raw) == 4:
		return appendDate(buf, int32(binary.BigEndian.Uint32(raw))), nil
	case c == codecTime && len(raw) == 8:
		return appendTime(buf, int64(binary.BigEndian.Uint64(raw))), nil
	case c == codecNumeric:
		return appendNumeric(buf, raw)
	case c == codecTimeOfDay && len(raw) == 8:
		return expr.AppendTimeOfDay(buf, expr.TimeOfDay(binary.BigEndian.Uint64(raw))), nil
	case c == codecDuration && len(raw) == 8:
		return expr.AppendDuration(buf, microseconds(raw)), nil
	}
	return buf, fmt.Errorf("query: a column of kind %d came with %d bytes", c, len(raw))
}

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string (RFC 8259). Postgres hands out valid UTF-8
// only.
func appendString(buf, s []byte) []byte {
	buf = append(buf, '"')
	start := 0
	for i, b := range s {
		if b >= 0x20 && b != '"' && b != '\\' {
			continue
		}
		buf = append(buf, s[start:i]...)
		start = i + 1
		switch b {
		case '"', '\\':
			buf = append(buf, '\\', b)
		case '\n':
			buf = append(buf, '\\', 'n')
		case '\t':
			buf = append(buf, '\\', 't')
		case '\r':
			buf = append(buf, '\\', 'r')
		default:
			buf = append(buf, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	buf = append(buf, s[start:]...)
	return append(buf, '"')
}

// AppendJSONString appends s as a JSON string; bytes that are not UTF-8 become
// U+FFFD.
func AppendJSONString(buf []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return appendString(buf, []byte(s))
}

// postgresEpoch is 2000-01-01, where Postgres' binary dates begin.
const postgresEpoch = 946_684_800

func appendDate(buf []byte, days int32) []byte {
	t := time.Unix(postgresEpoch+int64(days)*86_400, 0).UTC()
	y, mo, d := t.Date()
	if y < 0 || y > 9999 {
		return t.AppendFormat(buf, time.DateOnly)
	}
	return appendDay(buf, y, int(mo), d)
}

func appendDay(buf []byte, y, mo, d int) []byte {
	buf = appendFour(buf, y)
	return append(buf, '-', tens(mo), ones(mo), '-', tens(d), ones(d))
}

// appendTime writes a timestamptz: microseconds since 2000.
func appendTime(buf []byte, micros int64) []byte {
	t := time.UnixMicro(postgresEpoch*1_000_000 + micros).UTC()
	y, mo, d := t.Date()
	if y < 0 || y > 9999 {
		return t.AppendFormat(buf, time.RFC3339Nano)
	}
	h, mi, s := t.Clock()
	buf = appendDay(buf, y, int(mo), d)
	buf = append(buf, 'T', tens(h), ones(h), ':', tens(mi), ones(mi), ':', tens(s), ones(s))
	if us := t.Nanosecond() / 1000; us != 0 {
		hi, mid, lo := us/10_000, us/100%100, us%100
		buf = append(buf, '.', tens(hi), ones(hi), tens(mid), ones(mid), tens(lo), ones(lo))
		for buf[len(buf)-1] == '0' {
			buf = buf[:len(buf)-1]
		}
	}
	return append(buf, 'Z')
}

// tens and ones are the digits of a number under 100.
func tens(n int) byte { return byte('0' + uint(n)/10) }
func ones(n int) byte { return byte('0' + uint(n)%10) }

// appendFour writes a number under 10,000 with all of four digits.
func appendFour(buf []byte, n int) []byte {
	return append(buf, tens(n/100), ones(n/100), tens(n%100), ones(n%100))
}

// appendNumeric writes Postgres' binary numeric: the number of base-10,000
// digits, the weight of the first, the sign, the scale shown, the digits, each
// 16 bits big-endian (src/backend/utils/adt/numeric.c, numeric_send).
func appendNumeric(buf, raw []byte) ([]byte, error) {
	if len(raw) < 8 {
		return buf, fmt.Errorf("query: a numeric of %d bytes", len(raw))
	}
	u16 := func(i int) int { return int(binary.BigEndian.Uint16(raw[i:])) }
	n, weight, sign, scale := u16(0), int(int16(u16(2))), u16(4), u16(6)
	if len(raw) != 8+2*n || sign&0xC000 == 0xC000 {
		return buf, fmt.Errorf("query: a numeric that is not a finite number")
	}
	digit := func(i int) int {
		if i < 0 || i >= n {
			return 0
		}
		return u16(8 + 2*i)
	}
	if sign == 0x4000 {
		buf = append(buf, '-')
	}
	if weight < 0 {
		buf = append(buf, '0')
	} else {
		buf = strconv.AppendInt(buf, int64(digit(0)), 10)
		for i := 1; i <= weight; i++ {
			buf = appendFour(buf, digit(i))
		}
	}
	if scale == 0 {
		return buf, nil
	}
	buf = append(buf, '.')
	end := len(buf) + scale
	for i := weight + 1; len(buf) < end; i++ {
		buf = appendFour(buf, digit(i))
	}
	return buf[:end], nil
}
