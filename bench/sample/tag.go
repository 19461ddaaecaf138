package sample

import (
	"fmt"

	"github.com/trellishq/trellis"
)

// tags are two groups of them, on one account in five; a fifth of the people
// agreed to mails, and some of these withdrew.
func (g *generator) tags() {
	var tags []trellis.ID
	for i, group := range []struct {
		name string
		tags []string
	}{{"客户价值", []string{"高潜", "战略合作", "价格敏感"}}, {"行业特征", []string{"出口型", "上市公司", "专精特新"}}} {
		category := g.add("tagCategory", values{"name": group.name, "position": int64(i + 1)})
		for j, name := range group.tags {
			tags = append(tags, g.add("tag", values{"name": name, "category": category, "weight": int64(10 - j)}))
		}
	}
	purpose := g.add("consentPurpose", values{"code": "NEWS", "name": "产品资讯", "text": "我们将通过邮件发送产品资讯，您可随时撤回。", "revision": "2025-1", "validMonths": int64(24)})
	g.each(len(g.parties), func(i int) {
		p := g.parties[i]
		if i%5 == 0 {
			g.add("tagAssignment", values{"tag": pick(g, tags), "about": ref("account", p.id), "since": g.at(g.ago(g.rand.IntN(300)))})
		}
		for n, c := range p.contacts {
			if (i+n)%5 > 0 {
				continue
			}
			given := 30 + g.rand.IntN(300)
			g.consent(c, purpose, "given", given)
			if g.chance(100) {
				g.consent(c, purpose, "withdrawn", g.rand.IntN(30))
			}
		}
	})
}

func (g *generator) consent(contact, purpose trellis.ID, state string, daysAgo int) {
	g.add("consent", values{"subject": ref("contact", contact), "purpose": purpose, "channel": "mail", "state": state, "at": g.at(g.ago(daysAgo)), "textVersion": "2025-1", "evidence": "form", "source": "website"})
}

// targets are what each employee is to sign in the months of the last year.
func (g *generator) targets() {
	g.each(len(g.employees), func(i int) {
		for month := range 12 {
			from := g.ago(365 - 30*month)
			g.add("target", values{
				"period": fmt.Sprintf("M%02d", month+1), "grain": "month", "startOn": from.String(), "endOn": (from + 29).String(),
				"scope": ref("employee", g.employees[i]), "metric": "signed", "value": fmt.Sprint(100_000 * (1 + g.rand.IntN(9))), "actual": fmt.Sprint(100_000 * g.rand.IntN(10)),
			})
		}
	})
}
