package floor

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/trellishq/trellis"
)

type amount struct {
	Amount   string
	Currency string
}

func (s *server) insert(ctx context.Context, body, b []byte) ([]byte, error) {
	var vars struct {
		Input struct {
			Name, Stage, Probability, CloseDate, Source string
			Account                                     pgtype.UUID
			Amount                                      amount
		}
	}
	if err := json.Unmarshal(body, &vars); err != nil {
		return b, err
	}
	in := &vars.Input
	sum, err := number(in.Amount.Amount)
	if err != nil {
		return b, err
	}
	probability, err := number(in.Probability)
	if err != nil {
		return b, err
	}
	closes, err := day(in.CloseDate)
	if err != nil {
		return b, err
	}
	id := trellis.NewID()
	out := change(make([]byte, 0, 512), '[', id)
	out = given(out, "name", in.Name)
	out = uuid(append(out, `],"account":[null,`...), in.Account.Bytes[:])
	out = given(append(out, "],"...), "stage", in.Stage)
	out = givenMoney(append(out, "],"...), "amount", in.Amount)
	out = given(append(out, "],"...), "probability", in.Probability)
	out = given(append(out, "],"...), "closeDate", in.CloseDate)
	out = given(append(out, "],"...), "source", in.Source)
	out = append(out, "]}}]"...)

	batch := &pgx.Batch{}
	batch.Queue(insertSQL, [16]byte(id), time.Now(), s.actor, in.Name, in.Account, in.Stage, sum, in.Amount.Currency, probability, closes, in.Source, s.workspace, string(out), s.revision)
	batch.Queue(insertedSQL, [16]byte(id))
	res := s.db.SendBatch(ctx, batch)
	defer res.Close()
	if _, err := res.Exec(); err != nil {
		return b, err
	}
	rows, err := res.Query()
	if err != nil {
		return b, err
	}
	b, err = each(rows, append(b, `{"createOpportunity":{"record":`...), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[0])
		b = text(append(b, `,"name":`...), r[1])
		b = text(append(b, `,"stage":`...), r[2])
		b = money(append(b, `,"amount":`...), r[3], r[4])
		b = decimal(append(b, `,"probability":`...), r[5])
		b = date(append(b, `,"closeDate":`...), r[6])
		b = integer(append(b, `,"version":`...), r[7])
		b = uuid(append(b, `,"account":{"id":`...), r[8])
		b = text(append(b, `,"name":`...), r[9])
		return append(b, "}}"...)
	})
	if err != nil {
		return b, err
	}
	return append(b, `,"errors":[]}}`...), res.Close()
}

// change begins the entry of a new record in the outbox; before it stands [ or
// a comma.
func change(b []byte, before byte, id trellis.ID) []byte {
	b = id.AppendText(append(append(b, before), `{"id":"`...))
	return append(b, `","op":"create","version":1,"changed":{`...)
}

// given begins a changed field with its new value.
func given(b []byte, name, value string) []byte {
	b = append(append(append(b, '"'), name...), `":[null,`...)
	return text(b, []byte(value))
}

func givenMoney(b []byte, name string, v amount) []byte {
	b = append(append(append(b, '"'), name...), `":[null,{"amount":`...)
	b = text(b, []byte(v.Amount))
	b = text(append(b, `,"currency":`...), []byte(v.Currency))
	return append(b, '}')
}

type line struct {
	LineNo        int64
	Product       pgtype.UUID
	Quantity      string
	Price, Amount amount
}

type orderInput struct {
	Number, OrderDate string
	Account           pgtype.UUID
	Total             amount
	Lines             struct{ Create []line }
}

func (s *server) order(ctx context.Context, body, b []byte) ([]byte, error) {
	var vars struct{ Input orderInput }
	if err := json.Unmarshal(body, &vars); err != nil {
		return b, err
	}
	id := trellis.NewID()
	batch := &pgx.Batch{}
	if err := s.queueOrder(batch, id, &vars.Input); err != nil {
		return b, err
	}
	res := s.db.SendBatch(ctx, batch)
	defer res.Close()
	for range 2 {
		if _, err := res.Exec(); err != nil {
			return b, err
		}
	}
	rows, err := res.Query()
	if err != nil {
		return b, err
	}
	b, err = each(rows, append(b, `{"createOrder":{"record":`...), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[0])
		b = text(append(b, `,"number":`...), r[1])
		b = text(append(b, `,"state":`...), r[2])
		b = money(append(b, `,"total":`...), r[3], r[4])
		b = money(append(b, `,"net":`...), r[5], r[6])
		b = integer(append(b, `,"lineCount":`...), r[7])
		b = uuid(append(b, `,"account":{"id":`...), r[8])
		return append(text(append(b, `,"name":`...), r[9]), '}')
	})
	if err != nil {
		return b, err
	}
	if rows, err = res.Query(); err != nil {
		return b, err
	}
	b, err = each(rows, append(b, `,"lines":{"nodes":[`...), func(b []byte, r [][]byte) []byte {
		b = uuid(append(b, `{"id":`...), r[0])
		b = integer(append(b, `,"lineNo":`...), r[1])
		b = decimal(append(b, `,"quantity":`...), r[2])
		return append(money(append(b, `,"amount":`...), r[3], r[4]), '}')
	})
	if err != nil {
		return b, err
	}
	return append(b, `]}},"errors":[]}}`...), res.Close()
}

// queueOrder queues all four statements.
func (s *server) queueOrder(batch *pgx.Batch, id trellis.ID, in *orderInput) error {
	total, err := number(in.Total.Amount)
	if err != nil {
		return err
	}
	on, err := day(in.OrderDate)
	if err != nil {
		return err
	}
	now := time.Now()
	out := given(change(make([]byte, 0, 512), '[', id), "number", in.Number)
	out = uuid(append(out, `],"account":[null,`...), in.Account.Bytes[:])
	out = given(append(out, "],"...), "orderDate", in.OrderDate)
	out = given(append(out, "],"...), "state", "draft")
	l, err := s.lines(id, in.Lines.Create)
	if err != nil {
		return err
	}
	out = givenMoney(append(out, "],"...), "total", in.Total)
	out = givenMoney(append(out, "],"...), "net", amount{l.net(), in.Total.Currency})
	out = strconv.AppendInt(append(out, `],"lineCount":[null,`...), int64(len(l.ids)), 10)
	out = append(out, "]}}]"...)
	net, err := number(l.net())
	if err != nil {
		return err
	}
	batch.Queue(orderSQL, [16]byte(id), now, s.actor, in.Number, in.Account, on, total, in.Total.Currency, s.workspace, string(out), net, in.Total.Currency, int64(len(l.ids)), s.revision)
	batch.Queue(linesSQL, now, s.actor, [16]byte(id), l.ids, l.numbers, l.products, l.quantities, l.prices, l.priceCodes, l.amounts, l.amountCodes, s.workspace, string(l.out), s.revision)
	batch.Queue(orderedSQL, [16]byte(id))
	batch.Queue(orderedLinesSQL, [16]byte(id))
	return nil
}

// columns are the lines of an order, an array for each column.
type columns struct {
	ids, products               [][16]byte
	numbers                     []int64
	quantities, prices, amounts []pgtype.Numeric
	priceCodes, amountCodes     []string
	out                         []byte
}

func (s *server) lines(order trellis.ID, in []line) (*columns, error) {
	c := &columns{out: make([]byte, 0, 512*len(in))}
	for i := range in {
		l := &in[i]
		id := trellis.NewID()
		quantity, err := number(l.Quantity)
		if err != nil {
			return nil, err
		}
		price, err := number(l.Price.Amount)
		if err != nil {
			return nil, err
		}
		sum, err := number(l.Amount.Amount)
		if err != nil {
			return nil, err
		}
		c.ids, c.products, c.numbers = append(c.ids, id), append(c.products, l.Product.Bytes), append(c.numbers, l.LineNo)
		c.quantities, c.prices, c.amounts = append(c.quantities, quantity), append(c.prices, price), append(c.amounts, sum)
		c.priceCodes, c.amountCodes = append(c.priceCodes, l.Price.Currency), append(c.amountCodes, l.Amount.Currency)

		before := byte(',')
		if i == 0 {
			before = '['
		}
		c.out = change(c.out, before, id)
		c.out = uuid(append(c.out, `"order":[null,`...), order[:])
		c.out = strconv.AppendInt(append(c.out, `],"lineNo":[null,`...), l.LineNo, 10)
		c.out = uuid(append(c.out, `],"product":[null,`...), l.Product.Bytes[:])
		c.out = given(append(c.out, "],"...), "quantity", l.Quantity)
		c.out = givenMoney(append(c.out, "],"...), "price", l.Price)
		c.out = givenMoney(append(c.out, "],"...), "amount", l.Amount)
		c.out = append(c.out, "]}}"...)
	}
	c.out = append(c.out, ']')
	return c, nil
}

// net is the sum of the amounts, in cents as they are given.
func (c *columns) net() string {
	sum := new(big.Int)
	for _, a := range c.amounts {
		sum.Add(sum, a.Int)
	}
	cents := sum.String()
	return cents[:len(cents)-2] + "." + cents[len(cents)-2:]
}

func number(s string) (pgtype.Numeric, error) {
	var n pgtype.Numeric
	err := n.Scan(s)
	return n, err
}

func day(s string) (pgtype.Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	return pgtype.Date{Time: t, Valid: true}, err
}

func readBefore(body []byte) (time.Time, error) {
	var in struct{ Before time.Time }
	if err := json.Unmarshal(body, &in); err != nil {
		return in.Before, fmt.Errorf("floor: %w", err)
	}
	return in.Before, nil
}
