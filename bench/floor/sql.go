package floor

// The rules of the role: account.region is not Texas, contact.status is not
// left, opportunity.source is not partner; null passes. creditLimit and
// lostReason are hidden and therefore asked nowhere.

// one: a record by its id, 10 fields.
const oneSQL = `SELECT id, name, stage, amount, amount_code, probability, close_date, source, next_step, created_at, version
FROM ws_main.opportunity
WHERE id = $1 AND deleted_at IS NULL AND source IS DISTINCT FROM 'partner'`

// list: the first 50 of a stage from a day on, along (stage, close_date, id).
const listSQL = `SELECT id, name, stage, amount, amount_code, probability, close_date, score
FROM ws_main.opportunity
WHERE stage = $1 AND close_date >= $2 AND deleted_at IS NULL AND source IS DISTINCT FROM 'partner'
ORDER BY close_date, id LIMIT 50`

// nested: 20 accounts, newest first …
const nestedSQL = `SELECT id, name, region, industry
FROM ws_main.account
WHERE created_at < $1 AND deleted_at IS NULL AND region IS DISTINCT FROM 'Texas'
ORDER BY created_at DESC, id DESC LIMIT 20`

// … the 5 newest contacts of each …
const nestedContactsSQL = `SELECT p.ord, r.id, r.name, r.email
FROM unnest($1::uuid[]) WITH ORDINALITY AS p(id, ord) CROSS JOIN LATERAL (
	SELECT id, name, email, created_at FROM ws_main.contact
	WHERE account_id = p.id AND deleted_at IS NULL AND status IS DISTINCT FROM 'left'
	ORDER BY created_at DESC, id DESC LIMIT 5) r
ORDER BY p.ord, r.created_at DESC, r.id DESC`

// … and the 5 newest opportunities, in the same batch.
const nestedOpportunitiesSQL = `SELECT p.ord, r.id, r.name, r.stage, r.amount, r.amount_code
FROM unnest($1::uuid[]) WITH ORDINALITY AS p(id, ord) CROSS JOIN LATERAL (
	SELECT id, name, stage, amount, amount_code, created_at FROM ws_main.opportunity
	WHERE account_id = p.id AND deleted_at IS NULL AND source IS DISTINCT FROM 'partner'
	ORDER BY created_at DESC, id DESC LIMIT 5) r
ORDER BY p.ord, r.created_at DESC, r.id DESC`

// wide: 500 records with 15 fields.
const wideSQL = `SELECT id, created_at, created_by, updated_at, updated_by, version, name, stage, amount, amount_code, probability, close_date, source, next_step, score, renewal
FROM ws_main.opportunity
WHERE created_at < $1 AND deleted_at IS NULL AND source IS DISTINCT FROM 'partner'
ORDER BY created_at DESC, id DESC LIMIT 500`

// related: 20 opportunities by a condition on their account, with its name.
const relatedSQL = `SELECT t.id, t.name, t.amount, t.amount_code, t.close_date, a.id, a.name
FROM ws_main.opportunity t
JOIN ws_main.account a ON a.id = t.account_id AND a.deleted_at IS NULL AND a.region IS DISTINCT FROM 'Texas'
WHERE t.stage = $1 AND t.close_date >= $2 AND a.region = $3 AND t.deleted_at IS NULL AND t.source IS DISTINCT FROM 'partner'
ORDER BY t.close_date, t.id LIMIT 20`

// insert: an opportunity with its entry in the outbox and the place of that in
// its history …
const insertSQL = `WITH w AS (
	INSERT INTO ws_main.opportunity (id, created_at, created_by, updated_at, updated_by, version, name, account_id, stage, amount, amount_code, probability, close_date, source)
	VALUES ($1, $2, $3, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11)), o AS (
	INSERT INTO trellis.outbox (workspace_id, object, actor, origin, changes) VALUES ($12, 'opportunity', $3, '', $13) RETURNING id, xid)
INSERT INTO trellis.record_change (record_id, version, id, xid, object, revision) SELECT $1, 1, id, xid, 'opportunity', $14 FROM o`

// … read back.
const insertedSQL = `SELECT t.id, t.name, t.stage, t.amount, t.amount_code, t.probability, t.close_date, t.version, a.id, a.name
FROM ws_main.opportunity t
LEFT JOIN ws_main.account a ON a.id = t.account_id AND a.deleted_at IS NULL AND a.region IS DISTINCT FROM 'Texas'
WHERE t.id = $1 AND t.deleted_at IS NULL AND t.source IS DISTINCT FROM 'partner'`

// order: an order with what its lines come to, which nobody else can see yet …
const orderSQL = `WITH w AS (
	INSERT INTO ws_main."order" (id, created_at, created_by, updated_at, updated_by, version, number, account_id, order_date, state, total, total_code, net, net_code, line_count)
	VALUES ($1, $2, $3, $2, $3, 1, $4, $5, $6, 'draft', $7, $8, $11, $12, $13)), o AS (
	INSERT INTO trellis.outbox (workspace_id, object, actor, origin, changes) VALUES ($9, 'order', $3, '', $10) RETURNING id, xid)
INSERT INTO trellis.record_change (record_id, version, id, xid, object, revision) SELECT $1, 1, id, xid, 'order', $14 FROM o`

// … its lines, all in one statement …
const linesSQL = `WITH w AS (
	INSERT INTO ws_main.order_line (id, created_at, created_by, updated_at, updated_by, version, order_id, line_no, product_id, quantity, price, price_code, amount, amount_code)
	SELECT l.id, $1, $2, $1, $2, 1, $3, l.line_no, l.product_id, l.quantity, l.price, l.price_code, l.amount, l.amount_code
	FROM unnest($4::uuid[], $5::int8[], $6::uuid[], $7::numeric[], $8::numeric[], $9::text[], $10::numeric[], $11::text[])
		AS l(id, line_no, product_id, quantity, price, price_code, amount, amount_code)), o AS (
	INSERT INTO trellis.outbox (workspace_id, object, actor, origin, changes) VALUES ($12, 'orderLine', $2, '', $13) RETURNING id, xid)
INSERT INTO trellis.record_change (record_id, version, id, xid, object, revision)
	SELECT l.id, 1, o.id, o.xid, 'order_line', $14 FROM o, unnest($4::uuid[]) AS l(id)`

// … both read back.
const orderedSQL = `SELECT t.id, t.number, t.state, t.total, t.total_code, t.net, t.net_code, t.line_count, a.id, a.name
FROM ws_main."order" t
LEFT JOIN ws_main.account a ON a.id = t.account_id AND a.deleted_at IS NULL AND a.region IS DISTINCT FROM 'Texas'
WHERE t.id = $1 AND t.deleted_at IS NULL`

const orderedLinesSQL = `SELECT id, line_no, quantity, amount, amount_code
FROM ws_main.order_line
WHERE order_id = $1 AND deleted_at IS NULL
ORDER BY line_no, id LIMIT 20`
