package sample

import (
	"fmt"
	"strings"
)

type place struct {
	country, region, currency, prefix string
	zh                                bool
	lat, lng                          float64
}

var places = []place{
	{"CN", "上海", "CNY", "+86 21", true, 31.23, 121.47}, {"CN", "北京", "CNY", "+86 10", true, 39.90, 116.41}, {"CN", "广东", "CNY", "+86 755", true, 22.54, 114.06},
	{"CN", "江苏", "CNY", "+86 25", true, 32.06, 118.80}, {"CN", "浙江", "CNY", "+86 571", true, 30.27, 120.15}, {"CN", "四川", "CNY", "+86 28", true, 30.57, 104.07},
	{"CN", "湖北", "CNY", "+86 27", true, 30.59, 114.31}, {"CN", "山东", "CNY", "+86 531", true, 36.65, 117.12},
	{"DE", "Bavaria", "EUR", "+49 89", false, 48.14, 11.58}, {"DE", "Hesse", "EUR", "+49 69", false, 50.11, 8.68}, {"FR", "Île-de-France", "EUR", "+33 1", false, 48.86, 2.35},
	{"US", "California", "USD", "+1 415", false, 37.77, -122.42}, {"US", "Texas", "USD", "+1 512", false, 30.27, -97.74}, {"GB", "London", "GBP", "+44 20", false, 51.51, -0.13},
}

// address is one in the place.
func (p place) address(g *generator) map[string]any {
	street := fmt.Sprintf("%d %s Street", 1+g.rand.IntN(200), pick(g, enFirst))
	if p.zh {
		street = fmt.Sprintf("%s路%d号", pick(g, zhFirst)+pick(g, zhSecond), 1+g.rand.IntN(900))
	}
	return map[string]any{"country": p.country, "region": p.region, "city": p.region, "street": street, "postalCode": fmt.Sprintf("%06d", 100_000+g.rand.IntN(800_000))}
}

// near is a point within some twenty kilometres.
func (p place) near(g *generator) map[string]any {
	off := func() float64 { return float64(g.rand.IntN(4000)-2000) / 10_000 }
	return map[string]any{"lat": fmt.Sprintf("%.6f", p.lat+off()), "lng": fmt.Sprintf("%.6f", p.lng+off())}
}

type stage struct {
	name, zh, en, category string
	probability            int
}

var (
	industries  = []string{"manufacturing", "machinery", "electronics", "retail", "food", "energy", "health", "services", "other"}
	lifecycles  = []string{"prospect", "prospect", "qualified", "active", "active", "active", "growing", "loyal", "atRisk", "lost"}
	sizes       = []string{"micro", "small", "small", "medium", "medium", "large", "huge"}
	tiers       = []string{"strategic", "key", "basic", "basic", "basic"}
	sources     = []string{"website", "exhibition", "referral", "self", "coldVisit", "partner", "phone", "qr", "ad"}
	lostReasons = []string{"price", "competitor", "noBudget", "noDecision"}
	positions   = []string{"总经理", "销售总监", "区域经理", "销售代表"}
	roles       = []string{"decider", "approver", "influencer", "user", "gatekeeper", "finance", "buyer"}
	attitudes   = []string{"champion", "neutral", "neutral", "against", "unknown"}
	stages      = []stage{
		{"contact", "初步接洽", "First contact", "open", 10}, {"need", "需求确认", "Needs", "open", 25}, {"solution", "方案", "Solution", "open", 40}, {"bid", "报价", "Bid", "open", 60},
		{"negotiate", "商务谈判", "Negotiation", "open", 80}, {"won", "赢单", "Won", "won", 100}, {"lost", "输单", "Lost", "lost", 0}, {"hold", "暂停", "On hold", "hold", 20},
	}

	zhFirst  = []string{"华", "中", "东方", "新", "金", "宏", "恒", "天", "海", "瑞", "远", "博", "盛", "嘉", "泰", "康", "鼎", "启"}
	zhSecond = []string{"达", "信", "创", "泰", "科", "通", "源", "峰", "盛", "联", "丰", "洋", "康", "业", "星", "航", "腾"}
	zhTrade  = []string{"机械", "电子", "贸易", "科技", "食品", "能源", "医疗器械", "物流", "化工", "精密仪器"}
	enFirst  = []string{"North", "Blue", "Iron", "Silver", "Green", "Alpine", "River", "Stone", "Bright", "Harbour", "Oak", "Summit"}
	enSecond = []string{"field", "bridge", "works", "line", "gate", "forge", "peak", "water", "point", "mill"}
	enForm   = []string{"GmbH", "Ltd", "Inc", "AG", "SARL", "Group", "& Sons"}

	zhSurnames = []string{"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "欧阳"}
	zhGiven    = []string{"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "勇", "艳", "杰", "晓明", "雨婷", "志强", "思远"}
	enGiven    = []string{"Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Iris", "Jonas", "Lea", "Max", "Nora", "Paul"}
	enSurnames = []string{"Miller", "Schmidt", "Dubois", "Smith", "Weber", "Martin", "Fischer", "Taylor", "Becker", "Moreau", "Clark"}
	titles     = []string{"Buyer", "采购经理", "Director", "总经理", "Engineer", "工程师", "Head of IT", "财务总监", "Plant manager", "厂长"}
	needs      = []string{"Pump line", "备件年度框架", "Control system", "产线改造", "Service contract", "新厂设备", "Replacement drives", "包装线", "Lab equipment", "检测设备"}
	goods      = []string{"离心泵 Pump", "球阀 Valve", "伺服电机 Motor", "传感器 Sensor", "控制器 Controller", "滤芯 Filter", "轴承 Bearing", "变频器 Drive", "电缆 Cable", "压力表 Gauge"}
	talks      = []string{"电话沟通需求", "Sent the offer", "现场演示", "Discussed delivery", "确认付款计划", "Follow-up after the exhibition", "技术交流", "Price negotiation"}
)

func (g *generator) company(p place) string {
	if p.zh {
		return p.region + pick(g, zhFirst) + pick(g, zhSecond) + pick(g, zhTrade) + "有限公司"
	}
	return fmt.Sprintf("%s%s %s", pick(g, enFirst), pick(g, enSecond), pick(g, enForm))
}

// nearly is the name as somebody else would write it.
func (g *generator) nearly(name string) string {
	if base, ok := strings.CutSuffix(name, "有限公司"); ok {
		return pick(g, []string{base + "有限责任公司", base, base + "（有限公司）", " " + base + "股份有限公司"})
	}
	return pick(g, []string{strings.ToUpper(name), name + ".", strings.ReplaceAll(name, " ", "  "), strings.TrimSuffix(name, " Inc") + ", Inc."})
}

func (g *generator) person(zh bool) string {
	if zh {
		return pick(g, zhSurnames) + pick(g, zhGiven)
	}
	return pick(g, enGiven) + " " + pick(g, enSurnames)
}

func (g *generator) phone(p place) string {
	return fmt.Sprintf("%s %04d %04d", p.prefix, g.rand.IntN(10_000), g.rand.IntN(10_000))
}

func (g *generator) mobile() string {
	return fmt.Sprintf("+86 13%d %04d %04d", g.rand.IntN(10), g.rand.IntN(10_000), g.rand.IntN(10_000))
}

// The alphabet and the weights of GB 32100, the unified social credit code.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var creditWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// uscc is a unified social credit code whose check digit is right.
func (g *generator) uscc() string {
	code := fmt.Sprintf("91%06d%09d", 110_000+g.rand.IntN(500_000), g.made%1_000_000_000)
	sum := 0
	for i, w := range creditWeights {
		sum += w * strings.IndexByte(creditAlphabet, code[i])
	}
	return code + string(creditAlphabet[(31-sum%31)%31])
}
