package expr

// Pred is a condition on a record, in negation normal form: there is no Not
// node, each leaf carries its own. The set is closed.
//
// Every leaf is in a positive context, so a renderer may let SQL answer NULL
// wherever the comments below say FALSE, and must never write NOT (…) around
// anything but an EXISTS. Values are bound, identifiers come from the metadata.
type Pred interface{ isPred() }

// Const is a condition that does not depend on the record.
//
// SQL: TRUE, FALSE; [Fold] leaves one only as the whole tree or as the Cond of
// a Hop or Some.
type Const bool

// The constants.
const (
	Always Const = true
	Never  Const = false
)

// And holds when all of its parts do. SQL: (a AND b …).
type And []Pred

// Or holds when one of its parts does. SQL: (a OR b …).
type Or []Pred

// Op compares two terms.
type Op uint8

// The comparisons.
const (
	Eq Op = iota + 1
	Ne
	Lt
	Le
	Gt
	Ge
)

// Compare compares two terms of one type (Select counts as Text).
//
// SQL:
//   - Eq: l = r. When both are values that may be null, l IS NOT DISTINCT FROM
//     r, since null == null. When one is computed, always l = r.
//   - Ne: l <> r when neither may be null. Otherwise l IS DISTINCT FROM r, and
//     for each computed side also AND side IS NOT NULL.
//   - Lt, Le, Gt, Ge: the operator; for Text and Select with COLLATE "C".
type Compare struct {
	Op   Op
	L, R Term
}

// Null holds when the term is null, with Not when it is not.
//
// SQL: t IS NULL, t IS NOT NULL. With a computed term only Not occurs.
type Null struct {
	Term Term
	Not  bool
}

// Truth holds when a boolean term is true, with Not when it is false; null is
// neither.
//
// SQL: t, NOT t (or t = FALSE).
type Truth struct {
	Term Term
	Not  bool
}

// In holds when the term equals one of the list. A null term equals nothing.
//
// SQL: t = ANY($n); with Not t <> ALL($n), and when t is a value that may be
// null (t <> ALL($n) OR t IS NULL). The list is one bound array of t's type.
type In struct {
	Term Term
	// List holds Literals that are not null; never empty after folding. In a
	// Plan it may hold Slots and null Literals too.
	List []Term
	// Of is a Slot with a list, in a Plan; nil after folding.
	Of  Term
	Not bool
}

// Contains holds when the list column has the element.
//
// SQL: list @> ARRAY[e]; with Not, NOT (list @> ARRAY[e]), both NULL for a null
// list. An element that is null is in no list, which is what @> says too; when
// the element is computed add AND e IS NOT NULL to the negated form.
type Contains struct {
	List Term
	Elem Term
	Not  bool
}

// MatchKind says where a pattern must be found.
type MatchKind uint8

// The kinds of Match.
const (
	Prefix MatchKind = iota + 1
	Suffix
	Substring
)

// Match holds when the pattern is at the start, at the end, or anywhere in the
// text. The pattern has no wildcards.
//
// SQL, with a Literal pattern: t LIKE $n, NOT LIKE with Not, the pattern bound
// with \ % _ escaped by \ and % added; ILIKE with FoldCase. With another term as
// pattern: starts_with(t, p), right(t, char_length(p)) = p, strpos(t, p) > 0,
// and their negations (NOT starts_with, <>, = 0).
//
// FoldCase ignores case as the database does. Only users' filters set it, and
// Holds folds by Unicode's simple rules, which may differ for rare characters.
type Match struct {
	Kind     MatchKind
	Term     Term
	Pattern  Term
	Not      bool
	FoldCase bool
}

// Hop goes through a lookup to one record of Target, the new innermost scope of
// Cond, and holds when that record is there, not trashed, and Cond holds for it.
// With Not it holds when there is no such record.
//
// SQL: EXISTS (SELECT 1 FROM target t1 WHERE t1.id = t0.fk AND t1.deleted_at IS
// NULL AND cond), t0 being the alias Up scopes out; Hops nested in one another
// alone may become joins. With Not, NOT EXISTS (…).
type Hop struct {
	Field  string
	Target string
	Up     int
	Cond   Pred
	Not    bool
}

// Some goes along a to-many relation and holds when one record there, not
// trashed, meets Cond; with Not when none does. Rules never contain it, users'
// filters do.
//
// SQL: EXISTS (…), NOT EXISTS (…).
type Some struct {
	Relation string
	Target   string
	Cond     Pred
	Not      bool
}

// Each stands for its Body once per element of a list that is known per
// request: all of them when All is set, else any. It occurs in a Plan only;
// Predicate unrolls it. Inside Body, Slots may read Var.
type Each struct {
	Of   Term
	Var  string
	Body Pred
	All  bool
}

func (Const) isPred()    {}
func (And) isPred()      {}
func (Or) isPred()       {}
func (Compare) isPred()  {}
func (Null) isPred()     {}
func (Truth) isPred()    {}
func (In) isPred()       {}
func (Contains) isPred() {}
func (Match) isPred()    {}
func (Hop) isPred()      {}
func (Some) isPred()     {}
func (Each) isPred()     {}
