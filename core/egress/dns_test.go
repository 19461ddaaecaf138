package egress_test

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
)

// fakeResolver asks a name server of ours that gives the address held in answer
// to every question for IPv4, and none to others.
func fakeResolver(t *testing.T, answer *atomic.Pointer[netip.Addr]) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(reply(buf[:n], *answer.Load()), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

// reply answers one question as RFC 1035 says.
func reply(query []byte, addr netip.Addr) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the root label, type and class
	isA := query[end-3] == 1
	out := append([]byte(nil), query[:end]...)
	out[2], out[3] = 0x81, 0x80      // an answer, no error
	copy(out[6:12], make([]byte, 6)) // no other records
	if isA {
		out[7] = 1
		ip := addr.As4()
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4) // the name, A, IN, no time to live
		out = append(out, ip[:]...)
	}
	return out
}
