package sample

import "fmt"

// activities are what people did with accounts, contacts and opportunities.
func (g *generator) activities() {
	kinds := []string{"call", "call", "meeting", "visit", "mail", "wecom", "note"}
	g.each(g.Size.Activities, func(i int) {
		p := g.parties[i%len(g.parties)]
		about := ref("account", p.id)
		switch {
		case i%3 == 1 && len(p.contacts) > 0:
			about = ref("contact", pick(g, p.contacts))
		case i%3 == 2:
			o := pick(g, g.opps)
			p, about = o.party, ref("opportunity", o.id)
		}
		kind := pick(g, kinds)
		g.add("activity", values{
			"kind": kind, "about": about, "owner": p.owner, "at": g.at(g.ago(g.rand.IntN(span))), "durationMinutes": int64(5 * (1 + g.rand.IntN(12))), "subject": pick(g, talks),
			"body": g.maybe(400, "客户对交期与付款方式有疑问，已安排下次沟通。"), "outcome": pick(g, []string{"reached", "reached", "interested", "noReply"}), "mood": g.maybe(300, int64(1+g.rand.IntN(5))),
			"countsAsFollowup": kind != "note",
		})
	})
}

func (g *generator) visits() {
	g.each(g.Size.Visits, func(i int) {
		p := g.parties[i*5%len(g.parties)]
		v := values{"type": pick(g, []string{"planned", "planned", "cold", "online"}), "account": p.id, "owner": p.owner, "purpose": pick(g, talks)}
		if i%4 == 0 {
			v["planAt"] = g.at(g.ago(-g.rand.IntN(30)))
			g.add("visit", v)
			return
		}
		day := g.ago(1 + g.rand.IntN(span-1))
		v["planAt"], v["state"], v["checkinAt"], v["checkoutAt"] = g.at(day), "done", day.String()+"T02:00:00Z", day.String()+"T03:30:00Z"
		v["checkinGeo"], v["distance"], v["result"] = p.geo, int64(g.rand.IntN(400)), "已确认下一步计划"
		g.add("visit", v)
	})
}

func (g *generator) tasks() {
	g.each(g.Size.Tasks, func(i int) {
		p := g.parties[i*11%len(g.parties)]
		v := values{
			"subject": fmt.Sprintf("%s %d", pick(g, talks), i+1), "about": ref("account", p.id), "owner": p.owner, "assignee": p.owner, "priority": pick(g, []string{"low", "normal", "normal", "high"}),
			"dueAt": g.at(g.ago(g.rand.IntN(120) - 30)), "state": pick(g, []string{"open", "open", "doing", "done"}),
		}
		if v["state"] == "done" {
			v["doneAt"] = v["dueAt"]
		}
		g.add("task", v)
	})
}
