package metadata

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// equalJSON says that two components are stored alike. DeepEqual is tried
// first, since it tells most equal ones without writing them.
func equalJSON(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
