package bench

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/trellishq/trellis"
)

// Size says how many records there are.
type Size struct{ Accounts, Contacts, Opportunities, Products, Orders int }

// The sizes: Full is the one that figures are told for. There are orders, so
// that PostgreSQL does not plan the checks of foreign keys for an empty table.
var (
	Full  = Size{100_000, 300_000, 500_000, 1_000, 20_000}
	Small = Size{2_000, 6_000, 10_000, 50, 1_000}
)

// seed makes the records the same everywhere. Raise it when records.go makes
// others than before, so that kept data is made anew.
const seed = 2

// kind of record; part of what its randomness comes from.
type kind uint64

const (
	accounts kind = iota + 1
	contacts
	opportunities
	products
	users
	orders
	lines
)

const (
	userCount = 20
	keptLines = 5 // of each order that is there
)

// epoch is when the first record was created; the last was created years later.
var epoch = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)

const years = 3 * 365 * 24 * time.Hour

func (s Size) count(k kind) int {
	return map[kind]int{accounts: s.Accounts, contacts: s.Contacts, opportunities: s.Opportunities, products: s.Products, users: userCount, orders: s.Orders, lines: s.Orders * keptLines}[k]
}

// random gives each record its own source, so that any one can be made without
// the others.
func random(k kind, i int) *rand.Rand { return rand.New(rand.NewPCG(seed<<8|uint64(k), uint64(i))) }

// created spreads the records of a kind evenly over the years.
func (s Size) created(k kind, i int) time.Time {
	return epoch.Add(time.Duration(int64(years) / int64(s.count(k)) * int64(i))).Truncate(time.Millisecond)
}

// id is a version 7 UUID of the record's time of creation.
func (s Size) id(k kind, i int) trellis.ID {
	var id trellis.ID
	r := random(k, i)
	binary.BigEndian.PutUint64(id[:8], uint64(s.created(k, i).UnixMilli())<<16|0x7000|uint64(k)<<8|r.Uint64()&0xff)
	binary.BigEndian.PutUint64(id[8:], r.Uint64()&^(3<<62)|1<<63)
	return id
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// maybe is v, or null once in n times.
func maybe(r *rand.Rand, n int, v any) any {
	if r.IntN(n) == 0 {
		return nil
	}
	return v
}

// cents is a numeric with two digits behind the point.
func cents(n int64) pgtype.Numeric {
	return pgtype.Numeric{Int: big.NewInt(n), Exp: -2, Valid: true}
}

var (
	regions    = []string{"Texas", "Bayern", "Berlin", "London", "Paris", "上海", "北京", "广东", "江苏", "浙江"}
	industries = []string{"manufacturing", "machinery", "electronics", "retail", "food", "energy", "health", "services", "other"}
	lifecycles = []string{"prospect", "qualified", "active", "atRisk", "lost"}
	stages     = []string{"contact", "need", "solution", "bid", "negotiate", "won", "lost"}
	sources    = []string{"website", "exhibition", "referral", "coldVisit", "partner", "phone"}
	reasons    = []string{"price", "competitor", "noBudget", "noDecision", "other"}
	states     = []string{"active", "active", "active", "invalid", "left"}
	currencies = []string{"EUR", "CNY", "USD"}
	words      = []string{"Pump line", "备件年度框架", "Control system", "产线改造", "Service contract", "新厂设备", "Replacement drives", "包装线", "Lab equipment", "检测设备"}
	names      = []string{"Anna Miller", "王伟", "Ben Schmidt", "李娜", "Clara Dubois", "张敏", "David Smith", "刘静", "Emma Weber", "陈志强"}
	titles     = []string{"Buyer", "采购经理", "Director", "总经理", "Engineer", "工程师"}
)

// system are the columns in front of every record's own, as the engine writes
// them.
func (s Size) system(k kind, i int) []any {
	at := s.created(k, i)
	return []any{[16]byte(s.id(k, i)), at, "system", at, "system", int64(1)}
}

const (
	systemColumns = "id,created_at,created_by,updated_at,updated_by,version,"
	ownedColumns  = systemColumns + "owner_id,"
)

func (s Size) owned(k kind, i int, r *rand.Rand) []any {
	return append(s.system(k, i), [16]byte(s.id(users, r.IntN(userCount))))
}

const accountColumns = ownedColumns + "code,name,phone,email,country,region,industry,lifecycle,credit_limit,credit_limit_code,annual_revenue"

func (s Size) account(i int) []any {
	r := random(accounts, i)
	return append(s.owned(accounts, i, r),
		fmt.Sprintf("C26%06d", i), fmt.Sprintf("%s %s %d", pick(r, words), pick(r, regions), i), fmt.Sprintf("+49 30 %07d", r.IntN(10_000_000)),
		fmt.Sprintf("office%d@example.com", i), pick(r, []string{"CN", "DE", "US"}), region(i), pick(r, industries), pick(r, lifecycles),
		cents(r.Int64N(50_000_000)), pick(r, currencies), cents(r.Int64N(9_000_000_000)))
}

// region of an account; a tenth of them is one that the role does not see.
func region(account int) string { return regions[random(accounts, account).IntN(len(regions))] }

const contactColumns = ownedColumns + "name,account_id,title,mobile,email,status"

func (s Size) contact(i int) []any {
	r := random(contacts, i)
	return append(s.owned(contacts, i, r),
		pick(r, names), [16]byte(s.id(accounts, r.IntN(s.Accounts))), maybe(r, 5, pick(r, titles)),
		fmt.Sprintf("+86 13%d %04d %04d", r.IntN(10), r.IntN(10_000), r.IntN(10_000)), fmt.Sprintf("person%d@example.com", i), pick(r, states))
}

const opportunityColumns = ownedColumns + "name,account_id,stage,amount,amount_code,probability,close_date,source,next_step,lost_reason,score,renewal,reviewed_at"

func (s Size) opportunity(i int) []any {
	r := random(opportunities, i)
	row := s.owned(opportunities, i, r)
	stage := pick(r, stages)
	var lost any
	if stage == "lost" {
		lost = pick(r, reasons)
	}
	return append(row,
		fmt.Sprintf("%s %d", pick(r, words), i), [16]byte(s.id(accounts, r.IntN(s.Accounts))), stage,
		cents(r.Int64N(100_000_000)), pick(r, currencies), cents(r.Int64N(10_001)), closeDate(r.IntN(closeDays)),
		source(i), maybe(r, 3, pick(r, words)), lost,
		r.Int64N(1000), maybe(r, 4, r.IntN(2) == 0), maybe(r, 2, s.created(opportunities, i).Add(time.Duration(r.IntN(1e9))*time.Microsecond)))
}

const closeDays = 730

// closeDate counts days from the first one there is.
func closeDate(day int) time.Time { return epoch.AddDate(0, 0, day) }

// source of an opportunity: nil for some, and one that the role does not see.
func source(opportunity int) any {
	r := rand.New(rand.NewPCG(seed<<8, uint64(opportunity)))
	return maybe(r, 7, pick(r, sources))
}

const productColumns = systemColumns + "code,name,price,price_code,uom,active"

func (s Size) product(i int) []any {
	r := random(products, i)
	return append(s.system(products, i), fmt.Sprintf("P%05d", i), fmt.Sprintf("%s %d", pick(r, words), i), cents(r.Int64N(1_000_000)), "EUR", "pcs", true)
}

const userColumns = systemColumns + "name,email,active"

func (s Size) user(i int) []any {
	return append(s.system(users, i), names[i%len(names)], fmt.Sprintf("user%d@example.com", i), true)
}

const orderColumns = ownedColumns + "number,account_id,order_date,state,total,total_code"

func (s Size) order(i int) []any {
	r := random(orders, i)
	return append(s.owned(orders, i, r),
		fmt.Sprintf("O26%06d", i), [16]byte(s.id(accounts, r.IntN(s.Accounts))), s.created(orders, i), "done", cents(r.Int64N(10_000_000)), "EUR")
}

const lineColumns = systemColumns + "order_id,line_no,product_id,quantity,price,price_code,amount,amount_code"

func (s Size) line(i int) []any {
	r := random(lines, i)
	quantity, price := 1+r.Int64N(9), r.Int64N(100_000)
	return append(s.system(lines, i), [16]byte(s.id(orders, i/keptLines)), int64(1+i%keptLines), [16]byte(s.id(products, r.IntN(s.Products))),
		cents(100*quantity), cents(price), "EUR", cents(price*quantity), "EUR")
}
