package tryton

import (
	"time"

	"github.com/trellishq/trellis/connectors"
)

// WithClock makes a connection believe in another time.
func WithClock(src connectors.Source, now func() time.Time) connectors.Source {
	src.(*connection).now = now
	return src
}
