package floor

import (
	"context"
)

// stages: all opportunities by stage and currency.
const stagesSQL = `SELECT stage, amount_code, count(*), sum(amount), trim_scale(round(avg(amount), 6)), trim_scale(round(avg(probability), 6))
FROM ws_main.opportunity
WHERE deleted_at IS NULL AND source IS DISTINCT FROM 'partner'
GROUP BY stage, amount_code ORDER BY stage, amount_code`

// months: all opportunities by the month they close in.
const monthsSQL = `SELECT date_trunc('month', close_date::timestamp)::date, count(*), sum(score), trim_scale(round(avg(score), 4))
FROM ws_main.opportunity
WHERE deleted_at IS NULL AND source IS DISTINCT FROM 'partner'
GROUP BY 1 ORDER BY 1`

// all: one group of all opportunities.
const allSQL = `SELECT count(*), sum(score), trim_scale(round(avg(probability), 6)), max(close_date)
FROM ws_main.opportunity
WHERE deleted_at IS NULL AND source IS DISTINCT FROM 'partner'`

// groups answers with the rows of a statement.
func (s *server) groups(ctx context.Context, sql string, b []byte, row func(b []byte, r [][]byte) []byte) ([]byte, error) {
	rows, err := s.db.Query(ctx, sql)
	if err != nil {
		return b, err
	}
	b, err = each(rows, append(b, `{"opportunities":{"groups":[`...), row)
	return append(b, "]}}"...), err
}

func (s *server) stages(ctx context.Context, _, b []byte) ([]byte, error) {
	return s.groups(ctx, stagesSQL, b, func(b []byte, r [][]byte) []byte {
		b = text(append(b, `{"key":{"stage":`...), r[0])
		b = text(append(b, `,"amount":{"currency":`...), r[1])
		b = integer(append(b, `}},"count":`...), r[2])
		b = money(append(b, `,"sum":{"amount":`...), r[3], r[1])
		b = money(append(b, `},"avg":{"amount":`...), r[4], r[1])
		b = decimal(append(b, `,"probability":`...), r[5])
		return append(b, "}}"...)
	})
}

func (s *server) months(ctx context.Context, _, b []byte) ([]byte, error) {
	return s.groups(ctx, monthsSQL, b, func(b []byte, r [][]byte) []byte {
		b = date(append(b, `{"key":{"closeDate":`...), r[0])
		b = integer(append(b, `},"count":`...), r[1])
		b = decimal(append(b, `,"sum":{"score":`...), r[2])
		b = decimal(append(b, `},"avg":{"score":`...), r[3])
		return append(b, "}}"...)
	})
}

func (s *server) all(ctx context.Context, _, b []byte) ([]byte, error) {
	return s.groups(ctx, allSQL, b, func(b []byte, r [][]byte) []byte {
		b = integer(append(b, `{"count":`...), r[0])
		b = decimal(append(b, `,"sum":{"score":`...), r[1])
		b = decimal(append(b, `},"avg":{"probability":`...), r[2])
		b = date(append(b, `},"max":{"closeDate":`...), r[3])
		return append(b, "}}"...)
	})
}
