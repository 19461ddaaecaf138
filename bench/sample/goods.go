package sample

import (
	"fmt"

	"github.com/trellishq/trellis"
)

// product is one with its list price in CNY.
type product struct {
	id    trellis.ID
	price cents
	tax   tax
}

// goods are categories, products with their prices in each currency's book,
// warehouses and stock.
func (g *generator) goods() {
	var categories []trellis.ID
	for i, name := range []string{"泵阀", "电机与驱动", "传感与控制", "耗材备件"} {
		categories = append(categories, g.add("productCategory", values{"code": fmt.Sprintf("PC%d", i+1), "name": name}))
	}
	for i, name := range []string{"上海中心仓", "深圳中心仓", "Hong Kong store"} {
		kind := "central"
		if i == 2 {
			kind = "store"
		}
		p := places[[]int{0, 2, 2}[i]]
		g.warehouses = append(g.warehouses, g.add("warehouse", values{"code": fmt.Sprintf("W%d", i+1), "name": name, "type": kind, "legalEntity": g.entities[i], "address": p.address(g), "geo": p.near(g)}))
	}
	for _, c := range currencies {
		g.books[c] = g.add("priceBook", values{"code": "LIST-" + c, "name": "标准价目表 " + c, "currency": c, "kind": "list", "validFrom": g.ago(span).String()})
	}
	g.add("promotion", values{"code": "PROMO1", "name": "年中促销", "kind": "percent", "value": "5", "validFrom": g.ago(60).String(), "validTo": g.ago(-30).String(), "channels": []any{"sales", "dealer"}, "budget": money(10_000_000, "CNY")})
	g.each(g.Size.Products, func(i int) { g.product(i, categories) })
}

func (g *generator) product(i int, categories []trellis.ID) {
	p := product{price: cents(1000 + g.rand.IntN(500_000)), tax: g.taxes[g.rand.IntN(3)]}
	kind := "goods"
	if g.chance(80) {
		kind = "spare"
	}
	p.id = g.add("product", values{
		"code": fmt.Sprintf("P%04d", i+1), "name": fmt.Sprintf("%s %d", pick(g, goods), 100+i), "category": pick(g, categories), "type": kind, "barcode": fmt.Sprintf("69%011d", i+1),
		"price": money(p.price, "CNY"), "cost": money(p.price*6/10, "CNY"), "uom": "pcs", "baseUom": g.unit, "taxCode": p.tax.id, "warrantyMonths": g.maybe(600, int64(12)), "active": true,
		"spec": map[string]any{"power": fmt.Sprintf("%d W", 10*(1+g.rand.IntN(200)))},
	})
	g.products = append(g.products, p)
	for _, c := range currencies {
		price := p.in(c)
		entry := values{"priceBook": g.books[c], "product": p.id, "uom": g.unit, "price": price.String(), "floorPrice": (price * 8 / 10).String(), "validFrom": g.ago(span).String()}
		if g.chance(300) { // a price that ends where the next begins
			entry["validTo"] = g.ago(180).String()
			g.add("priceEntry", values{"priceBook": g.books[c], "product": p.id, "uom": g.unit, "price": (price * 104).over(100).String(), "validFrom": g.ago(179).String()})
		}
		g.add("priceEntry", entry)
	}
	for _, w := range g.warehouses[:2] {
		on := g.rand.IntN(500)
		g.add("stock", values{"product": p.id, "warehouse": w, "onHand": fmt.Sprint(on), "reserved": fmt.Sprint(g.rand.IntN(on + 1)), "asOf": g.at(g.Day)})
	}
}

// in is the list price in a currency, at the rate of the first quarter.
func (p product) in(currency string) cents {
	return (p.price * 10_000).over(fx(currency, 0))
}
