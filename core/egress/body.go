package egress

import (
	"fmt"
	"io"
)

// TooLargeError says that an answer has more bytes than the rules allow.
type TooLargeError struct {
	Limit int64
}

// Error names the limit.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than the %d bytes allowed", e.Limit)
}

// limitedBody fails, rather than ends, when the limit is passed: an answer cut
// short must not look complete.
type limitedBody struct {
	io.ReadCloser
	left, limit int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	// One byte more than is left tells an answer of exactly the limit from a
	// longer one.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		return int(b.left), &TooLargeError{Limit: b.limit}
	}
	b.left -= int64(n)
	return n, err
}
