package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// Report is what a run found, in the form of report.json.
type Report struct {
	Cases []Result `json:"cases"`
}

// cpuUnit is that of the cases whose target is a ratio; the others have a limit
// in their own unit.
const cpuUnit = "ms CPU/request"

// Result is what a case costs: medians over the turns, in milliseconds of CPU
// of server and PostgreSQL per request. Ratio is the median of the turns'
// ratios, each of two turns that followed one another.
type Result struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
	Floor  float64 `json:"floor"`
	Ratio  float64 `json:"ratio"`
	Target float64 `json:"target"`
	Met    bool    `json:"met"`

	page     float64
	low, top float64 // quartiles of the ratio
	server   [2]float64
	latency  [2]latency
}

func (r *Report) add(k *Case, m *measured) {
	ratios := make([]float64, len(m.cpu[0]))
	for i := range ratios {
		ratios[i] = m.cpu[0][i] / m.cpu[1][i]
	}
	c := Result{
		Name: k.Name, Unit: cpuUnit, Value: round(quantile(m.cpu[0], 0.5)), Floor: round(quantile(m.cpu[1], 0.5)), Ratio: round(quantile(ratios, 0.5)), Target: k.Target,
		page: k.Page, low: quantile(ratios, 0.25), top: quantile(ratios, 0.75), latency: m.latency,
		server: [2]float64{quantile(m.server[0], 0.5), quantile(m.server[1], 0.5)},
	}
	c.Met = c.Ratio <= c.Target
	r.Cases = append(r.Cases, c)
}

// limited adds a case that has a limit of its own, in its unit, whatever the
// floor takes: the median counts.
func (r *Report) limited(name, unit string, mine, floor []float64, most float64) {
	r.limitedAt(0.5, name, unit, mine, floor, most)
}

// limitedAt is limited where another quantile counts.
func (r *Report) limitedAt(q float64, name, unit string, mine, floor []float64, most float64) {
	c := Result{Name: name, Unit: unit, Value: round(quantile(mine, q)), Floor: round(quantile(floor, q)), Target: most}
	c.Ratio = round(c.Value / c.Floor)
	c.low, c.top = quantile(mine, 0.25), quantile(mine, 0.75)
	c.Met = c.Value <= c.Target
	r.Cases = append(r.Cases, c)
}

// Met says that all targets are.
func (r *Report) Met() bool {
	return !slices.ContainsFunc(r.Cases, func(c Result) bool { return !c.Met })
}

func quantile(v []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(v))
	return sorted[int(math.Round(q*float64(len(sorted)-1)))]
}

// round keeps four digits behind the point: tenths of a microsecond.
func round(v float64) float64 { return math.Round(v*10_000) / 10_000 }

// Save writes report.json.
func (r *Report) Save(path string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// Print writes a table for people.
func (r *Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\tCPU ms\tof it\tCPU ms\tof it\t\t\t\t\tfloor, page\tin a crowd, ms p50/p99\t\t\n")
	fmt.Fprint(t, "case\tTrellis\tserver\tfloor\tserver\tratio\tquartiles\ttarget\tmet\t(≤ 1.3)\tTrellis\tfloor\t\n")
	var limited []Result
	for _, c := range r.Cases {
		if c.Unit != cpuUnit {
			limited = append(limited, c)
			continue
		}
		met, page := "no", "–"
		if c.Met {
			met = "yes"
		}
		if c.page > 0 {
			page = fmt.Sprintf("%.3f, ×%.2f", c.page, c.Floor/c.page)
		}
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.3f\t%.3f\t%.2f\t%.2f–%.2f\t%.2f\t%s\t%s\t%s\t%s\t\n", c.Name, c.Value, c.server[0], c.Floor, c.server[1], c.Ratio, c.low, c.top, c.Target, met, page, c.latency[0], c.latency[1])
	}
	if err := t.Flush(); err != nil || len(limited) == 0 {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprint(t, "case\tTrellis\tquartiles\tfloor\tratio\tlimit\tunit\tmet\t\n")
	for _, c := range limited {
		met := "no"
		if c.Met {
			met = "yes"
		}
		fmt.Fprintf(t, "%s\t%.2f\t%.2f–%.2f\t%.2f\t%.1f\t%.0f\t%s\t%s\t\n", c.Name, c.Value, c.low, c.top, c.Floor, c.Ratio, c.Target, c.Unit, met)
	}
	return t.Flush()
}

// String implements fmt.Stringer.
func (l latency) String() string {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return fmt.Sprintf("%.1f/%.1f", ms(l.p50), ms(l.p99))
}
