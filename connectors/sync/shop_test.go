package sync_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	gosync "sync"

	"github.com/trellishq/trellis/connectors"
)

// shop is a remote system in memory: for each stream a log of the states its
// records had, oldest first. The cursor is a place in the log.
type shop struct {
	mu   gosync.Mutex
	log  map[string][]connectors.Record
	page int
	// before is asked before each Read and may fail it, change the answer, or
	// do something else first.
	before func(ctx context.Context, stream string, cur connectors.Cursor) error
	answer func(b connectors.Batch, next connectors.Cursor) (connectors.Batch, connectors.Cursor)
	reads  int
}

func newShop(page int) *shop { return &shop{log: map[string][]connectors.Record{}, page: page} }

// put appends a state of a record.
func (s *shop) put(stream, key string, data map[string]any) {
	s.add(connectors.Record{Stream: stream, Key: key, Data: data})
}

func (s *shop) add(r connectors.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log[r.Stream] = append(s.log[r.Stream], r)
}

func (s *shop) delete(stream, key string) {
	s.add(connectors.Record{Stream: stream, Key: key, Deleted: true})
}

// onRead sets before.
func (s *shop) onRead(f func(ctx context.Context, stream string, cur connectors.Cursor) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

var (
	_ connectors.Connector = (*shop)(nil)
	_ connectors.Source    = (*visit)(nil)
)

// Spec implements connectors.Connector.
func (s *shop) Spec() connectors.Spec {
	return connectors.Spec{Name: "shop", Settings: []connectors.Setting{
		{Name: "user", Kind: connectors.SettingText, Required: true},
		{Name: "password", Kind: connectors.SettingText, Secret: true},
		{Name: "limit", Kind: connectors.SettingInteger, Default: int64(7)},
	}}
}

// Open implements connectors.Connector.
func (s *shop) Open(_ context.Context, cfg connectors.Config) (connectors.Connection, error) {
	if cfg.HTTP != nil || cfg.Files != nil {
		return nil, connectors.ConfigError("", "the shop asked for neither network nor files")
	}
	if cfg.Values.Text("password") != "open sesame" || cfg.Values.Int("limit") != 7 {
		return nil, connectors.ConfigError("password", "the settings were lost: %v", cfg.Values)
	}
	return &visit{s}, nil
}

// visit is a connection to the shop.
type visit struct{ shop *shop }

// Close implements connectors.Connection.
func (*visit) Close(context.Context) error { return nil }

// Read implements connectors.Source.
func (v *visit) Read(ctx context.Context, stream string, cur connectors.Cursor) (connectors.Batch, connectors.Cursor, error) {
	s := v.shop
	s.mu.Lock()
	s.reads++
	before := s.before
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx, stream, cur); err != nil {
			return connectors.Batch{}, "", err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := 0
	if cur != "" {
		var err error
		if at, err = strconv.Atoi(string(cur)); err != nil || at > len(s.log[stream]) {
			return connectors.Batch{}, "", connectors.CursorError("the shop knows no place %q", cur)
		}
	}
	rest := s.log[stream][at:]
	b := connectors.Batch{Records: rest[:min(len(rest), s.page)]}
	next := connectors.Cursor(strconv.Itoa(at + len(b.Records)))
	if s.answer != nil {
		b, next = s.answer(b, next)
	}
	if len(b.Records) == 0 {
		return b, next, io.EOF
	}
	return b, next, nil
}

// fill gives the stream n accounts.
func (s *shop) fill(n int) {
	for i := range n {
		s.put("customers", fmt.Sprintf("c%d", i), map[string]any{"code": fmt.Sprintf("A%05d", i), "name": fmt.Sprintf("Customer %d", i), "revenue": connectors.Decimal(fmt.Sprintf("%d.50", i))})
	}
}
