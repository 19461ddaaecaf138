package sample

import "fmt"

type place struct {
	country, region, currency, prefix string
	zh                                bool
}

var places = []place{
	{"CN", "上海", "CNY", "+86 21", true}, {"CN", "北京", "CNY", "+86 10", true}, {"CN", "广东", "CNY", "+86 755", true},
	{"CN", "江苏", "CNY", "+86 25", true}, {"CN", "浙江", "CNY", "+86 571", true}, {"CN", "四川", "CNY", "+86 28", true},
	{"DE", "Bavaria", "EUR", "+49 89", false}, {"DE", "Hesse", "EUR", "+49 69", false}, {"FR", "Île-de-France", "EUR", "+33 1", false},
	{"US", "California", "USD", "+1 415", false}, {"US", "Texas", "USD", "+1 512", false}, {"GB", "London", "GBP", "+44 20", false},
}

type stage struct {
	name        string
	probability int
	lost        bool
}

var (
	industries  = []string{"manufacturing", "machinery", "electronics", "retail", "food", "energy", "health", "services", "other"}
	lifecycles  = []string{"prospect", "prospect", "qualified", "active", "active", "active", "atRisk", "lost"}
	lostReasons = []string{"price", "competitor", "noBudget", "noDecision"}
	stages      = []stage{{"contact", 10, false}, {"need", 25, false}, {"solution", 40, false}, {"bid", 60, false}, {"negotiate", 80, false}, {"won", 100, false}, {"lost", 0, true}}

	zhFirst  = []string{"华", "中", "东方", "新", "金", "宏", "恒", "天", "海", "瑞", "远", "博", "盛", "嘉", "泰"}
	zhSecond = []string{"达", "信", "创", "泰", "科", "通", "源", "峰", "盛", "联", "丰", "洋", "康", "业", "星"}
	zhTrade  = []string{"机械", "电子", "贸易", "科技", "食品", "能源", "医疗器械", "物流", "化工", "精密仪器"}
	enFirst  = []string{"North", "Blue", "Iron", "Silver", "Green", "Alpine", "River", "Stone", "Bright", "Harbour", "Oak", "Summit"}
	enSecond = []string{"field", "bridge", "works", "line", "gate", "forge", "peak", "water", "point", "mill"}
	enForm   = []string{"GmbH", "Ltd", "Inc", "AG", "SARL", "Group", "& Sons"}

	zhSurnames = []string{"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"}
	zhGiven    = []string{"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "勇", "艳", "杰", "晓明", "雨婷", "志强", "思远"}
	enGiven    = []string{"Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Henry", "Iris", "Jonas", "Lea", "Max", "Nora", "Paul"}
	enSurnames = []string{"Miller", "Schmidt", "Dubois", "Smith", "Weber", "Martin", "Fischer", "Taylor", "Becker", "Moreau", "Clark"}
	titles     = []string{"Buyer", "采购经理", "Director", "总经理", "Engineer", "工程师", "Head of IT", "财务总监", "Plant manager", "厂长"}
	needs      = []string{"Pump line", "备件年度框架", "Control system", "产线改造", "Service contract", "新厂设备", "Replacement drives", "包装线", "Lab equipment", "检测设备"}
	goods      = []string{"Pump", "Valve", "Motor", "传感器", "控制器", "Filter", "轴承", "Drive", "电缆", "Gauge"}
)

func (g *generator) company(i int, p place) string {
	if p.zh {
		return p.region + pick(g, zhFirst) + pick(g, zhSecond) + pick(g, zhTrade) + "有限公司"
	}
	return fmt.Sprintf("%s%s %s", pick(g, enFirst), pick(g, enSecond), pick(g, enForm))
}

func (g *generator) person(i int) string {
	if i%2 == 0 {
		return pick(g, zhSurnames) + pick(g, zhGiven)
	}
	return pick(g, enGiven) + " " + pick(g, enSurnames)
}

func (g *generator) phone(p place) string {
	return fmt.Sprintf("%s %04d %04d", p.prefix, g.rand.IntN(10_000), g.rand.IntN(10_000))
}
