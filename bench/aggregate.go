package bench

// aggregateTarget is the most that groups may cost, in costs of the same SQL
// written by hand.
const aggregateTarget = 1.1

// aggregates are groups over all opportunities, each a statement that reads the
// whole table. They are few requests of much work, so the parts around the
// statement weigh nothing, and what is compared is the statement.
var aggregates = []Case{
	{Name: "aggregate-stage", Target: aggregateTarget, Slow: true, vars: noVars, Query: `{
  opportunities { groups(by: [{stage: true}, {amount: {currency: true}}]) {
    key { stage amount { currency } } count sum { amount { amount currency } } avg { amount { amount currency } probability }
  } }
}`},
	{Name: "aggregate-month", Target: aggregateTarget, Slow: true, vars: noVars, Query: `{
  opportunities { groups(by: {closeDate: MONTH}) { key { closeDate } count sum { score } avg { score } } }
}`},
	{Name: "aggregate-all", Target: aggregateTarget, Slow: true, vars: noVars, Query: `{
  opportunities { groups { count sum { score } avg { probability } max { closeDate } } }
}`},
}

// noVars is for requests that are the same each time.
func noVars(Size, int) map[string]any { return map[string]any{} }
