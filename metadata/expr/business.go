package expr

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// businessFunctions declares what validation rules, defaults and mappings have
// beyond the table that SQL computes too: working days around holidays, names of
// companies, the Chinese company number, distances.
func businessFunctions() []cel.EnvOption {
	dates, geo := cel.ListType(celDate), celWhole[GeoPointType]
	return []cel.EnvOption{
		cel.Function("workdays", cel.Overload("workdays_holidays", []*cel.Type{celDate, celDate, dates}, cel.IntType, cel.FunctionBinding(workdaysBut))),
		cel.Function("addWorkdays",
			cel.Overload("add_workdays", []*cel.Type{celDate, cel.IntType}, celDate, cel.BinaryBinding(func(d, n ref.Val) ref.Val { return addWorkdays(d, n, nil) })),
			cel.Overload("add_workdays_holidays", []*cel.Type{celDate, cel.IntType, dates}, celDate, cel.FunctionBinding(func(a ...ref.Val) ref.Val { return addWorkdays(a[0], a[1], a[2]) }))),
		cel.Function("normName", cel.Overload("norm_name", []*cel.Type{cel.StringType}, cel.StringType, cel.UnaryBinding(onText(CompanyName)))),
		cel.Function("usccOk", cel.Overload("uscc_ok", []*cel.Type{cel.StringType}, cel.BoolType, cel.UnaryBinding(func(v ref.Val) ref.Val {
			s, ok := v.(types.String)
			return types.Bool(ok && validUSCC(string(s)))
		}))),
		cel.Function("distance", cel.Overload("distance_geo", []*cel.Type{geo, geo}, cel.IntType, cel.BinaryBinding(distance))),
	}
}

// holidays reads a list of days, without those on a Saturday or Sunday, in order
// and each once.
func holidays(v ref.Val) ([]Date, bool) {
	l, ok := v.(traits.Lister)
	if !ok {
		return nil, v == nil
	}
	var out []Date
	for it := l.Iterator(); it.HasNext() == types.True; {
		d, ok := it.Next().(dateVal)
		if !ok {
			return nil, false
		}
		if int64(Date(d)-MinDate)%7 < 5 {
			out = append(out, Date(d))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), true
}

// workdaysBut counts working days from the first date up to, not including, the
// second, without the holidays.
func workdaysBut(args ...ref.Val) ref.Val {
	a, ok := args[0].(dateVal)
	b, ok2 := args[1].(dateVal)
	off, ok3 := holidays(args[2])
	if !ok || !ok2 || !ok3 {
		return errOverload()
	}
	n := workdaysTo(Date(b)) - workdaysTo(Date(a))
	before := func(d dateVal) int64 {
		i, _ := slices.BinarySearch(off, Date(d))
		return int64(i)
	}
	return types.Int(n - before(b) + before(a))
}

// addWorkdays is the day n working days after d, before it when n is negative; d
// itself when n is 0.
func addWorkdays(dv, nv, hv ref.Val) ref.Val {
	const most = 5_000 // about 19 years
	d, ok := dv.(dateVal)
	n, ok2 := nv.(types.Int)
	off, ok3 := holidays(hv)
	switch {
	case !ok || !ok2 || !ok3:
		return errOverload()
	case n > most || n < -most:
		return types.NewErr("addWorkdays() goes over at most %d days", most)
	}
	day, step := Date(d), Date(1)
	if n < 0 {
		n, step = -n, -1
	}
	for n > 0 {
		if day += step; day < MinDate || day > MaxDate {
			return errDateRange()
		}
		if _, holiday := slices.BinarySearch(off, day); int64(day-MinDate)%7 < 5 && !holiday {
			n--
		}
	}
	return dateVal(day)
}

// Forms of companies, at the end of their names: words of Latin names, and
// endings of Chinese ones, longest first.
var (
	companyWords = map[string]bool{"co": true, "company": true, "corp": true, "corporation": true, "inc": true, "incorporated": true, "ltd": true,
		"limited": true, "llc": true, "llp": true, "plc": true, "gmbh": true, "ag": true, "kg": true, "sa": true, "sas": true, "srl": true, "spa": true,
		"bv": true, "nv": true, "ab": true, "oy": true, "pte": true, "pty": true, "kk": true, "group": true, "holding": true, "holdings": true}
	companyEndings = []string{"股份有限责任公司", "有限责任公司", "股份有限公司", "集团有限公司", "控股有限公司", "有限公司", "集团公司", "总公司", "股份", "集团", "公司", "控股"}
)

// CompanyName brings a company's name to the form in which two spellings of one
// are equal: full-width letters and digits as half-width, small letters, without
// white space, punctuation and the legal form at its end. It is empty when nothing
// is left.
func CompanyName(s string) string {
	half := strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～': // U+FF01 to U+FF5E
			r -= '！' - '!'
		case unicode.IsSpace(r):
			return ' '
		}
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) {
			if r == '.' || r == '\'' || r == '’' { // S.A., O'Neil
				return -1
			}
			return ' '
		}
		return unicode.ToLower(r)
	}, s)
	words := strings.Fields(half)
	for len(words) > 1 && companyWords[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	name := strings.Join(words, "")
	for again := true; again; {
		again = false
		for _, end := range companyEndings {
			if rest, ok := strings.CutSuffix(name, end); ok && rest != "" {
				name, again = rest, true
				break
			}
		}
	}
	return name
}

// usccDigits are the characters of a unified social credit code; their places are
// their values (GB 32100-2015).
const usccDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// validUSCC says that a text is a unified social credit code: 18 characters, the
// last of which makes the sum of all, weighted by powers of 3, divisible by 31.
func validUSCC(s string) bool {
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range s {
		v := strings.IndexByte(usccDigits, s[i])
		if v < 0 {
			return false
		}
		if i == 17 {
			return (sum+v)%31 == 0
		}
		sum, weight = sum+v*weight, weight*3%31
	}
	return false
}

// earthRadius is the mean radius of the earth in metres (IUGG).
const earthRadius = 6_371_008.8

// distance is the way between two places over the ground, in whole metres, by
// the haversine formula: right to about half a percent.
func distance(av, bv ref.Val) ref.Val {
	a, ok := placeOf(av)
	b, ok2 := placeOf(bv)
	if !ok || !ok2 {
		return errOverload()
	}
	sq := func(x float64) float64 { return math.Sin(x/2) * math.Sin(x/2) }
	h := sq(b[0]-a[0]) + math.Cos(a[0])*math.Cos(b[0])*sq(b[1]-a[1])
	return types.Int(math.Round(2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))))
}

// placeOf gives latitude and longitude in radians.
func placeOf(v ref.Val) (out [2]float64, ok bool) {
	w, isWhole := v.(wholeVal)
	p, isPlace := w.v.(GeoPoint)
	if !isWhole || !isPlace || p.Lat == nil || p.Lng == nil {
		return out, false
	}
	for i, d := range []*Decimal{p.Lat, p.Lng} {
		f, err := d.Float64()
		if err != nil {
			return out, false
		}
		out[i] = f * math.Pi / 180
	}
	return out, true
}
