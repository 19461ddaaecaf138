package egress

import (
	"fmt"
	"net/netip"
)

// special lists the ranges that are not plain public unicast (IANA special
// purpose registries, RFC 6890 and its updates).
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "::1/128", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

// Addresses of these ranges carry an IPv4 address, which is the one that counts.
var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // last 32 bits
	sixToV4 = netip.MustParsePrefix("2002::/16")    // bits 16 to 48
)

// BlockedError says that an address is in a network the rules do not allow. It
// is found with errors.As in the error of an http.Client. Trying again does not
// help: an admin must allow the network.
type BlockedError struct {
	Addr netip.Addr
}

// Error names the address and what to do.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("the address %s is in a private network that is not allowed here", e.Addr)
}

// allowed is nil when addr is public, or lies in one of the networks.
func allowed(addr netip.Addr, private []netip.Prefix) error {
	real := embedded(addr.WithZone("").Unmap())
	for _, s := range special {
		if !s.Contains(real) {
			continue
		}
		for _, p := range private {
			// A wide network must not open a special range inside it by accident.
			if p.Contains(real) && insideSpecial(p) {
				return nil
			}
		}
		return &BlockedError{Addr: addr}
	}
	return nil
}

func insideSpecial(p netip.Prefix) bool {
	for _, s := range special {
		if s.Bits() <= p.Bits() && s.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

func embedded(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixToV4.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}
