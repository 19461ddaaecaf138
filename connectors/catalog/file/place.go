package file

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/trellishq/trellis/connectors"
)

// place is what a cursor holds: the files that were read, each with the state
// it had then, and how far the one at hand is read.
type place struct {
	Version int             `json:"v"`
	Read    map[string]mark `json:"read"`
	Current *current        `json:"current,omitempty"`
}

type current struct {
	Name string `json:"name"`
	Mark mark   `json:"mark"`
	Rows int    `json:"rows"` // read so far, the header not counted
}

// mark tells one state of a file from another: size and time.
type mark string

func markOf(info fs.FileInfo) mark {
	return mark(fmt.Sprintf("%d@%d", info.Size(), info.ModTime().UnixNano()))
}

const placeVersion = 1

func parsePlace(cur connectors.Cursor) (*place, error) {
	if cur == "" {
		return &place{Version: placeVersion, Read: map[string]mark{}}, nil
	}
	p := &place{}
	if err := json.Unmarshal([]byte(cur), p); err != nil || p.Version != placeVersion || (p.Current != nil && p.Current.Rows < 0) {
		return nil, connectors.CursorError("the stored place is not one of this version of the file connector")
	}
	if p.Read == nil {
		p.Read = map[string]mark{}
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
