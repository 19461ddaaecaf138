package tryton

import (
	"encoding/json"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// A place is what a cursor holds. Reading goes in passes. A pass takes all
// records whose stamp is later than Settled, in the order of their ids, so that
// nothing shifts while it runs; what changes behind it is found by the next.
//
// A stamp is the time at which a transaction began. One that is committed late
// carries an old stamp, so having read up to a stamp does not mean that all of
// it was there. A stamp is settled when no transaction that old can still be
// open, and there are two ways to know that, without trusting that our clock
// and Tryton's agree:
//
//   - it is older by the look-back than the newest stamp there is;
//   - it was there already when we looked, by our clock, a look-back ago.
//
// The pass after that starts behind it. In between, the records of the
// look-back are read again and again; Seen holds their hashes, so that they are
// not returned again unless they changed.
type place struct {
	Version int   `json:"v"`
	Settled stamp `json:"settled,omitempty"`
	// Newest is the newest stamp there was at NewestAt, in Unix seconds.
	Newest   stamp `json:"newest,omitempty"`
	NewestAt int64 `json:"newestAt,omitempty"`
	// FullAt is when the last pass over everything began, in Unix seconds.
	FullAt int64 `json:"fullAt,omitempty"`
	Pass   *pass `json:"pass,omitempty"`
	// Done says that a pass has ended and its last records were returned: next
	// comes io.EOF.
	Done bool `json:"done,omitempty"`
	// Seen are hashes by id. Those up to the place of a pass are of this pass,
	// those beyond it of the one before.
	Seen map[int64]string `json:"seen,omitempty"`
}

type pass struct {
	From  stamp `json:"from,omitempty"` // "" reads everything
	Then  stamp `json:"then,omitempty"` // settled when the pass has ended
	After int64 `json:"after"`          // id
}

const (
	placeVersion = 1
	// maxSeen bounds the hashes. What does not fit is returned again, unchanged,
	// while it is younger than the look-back.
	maxSeen = 2000
	// hashSize is the part of a hash that is kept: 64 bits.
	hashSize = 16
)

func parsePlace(cur connectors.Cursor) (*place, error) {
	if cur == "" {
		return &place{Version: placeVersion, Seen: map[int64]string{}}, nil
	}
	p := &place{}
	if err := json.Unmarshal([]byte(cur), p); err != nil || p.Version != placeVersion {
		return nil, connectors.CursorError("the stored place is not one of this version of the Tryton connector")
	}
	for _, s := range []stamp{p.Settled, p.Newest} {
		if _, err := s.time(); s != "" && err != nil {
			return nil, connectors.CursorError("the stored place of the Tryton connector is damaged")
		}
	}
	if p.Pass != nil {
		for _, s := range []stamp{p.Pass.From, p.Pass.Then} {
			if _, err := s.time(); s != "" && err != nil {
				return nil, connectors.CursorError("the stored place of the Tryton connector is damaged")
			}
		}
	}
	if p.Seen == nil {
		p.Seen = map[int64]string{}
	}
	return p, nil
}

func (p *place) cursor() connectors.Cursor {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // numbers and texts alone
	}
	return connectors.Cursor(text)
}

// begin starts a pass. newest is the newest stamp in Tryton right now.
func (p *place) begin(now time.Time, newest stamp, lookBack, fullRead time.Duration) {
	at := now.Unix()
	next := &pass{From: p.Settled, Then: max(p.Settled, newest.minus(lookBack))}
	if at < p.NewestAt {
		p.NewestAt = at // our clock was set back: count anew
	}
	// More than the look-back, since seconds are cut off.
	if at > p.NewestAt+int64(lookBack/time.Second) {
		next.Then = max(next.Then, p.Newest)
	}
	if p.Newest <= next.Then {
		p.Newest, p.NewestAt = newest, at
	}
	if p.FullAt == 0 || at >= p.FullAt+int64(fullRead/time.Second) {
		next.From, p.FullAt = "", at
	}
	p.Pass = next
}

// fresh says whether a record is new or changed since it was last returned, and
// remembers it when it will be read again.
func (p *place) fresh(id int64, r connectors.Record) bool {
	hash := r.Hash()[:hashSize]
	known := p.Seen[id] == hash
	delete(p.Seen, id)
	if stampOf(r.Modified) > p.Pass.Then && len(p.Seen) < maxSeen {
		p.Seen[id] = hash
	}
	return !known
}

// advance moves the pass past the ids of a page.
func (p *place) advance(last int64, inPage map[int64]bool) {
	for id := range p.Seen {
		if id > p.Pass.After && id <= last && !inPage[id] {
			delete(p.Seen, id)
		}
	}
	p.Pass.After = last
}

// end closes the pass.
func (p *place) end() {
	for id := range p.Seen {
		if id > p.Pass.After {
			delete(p.Seen, id)
		}
	}
	p.Settled, p.Pass = p.Pass.Then, nil
}
