package graphql

import (
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/trellishq/trellis"
)

// plan is one operation of one text, ready to run against one schema. It is
// immutable.
type plan struct {
	schema *Schema
	op     *ast.OperationDefinition
	roots  []*node
	inputs *inputs // types of values that the text speaks of
	size   int     // bytes held, roughly
}

// textRules are the rules a text is validated by: the standard's, but for
// suggestions, which would tell names, and for the merging of fields, which
// flatten checks in linear time.
var textRules = newTextRules()

func newTextRules() *rules.Rules {
	r := rules.NewDefaultRules()
	for _, name := range []string{
		rules.OverlappingFieldsCanBeMergedRule.Name,
		rules.FieldsOnCorrectTypeRule.Name, rules.KnownArgumentNamesRule.Name, rules.KnownTypeNamesRule.Name,
		rules.ScalarLeafsRule.Name, rules.ValuesOfCorrectTypeRule.Name,
	} {
		r.RemoveRule(name)
	}
	for _, rule := range []validator.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		r.AddRule(rule.Name, rule.RuleFunc)
	}
	return r
}

// newPlan reads, validates and flattens a text. All errors are the caller's.
func newPlan(schema *Schema, text, operation string) (*plan, []*AnswerError) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, MaxTokens)
	if err != nil {
		return nil, []*AnswerError{textError(err)}
	}
	if err := measure(doc); err != nil {
		return nil, []*AnswerError{newError(err)}
	}
	schema.useNamesOfToday(doc)
	part, err := schema.read(doc)
	if err != nil {
		return nil, fieldErrors(err)
	}
	if errs := validator.ValidateWithRules(part.ast, doc, textRules); len(errs) > 0 {
		return nil, textErrors(errs)
	}
	op, problem := choose(doc, operation)
	if problem != nil {
		return nil, []*AnswerError{newError(problem)}
	}
	f := &flattener{binds: part.binds}
	for _, o := range doc.Operations {
		roots, problem := f.operation(o)
		if problem != nil {
			return nil, []*AnswerError{problem}
		}
		if o == op {
			f.roots = roots
		}
	}
	if len(f.roots) > MaxRoots {
		return nil, []*AnswerError{newError(tooCostly("the operation has more than %d top-level fields", MaxRoots))}
	}
	p := &plan{schema: schema, op: op, roots: f.roots, inputs: part.inputs(), size: 4096 + 40*len(text)}
	precompile(p)
	p.slim()
	return p, nil
}

// choose finds the operation to run.
func choose(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, *trellis.Error) {
	if name == "" && len(doc.Operations) != 1 {
		if len(doc.Operations) == 0 {
			return nil, invalid("the document has no operation")
		}
		return nil, invalid("the document has several operations: name one in operationName")
	}
	if name == "" {
		return doc.Operations[0], nil
	}
	op := doc.Operations.ForName(name)
	if op == nil {
		return nil, invalid("the document has no operation of the name in operationName")
	}
	return op, nil
}

func textErrors(errs gqlerror.List) []*AnswerError {
	if len(errs) > maxErrors {
		errs = errs[:maxErrors]
	}
	out := make([]*AnswerError, len(errs))
	for i, e := range errs {
		out[i] = textError(e)
	}
	return out
}

// textError is an error of parsing or validation. Its message quotes the text
// and the caller's schema, nothing else.
func textError(err error) *AnswerError {
	var e *gqlerror.Error
	if !errors.As(err, &e) {
		return newError(invalid("the query cannot be read"))
	}
	code := trellis.CodeInvalidInput
	if strings.HasPrefix(e.Message, "exceeded token limit") {
		code = trellis.CodeQueryTooCostly
	}
	out := newError(trellis.Errorf(code, "%s", clip(e.Message, 500)))
	for _, l := range e.Locations {
		out.Locations = append(out.Locations, Location{l.Line, l.Column})
	}
	return out
}
