// Package connectortest holds the suite that every connector must pass, and a
// proxy that makes the network behave badly.
//
// A connector's test fills in a Harness, which knows how to change things in the
// remote system, and calls Run. The remote system should be the real one.
//
//	func TestConformance(t *testing.T) {
//		connectortest.Run(t, connectortest.Harness{
//			Connector: shop.Connector{},
//			Values:    map[string]any{"url": server.URL, "token": "…", "pageSize": 5},
//			URL:       "url",
//			…
//		})
//	}
//
// Run checks what the contract in package connectors says about Spec, Open,
// Read and Cursor: nothing lost when many records change at once, when the
// connection is cut in the middle of an answer, or when things change while they
// are read; errors that tell the host the right thing; a refused login that is
// not tried again.
package connectortest
