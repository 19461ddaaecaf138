package connectors_test

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/trellishq/trellis/connectors"
)

// countdown is a connector in full: it reads the numbers from a setting down
// to one, two in a batch.
type countdown struct{ from int64 }

var (
	_ connectors.Connector = countdown{}
	_ connectors.Source    = countdown{}
)

func (countdown) Spec() connectors.Spec {
	return connectors.Spec{
		Name: "countdown", Label: connectors.Text{EN: "Countdown", ZH: "倒数"},
		Settings: []connectors.Setting{{Name: "from", Kind: connectors.SettingInteger, Required: true, Min: 1, Max: 100}},
	}
}

func (countdown) Open(_ context.Context, cfg connectors.Config) (connectors.Connection, error) {
	return countdown{from: cfg.Values.Int("from")}, nil
}

func (countdown) Close(context.Context) error { return nil }

func (c countdown) Read(_ context.Context, stream string, cur connectors.Cursor) (connectors.Batch, connectors.Cursor, error) {
	next := c.from
	if cur != "" {
		var err error
		if next, err = strconv.ParseInt(string(cur), 10, 64); err != nil {
			return connectors.Batch{}, "", connectors.CursorError("the stored place is not a number")
		}
	}
	var batch connectors.Batch
	for ; next > 0 && len(batch.Records) < 2; next-- {
		batch.Records = append(batch.Records, connectors.Record{
			Stream: stream, Key: strconv.FormatInt(next, 10), Data: map[string]any{"number": next},
		})
	}
	cur = connectors.Cursor(strconv.FormatInt(next, 10))
	if len(batch.Records) == 0 {
		return batch, cur, io.EOF
	}
	return batch, cur, nil
}

func ExampleSource() {
	var connector connectors.Connector = countdown{}
	values, err := connector.Spec().Resolve(map[string]any{"from": "3"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	conn, _ := connector.Open(ctx, connectors.Config{Values: values})
	defer func() { _ = conn.Close(ctx) }()
	source := conn.(connectors.Source)
	var cur connectors.Cursor
	for {
		batch, next, err := source.Read(ctx, "numbers", cur)
		for _, r := range batch.Records {
			fmt.Println(r.Key, r.Data)
		}
		cur = next // stored together with the records
		if err != nil {
			fmt.Println(err, "at", cur)
			return
		}
	}
	// Output:
	// 3 map[number:3]
	// 2 map[number:2]
	// 1 map[number:1]
	// EOF at 0
}
