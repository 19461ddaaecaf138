package egress

import (
	"net/netip"
	"strings"
	"time"

	"github.com/trellishq/trellis"
)

// Rules are what one client may do. The zero value reaches public addresses
// alone, with the defaults given.
type Rules struct {
	// Private are the networks that may be reached although they are not public:
	// see ParseNetworks.
	Private []netip.Prefix
	// Timeout bounds one exchange from the first byte sent to the last byte read;
	// 60 s when zero.
	Timeout time.Duration
	// MaxBytes bounds the body of an answer after decompression; 64 MiB when zero.
	MaxBytes int64
	// MaxRedirects bounds the redirects that are followed; 5 when zero, none when
	// negative.
	MaxRedirects int
	// PerSecond is the budget of requests to one remote (host and port), 20 when
	// zero. Clients share it; the lowest that any of them asked for counts.
	PerSecond float64
}

func (r Rules) withDefaults() Rules {
	if r.Timeout <= 0 {
		r.Timeout = 60 * time.Second
	}
	if r.MaxBytes <= 0 {
		r.MaxBytes = 64 << 20
	}
	if r.MaxRedirects == 0 {
		r.MaxRedirects = 5
	}
	if r.PerSecond <= 0 {
		r.PerSecond = 20
	}
	return r
}

// ParseNetworks reads a list of networks as an admin writes them: CIDR
// ("10.1.0.0/16") or one address. Each must lie inside one range that is not
// public. So 0.0.0.0/0 is refused: it would open the metadata service of a cloud
// by accident. All problems are returned at once.
func ParseNetworks(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	var problems trellis.Errors
	for i, text := range texts {
		p, err := parseNetwork(text)
		switch {
		case err != nil:
			problems = append(problems, trellis.Errorf(trellis.CodeInvalidInput, "%.60q is not a network such as 10.1.0.0/16", text).At(i))
		case !insideSpecial(p):
			problems = append(problems, trellis.Errorf(trellis.CodeInvalidInput, "%s is not inside a private network: public addresses need no permission", p).At(i))
		default:
			out = append(out, p)
		}
	}
	return out, problems.Err()
}

func parseNetwork(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}
