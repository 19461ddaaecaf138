package expr

import (
	"context"
	"testing"
	"time"

	"github.com/trellishq/trellis"
)

func testSchema() MapSchema {
	obj := func(name string, fs ...*Field) *Object {
		fields := map[string]*Field{}
		for _, f := range fs {
			fields[f.Name] = f
		}
		return &Object{Name: name, Fields: Table(fields)}
	}
	schema := MapSchema{
		"line": obj("line",
			&Field{Name: "id", Type: IDType},
			&Field{Name: "name", Type: TextType, Nullable: true},
			&Field{Name: "qty", Type: IntType, Nullable: true},
			&Field{Name: "price", Type: DecimalType, Nullable: true},
			&Field{Name: "due", Type: DateType, Nullable: true},
			&Field{Name: "total", Type: MoneyType, Nullable: true},
			&Field{Name: "opportunity", Type: IDType, Ref: "opportunity", Nullable: true},
			&Field{Name: "account", Type: IDType, Ref: "account", Nullable: true},
		),
		"opportunity": obj("opportunity",
			&Field{Name: "id", Type: IDType},
			&Field{Name: "name", Type: TextType, Nullable: true},
			&Field{Name: "code", Type: TextType},
			&Field{Name: "stage", Type: SelectType, Nullable: true, Options: []string{"new", "open", "won", "lost"}},
			&Field{Name: "amount", Type: DecimalType, Nullable: true},
			&Field{Name: "price", Type: MoneyType, Nullable: true},
			&Field{Name: "count", Type: IntType, Nullable: true},
			&Field{Name: "version", Type: IntType},
			&Field{Name: "hot", Type: BoolType, Nullable: true},
			&Field{Name: "closeDate", Type: DateType, Nullable: true},
			&Field{Name: "createdAt", Type: TimestampType},
			&Field{Name: "seenAt", Type: TimestampType, Nullable: true},
			&Field{Name: "owner", Type: IDType, Ref: "user", Nullable: true},
			&Field{Name: "account", Type: IDType, Ref: "account", Nullable: true},
			&Field{Name: "tags", Type: TextListType, Nullable: true},
			&Field{Name: "watchers", Type: IDListType, Nullable: true},
		),
		"account": obj("account",
			&Field{Name: "id", Type: IDType},
			&Field{Name: "name", Type: TextType},
			&Field{Name: "region", Type: TextType, Nullable: true},
			&Field{Name: "score", Type: IntType, Nullable: true},
			&Field{Name: "hot", Type: BoolType, Nullable: true},
			&Field{Name: "limit", Type: DecimalType, Nullable: true},
			&Field{Name: "owner", Type: IDType, Ref: "user", Nullable: true},
			&Field{Name: "parent", Type: IDType, Ref: "account", Nullable: true},
		),
		"user": obj("user",
			&Field{Name: "id", Type: IDType},
			&Field{Name: "name", Type: TextType},
			&Field{Name: "region", Type: TextType, Nullable: true},
		),
	}
	schema["opportunity"].Relations = Table(map[string]*Relation{"lines": {Name: "lines", Target: "line"}})
	return schema
}

var (
	idA = trellis.MustParseID("01900000-0000-7000-8000-00000000000a")
	idB = trellis.MustParseID("01900000-0000-7000-8000-00000000000b")
	idC = trellis.MustParseID("01900000-0000-7000-8000-00000000000c")
	idD = trellis.MustParseID("01900000-0000-7000-8000-00000000000d")
)

func testUserFields() []*Field {
	return []*Field{
		{Name: "region", Type: TextType, Nullable: true},
		{Name: "limit", Type: DecimalType, Nullable: true},
		{Name: "level", Type: IntType, Nullable: true},
		{Name: "hired", Type: DateType, Nullable: true},
		{Name: "boss", Type: BoolType, Nullable: true},
	}
}

func testEngine() *Engine { return New(testSchema(), testUserFields()...) }

var testNow = time.Date(2026, 5, 17, 13, 30, 0, 123456789, time.UTC)

func testVars() Vars {
	return Vars{
		Now: testNow,
		User: map[string]any{
			"id": idA, "email": "a@example.org", "name": "Ann", "roles": []string{"sales", "lead"},
			"teams": []trellis.ID{idB, idC}, "subordinates": []trellis.ID{idA, idB},
			"region": "N", "limit": MustDecimal("9.95"), "level": int64(3), "hired": Date(20000), "boss": true,
		},
	}
}

func testRecord() MapRecord {
	return MapRecord{
		"id": idD, "name": "Big 交易", "code": "X-1", "stage": "open", "amount": MustDecimal("9.950"),
		"price": Money{MustDecimal("12.5"), "EUR"}, "count": int64(7), "version": int64(1), "hot": true,
		"closeDate": DateOf(testNow), "createdAt": testNow.Add(-time.Hour),
		"owner": MapRecord{"id": idA, "name": "Ann", "region": "N"},
		"account": MapRecord{"id": idC, "name": "Acme", "region": "N", "score": int64(5), "limit": MustDecimal("100"),
			"owner": MapRecord{"id": idB, "name": "Bob"}},
		"tags": []string{"vip", "eu"}, "watchers": []trellis.ID{idA, idD},
	}
}

func TestRowRulesMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	e := testEngine()
	const failed = -1
	for src, want := range map[string]int{
		`record.owner == user.id`: 1,
		`record.owner != null`:    1,
		`record.account.id == id("01900000-0000-7000-8000-00000000000c")`:     1,
		`record.account == "01900000-0000-7000-8000-00000000000c"`:            1,
		`record.account.region == user.region`:                                1,
		`record.account.owner == user.id`:                                     0,
		`record.account.owner.name == "Bob"`:                                  1,
		`record.account.parent == null`:                                       1,
		`record.account.parent.name == "x"`:                                   failed,
		`has(record.account.parent.name)`:                                     0,
		`!has(record.account.parent.name)`:                                    1,
		`has(record.account) && has(record.account.region)`:                   1,
		`record.amount > 0`:                                                   1,
		`record.amount == dec("9.95")`:                                        1,
		`record.amount == 9.95`:                                               1,
		`record.amount in [1, 9.95]`:                                          1,
		`record.amount * 2 + 0.1 == 20`:                                       1,
		`record.amount > record.count`:                                        1,
		`record.price > 12 && record.price.currency == "EUR"`:                 1,
		`record.stage in ["open", "won"]`:                                     1,
		`!(record.stage in ["open", "won"])`:                                  0,
		`record.count / 2 == 3 && record.count % 4 == 3 && -record.count < 0`: 1,
		`record.count / (record.version - 1) > 0`:                             failed,
		`record.hot`:                       1,
		`!record.hot`:                      0,
		`record.hot == true`:               1,
		`record.hot == (record.count > 5)`: 1,
		`(record.owner != null) != (record.stage == "won")`:      1,
		`record.closeDate <= today`:                              1,
		`record.closeDate > today - 30`:                          1,
		`record.closeDate == "2026-05-17"`:                       1,
		`record.createdAt > now - duration("2h")`:                1,
		`record.seenAt > now`:                                    failed,
		`record.seenAt > now || record.hot`:                      1,
		`record.seenAt != now`:                                   1,
		`record.createdAt < "2026-05-17T13:00:00Z"`:              1,
		`record.name.startsWith("Big")`:                          1,
		`record.name.contains("交") && record.name.endsWith("易")`: 1,
		`record.name.size() == 6 && size(record.tags) == 2`:      1,
		`record.name.lowerAscii() == "big 交易"`:                   1,
		`record.name + "!" == "Big 交易!"`:                         1,
		`"vip" in record.tags && !("us" in record.tags)`:         1,
		`user.id in record.watchers`:                             1,
		`record.owner in user.subordinates`:                      1,
		`record.account in user.teams`:                           1,
		`user.roles.exists(r, r == "lead")`:                      1,
		`"lead" in user.roles && record.hot`:                     1,
		`user.teams.exists(t, t == record.account)`:              1,
		`user.teams.all(t, t != record.owner)`:                   1,
		`user.teams.exists(t, t == record.seenAt || true)`:       -2,
		`record.hot ? record.count > 5 : record.count < 5`:       1,
		`record.name in [record.code, "Big 交易"]`:                 1,
		`record.owner in [record.account, user.id]`:              1,
		`"a" < "b" && record.code < "Y"`:                         1,
		`record.account.region == record.owner.region`:           1,
		`record.amount < user.limit + 1`:                         1,
		`user.boss || record.hot`:                                1,
		`true`:                                                   1,
		`false || record.hot`:                                    1,
	} {
		r, err := e.Compile("opportunity", src, Row)
		if want == -2 {
			if err == nil {
				t.Errorf("%s compiled", src)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		v := testVars()
		v.Record = testRecord()
		got, err := r.Eval(context.Background(), v)
		state := truth(got)
		if err != nil {
			state = failed
		}
		if state != want {
			t.Errorf("%s = %d (%v), want %d", src, state, err, want)
		}
		checkAgreement(t, r, v)
	}
}

// checkAgreement fails when Eval and the two trees do not tell the same.
func checkAgreement(t *testing.T, r *Rule, v Vars) bool {
	t.Helper()
	got, err := r.Eval(context.Background(), v)
	yes, err1 := r.Predicate(v)
	no, err2 := r.Negation(v)
	if err1 != nil || err2 != nil {
		t.Errorf("%s: %v %v", r.Source(), err1, err2)
		return false
	}
	if Holds(yes, v.Record) != (err == nil && got) || Holds(no, v.Record) != (err == nil && !got) {
		t.Errorf("%s\nEval %v %v\nyes %v %#v\nno %v %#v\nrecord %v", r.Source(), got, err, Holds(yes, v.Record), yes, Holds(no, v.Record), no, v.Record)
		return false
	}
	return true
}
