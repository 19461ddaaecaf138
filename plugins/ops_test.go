package plugins

import (
	"log/slog"
	"testing"
	"time"

	"encoding/json"

	"github.com/trellishq/trellis"
)

func TestOpsCheckCapabilities(t *testing.T) {
	t.Parallel()
	bare := &hostOps{manifest: &Manifest{}, log: slog.New(slog.DiscardHandler)}
	granted := &hostOps{manifest: &Manifest{Capabilities: Capabilities{
		Records: []RecordCapability{{}}, HTTP: []HostCapability{{}}, KV: &KVCapability{}, Secrets: []SecretCapability{{}}}}, log: bare.log}
	for _, op := range []Op{OpRead, OpWrite, OpHTTP, OpKV, OpSecret} {
		if _, err := bare.Do(t.Context(), op, nil); trellis.CodeOf(err) != trellis.CodeForbidden {
			t.Errorf("%d without a capability: %v", op, err)
		}
		if _, err := granted.Do(t.Context(), op, nil); trellis.CodeOf(err) != trellis.CodeUnavailable {
			t.Errorf("%d: %v", op, err)
		}
	}
	if _, err := granted.Do(t.Context(), 99, nil); trellis.CodeOf(err) != trellis.CodeNotFound {
		t.Errorf("99: %v", err)
	}
	out, err := bare.Do(t.Context(), OpNow, nil)
	var at time.Time
	if err != nil || json.Unmarshal(out, &at) != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("now: %s, %v", out, err)
	}
}
