package trytontest

import (
	"context"
	"fmt"
)

// Product is one product with a template of its own.
type Product struct {
	ID         int64 // of product.product
	TemplateID int64
	Code, Name string
	ListPrice  string // decimal
	Unit       string // symbol
	Active     bool
}

var goods = []string{"Bolt M8", "轴承", "Pump", "电机", "Valve", "传感器", "Cable 10 m", "控制器"}

// GenerateProducts makes the n products that begin with number from, always the
// same ones. Prices have up to four digits after the point.
func GenerateProducts(from, n int) []Product {
	prices := []string{"%d.00", "%d.10", "%d.995", "%d.0001"}
	out := make([]Product, n)
	for i := range out {
		k := from + i
		out[i] = Product{
			Code: fmt.Sprintf("SKU-%05d", k), Name: fmt.Sprintf("%s %d", goods[k%len(goods)], k),
			ListPrice: fmt.Sprintf(prices[k%len(prices)], k*37%9000+1), Unit: "u", Active: true,
		}
	}
	return out
}

// CreateProducts creates products, 200 in a transaction, and returns the ids of
// product.product in order.
func (s *Server) CreateProducts(ctx context.Context, products []Product) ([]int64, error) {
	var units []struct {
		ID     int64
		Symbol string
	}
	err := s.Call(ctx, "model.product.uom.search_read", &units, []any{}, 0, nil, nil, []string{"symbol"}, map[string]any{})
	if err != nil {
		return nil, err
	}
	unitIDs := map[string]int64{}
	for _, u := range units {
		unitIDs[u.Symbol] = u.ID
	}
	records := make([]any, len(products))
	for i, p := range products {
		unit, ok := unitIDs[p.Unit]
		if !ok {
			return nil, fmt.Errorf("there is no unit %s", p.Unit)
		}
		records[i] = map[string]any{
			"name": p.Name, "code": p.Code, "default_uom": unit, "list_price": decimal(p.ListPrice),
			"products": []any{[]any{"create", []any{map[string]any{"active": p.Active}}}},
		}
	}
	templates, err := s.create(ctx, "product.template", records)
	if err != nil {
		return nil, err
	}
	all, err := s.Products(ctx)
	if err != nil {
		return nil, err
	}
	byTemplate := map[int64]int64{}
	for _, p := range all {
		byTemplate[p.TemplateID] = p.ID
	}
	ids := make([]int64, len(templates))
	for i, t := range templates {
		ids[i] = byTemplate[t]
	}
	return ids, nil
}

// SetProductPrice changes the price, which lives in the template: the product's
// own row stays untouched.
func (s *Server) SetProductPrice(ctx context.Context, id int64, price string) error {
	return s.writeTemplate(ctx, id, map[string]any{"list_price": decimal(price)})
}

// RenameProduct changes the name, which lives in the template.
func (s *Server) RenameProduct(ctx context.Context, id int64, name string) error {
	return s.writeTemplate(ctx, id, map[string]any{"name": name})
}

// ArchiveProduct hides the product from lists, or shows it again.
func (s *Server) ArchiveProduct(ctx context.Context, id int64, archived bool) error {
	return s.write(ctx, "product.product", id, map[string]any{"active": !archived})
}

func (s *Server) writeTemplate(ctx context.Context, id int64, values map[string]any) error {
	var rows []struct{ Template int64 }
	if err := s.Call(ctx, "model.product.product.read", &rows, []int64{id}, []string{"template"}, map[string]any{}); err != nil {
		return err
	}
	if len(rows) != 1 {
		return fmt.Errorf("there is no product %d", id)
	}
	return s.write(ctx, "product.template", rows[0].Template, values)
}

func decimal(s string) any { return map[string]string{"__class__": "Decimal", "decimal": s} }
