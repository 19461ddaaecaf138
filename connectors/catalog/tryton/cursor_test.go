package tryton

import (
	"errors"
	"testing"
	"time"

	"github.com/trellishq/trellis/connectors"
)

const lookBack, day = 5 * time.Minute, 24 * time.Hour

func at(clock string) stamp { return stamp("2026-01-02T" + clock + ".000000") }

func clock(text string) time.Time {
	t, err := at(text).time()
	if err != nil {
		panic(err)
	}
	return t.Add(-8 * time.Hour) // ours and Tryton's need not agree
}

// Passes follow each other; each begins behind what was settled.
func TestPlaceSettles(t *testing.T) {
	t.Parallel()
	p, err := parsePlace("")
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		now        string
		newest     stamp
		from, then stamp
	}{
		{"10:00:00", at("09:59:00"), "", at("09:54:00")},
		{"10:01:00", at("09:59:00"), at("09:54:00"), at("09:54:00")}, // too soon to know more
		{"10:05:01", at("10:04:00"), at("09:54:00"), at("09:59:00")}, // 09:59 was seen 5 minutes ago
		{"10:06:00", at("10:04:00"), at("09:59:00"), at("09:59:00")}, // seen at 10:05:01
		{"10:10:02", at("10:04:00"), at("09:59:00"), at("10:04:00")}, // nothing new: all is settled
		{"10:20:00", at("10:04:00"), at("10:04:00"), at("10:04:00")}, // and nothing is read again
		{"10:20:01", at("11:00:00"), at("10:04:00"), at("10:55:00")}, // a burst: all but the look-back
		{"09:00:00", at("11:00:00"), at("10:55:00"), at("10:55:00")}, // our clock was set back
		{"09:05:01", at("11:00:00"), at("10:55:00"), at("11:00:00")}, // and counted anew
	} {
		p.begin(clock(step.now), step.newest, lookBack, day)
		if p.Pass.From != step.from || p.Pass.Then != step.then {
			t.Fatalf("step %d: from %q then %q, want %q and %q", i, p.Pass.From, p.Pass.Then, step.from, step.then)
		}
		p.end()
		if p, err = parsePlace(p.cursor()); err != nil {
			t.Fatal(err)
		}
	}
	p.begin(clock("10:00:00").Add(day), at("11:00:00"), lookBack, day)
	if p.Pass.From != "" {
		t.Error("no full read after a day")
	}
}

// The hashes are bounded, and so is the cursor; what does not fit comes again.
func TestPlaceIsBounded(t *testing.T) {
	t.Parallel()
	p, _ := parsePlace("")
	p.begin(clock("10:00:00"), at("10:00:00"), lookBack, day)
	modified, _ := at("09:59:59").time()
	record := func(id int64) connectors.Record {
		return connectors.Record{Data: map[string]any{"id": id}, Modified: modified}
	}
	const many = 20_000
	again := func() (fresh int) {
		for id := int64(1e15); id < 1e15+many; id++ {
			if p.fresh(id, record(id)) {
				fresh++
			}
			p.advance(id, map[int64]bool{id: true})
		}
		if n := len(p.cursor()); n > connectors.MaxCursor {
			t.Fatalf("a cursor of %d bytes", n)
		}
		p.end()
		return fresh
	}
	if n := again(); n != many {
		t.Errorf("at first %d of %d", n, many)
	}
	p.begin(clock("10:00:01"), at("10:00:00"), lookBack, day)
	if n := again(); n != many-maxSeen {
		t.Errorf("then %d of %d", n, many-maxSeen)
	}
}

func FuzzParsePlace(f *testing.F) {
	f.Add(`{"v":1,"settled":"2026-01-02T10:00:00.000000","pass":{"after":7},"seen":{"8":"x"}}`)
	f.Add(`{"v":1,"done":true}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePlace(connectors.Cursor(text))
		if err != nil {
			if !errors.Is(err, connectors.ErrCursor) {
				t.Fatal(err)
			}
			return
		}
		if p.Pass == nil {
			p.begin(time.Unix(1e9, 0), at("10:00:00"), lookBack, day)
		}
		(&shape{}).domain(p.Pass.After, p.Pass.From)
		p.fresh(1, connectors.Record{})
		p.advance(1, nil)
		p.end()
		if _, err := parsePlace(p.cursor()); err != nil {
			t.Fatal(err)
		}
	})
}
