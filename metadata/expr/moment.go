package expr

import (
	"strconv"
	"strings"
	"time"

	"github.com/trellishq/trellis"
)

// Bounds of times of the day and of durations.
const (
	MaxTimeOfDay TimeOfDay = 24*60*60*1_000_000 - 1 // 23:59:59.999999
	MaxDuration            = 36_500 * 24 * time.Hour
)

// ParseTimeOfDay reads HH:MM, HH:MM:SS or HH:MM:SS.ffffff.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	fail := func() (TimeOfDay, error) {
		return 0, trellis.Errorf(trellis.CodeInvalidInput, "%.40q is not a time of the day like 09:30 or 09:30:15", s)
	}
	clock, frac, hasFrac := strings.Cut(s, ".")
	parts := strings.Split(clock, ":")
	if len(parts) < 2 || len(parts) > 3 || hasFrac && len(parts) != 3 {
		return fail()
	}
	total := int64(0)
	for i, most := range []int64{23, 59, 59}[:len(parts)] {
		n, ok := digitsOf(parts[i], 2)
		if !ok || len(parts[i]) != 2 || n > most {
			return fail()
		}
		total = total*60 + n
	}
	if len(parts) == 2 {
		total *= 60
	}
	micros, ok := microsOf(frac)
	if hasFrac && (!ok || frac == "") {
		return fail()
	}
	return TimeOfDay(total*1_000_000 + micros), nil
}

// AppendTimeOfDay appends HH:MM:SS, with a fraction where there is one.
func AppendTimeOfDay(buf []byte, t TimeOfDay) []byte {
	s := int64(t) / 1_000_000
	buf = appendTwo(buf, s/3600)
	buf = appendTwo(append(buf, ':'), s/60%60)
	buf = appendTwo(append(buf, ':'), s%60)
	return appendMicros(buf, int64(t)%1_000_000)
}

// String writes what AppendTimeOfDay does.
func (t TimeOfDay) String() string { return string(AppendTimeOfDay(nil, t)) }

// ParseDuration reads a duration of ISO 8601 in weeks, days, hours, minutes and
// seconds, the seconds with up to six digits after the point: P1W, P2DT3H,
// PT0.5S, -PT15M. A day has 24 hours. Months and years have no fixed length and
// are refused, as is more than MaxDuration either way.
func ParseDuration(s string) (time.Duration, error) {
	fail := func(format string, args ...any) (time.Duration, error) {
		return 0, trellis.Errorf(trellis.CodeInvalidInput, format, args...)
	}
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" || len(s) > 60 {
		return fail("%.40q is not a duration like P1DT2H30M", s)
	}
	total, last, inTime := int64(0), -1, false
	for rest != "" {
		if !inTime && rest[0] == 'T' {
			if inTime, rest = true, rest[1:]; rest == "" {
				return fail("%.40q ends after T", s)
			}
			continue
		}
		i := strings.IndexAny(rest, "YMWDHS")
		if i < 1 {
			return fail("%.40q is not a duration like P1DT2H30M", s)
		}
		number, unit := rest[:i], rest[i]
		rest = rest[i+1:]
		if !inTime && (unit == 'Y' || unit == 'M') {
			return fail("a duration has no years and months, whose length is not fixed: say it in days or weeks")
		}
		at := strings.IndexByte(map[bool]string{false: "WD", true: "__HMS"}[inTime], unit)
		if at <= last {
			return fail("%.40q is not a duration like P1DT2H30M", s)
		}
		last = at
		n, ok := microsIn(number, unit)
		if !ok {
			return fail("%.40q is not a duration like P1DT2H30M", s)
		}
		if total += n; total > MaxDuration.Microseconds() {
			return fail("a duration is at most %d days long", MaxDuration/(24*time.Hour))
		}
	}
	if negative {
		total = -total
	}
	return time.Duration(total) * time.Microsecond, nil
}

// microsIn is a number of a unit, in microseconds; capped beyond MaxDuration.
func microsIn(number string, unit byte) (int64, bool) {
	per := map[byte]int64{'W': 7 * 86_400, 'D': 86_400, 'H': 3600, 'M': 60, 'S': 1}[unit]
	whole, frac, hasFrac := strings.Cut(strings.Replace(number, ",", ".", 1), ".")
	if hasFrac && (unit != 'S' || frac == "") {
		return 0, false
	}
	n, ok := digitsOf(whole, 12)
	micros, ok2 := microsOf(frac)
	if !ok || !ok2 {
		return 0, false
	}
	const beyond = 4_000_000_000 // seconds, more than MaxDuration
	return min(n, beyond/per+1)*per*1_000_000 + micros, true
}

// AppendDuration appends the canonical text: days, hours, minutes and seconds,
// as in -P1DT2H0.5S; PT0S for none.
func AppendDuration(buf []byte, d time.Duration) []byte {
	us := d.Microseconds()
	if us < 0 {
		buf, us = append(buf, '-'), -us
	}
	buf = append(buf, 'P')
	const day = 86_400_000_000
	if us == 0 {
		return append(buf, "T0S"...)
	}
	if us >= day {
		buf = append(strconv.AppendInt(buf, us/day, 10), 'D')
	}
	if us %= day; us > 0 {
		buf = append(buf, 'T')
	}
	if h := us / 3_600_000_000; h > 0 {
		buf = append(strconv.AppendInt(buf, h, 10), 'H')
	}
	if m := us / 60_000_000 % 60; m > 0 {
		buf = append(strconv.AppendInt(buf, m, 10), 'M')
	}
	if us %= 60_000_000; us > 0 {
		buf = strconv.AppendInt(buf, us/1_000_000, 10)
		buf = append(appendMicros(buf, us%1_000_000), 'S')
	}
	return buf
}

// digitsOf reads at most so many ASCII digits.
func digitsOf(s string, most int) (int64, bool) {
	if s == "" || len(s) > most || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// microsOf reads a fraction of a second; zeros beyond the sixth digit do not
// count.
func microsOf(frac string) (int64, bool) {
	if frac == "" {
		return 0, true
	}
	trimmed := strings.TrimRight(frac, "0")
	if len(frac) > 18 || len(trimmed) > 6 || strings.Trim(frac, "0123456789") != "" {
		return 0, false
	}
	n, _ := strconv.ParseInt((trimmed + "000000")[:6], 10, 64)
	return n, true
}

func appendTwo(buf []byte, n int64) []byte { return append(buf, byte('0'+n/10), byte('0'+n%10)) }

// appendMicros appends a fraction of a second, nothing when there is none.
func appendMicros(buf []byte, micros int64) []byte {
	if micros == 0 {
		return buf
	}
	buf = append(buf, '.')
	for unit := int64(100_000); micros > 0; unit /= 10 {
		buf = append(buf, byte('0'+micros/unit))
		micros %= unit
	}
	return buf
}
