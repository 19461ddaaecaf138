package trytontest

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// Parties reads all parties, archived ones too, by id, with the first active
// address, phone and e-mail of each.
func (s *Server) Parties(ctx context.Context) ([]Party, error) {
	return collect[Party](ctx, s, `
		SELECT p.id, coalesce(p.code, ''), coalesce(p.name, ''),
		       coalesce(a.street, ''), coalesce(a.city, ''), coalesce(a.postal_code, ''), coalesce(c.code, ''),
		       coalesce((SELECT m.value FROM party_contact_mechanism m WHERE m.party = p.id AND m.active AND m.type = 'phone'
		                 ORDER BY m.sequence NULLS FIRST, m.id LIMIT 1), ''),
		       coalesce((SELECT m.value FROM party_contact_mechanism m WHERE m.party = p.id AND m.active AND m.type = 'email'
		                 ORDER BY m.sequence NULLS FIRST, m.id LIMIT 1), ''),
		       p.active
		FROM party_party p
		LEFT JOIN LATERAL (SELECT * FROM party_address a WHERE a.party = p.id AND a.active
		                   ORDER BY a.sequence NULLS FIRST, a.id LIMIT 1) a ON true
		LEFT JOIN country_country c ON c.id = a.country
		ORDER BY p.id`)
}

// Products reads all products, archived ones too, by id.
func (s *Server) Products(ctx context.Context) ([]Product, error) {
	return collect[Product](ctx, s, `
		SELECT p.id, t.id, coalesce(p.code, ''), t.name,
		       coalesce((SELECT l.list_price::text FROM product_list_price l WHERE l.template = t.id ORDER BY l.id LIMIT 1), ''),
		       u.symbol, p.active
		FROM product_product p
		JOIN product_template t ON t.id = p.template
		JOIN product_uom u ON u.id = t.default_uom
		ORDER BY p.id`)
}

func collect[T any](ctx context.Context, s *Server, sql string) ([]T, error) {
	conn, err := s.SQL(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	return out, errors.Join(err, conn.Close(ctx))
}
