package bench

import (
	"context"
	"fmt"
	"io"

	"github.com/trellishq/trellis"
	"github.com/trellishq/trellis/apps"
	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// crmSlug is the workspace of the whole CRM, beside the one that is measured on:
// what the CRM costs in memory.
const crmSlug = "crm"

// crmOther is another customer's workspace of the same CRM.
const crmOther = "crm_other"

// crmRoleSets are the sets of roles that ask for its objects: each role, and
// two of them together, twenty in all.
func crmRoleSets() [][]string {
	roles := []string{"admin", "auditor", "integration", "member", "salesManager", "salesRep"}
	var sets [][]string
	for _, r := range roles {
		sets = append(sets, []string{r})
	}
	for i, r := range roles {
		for _, with := range roles[i+1:] {
			sets = append(sets, []string{r, with})
		}
	}
	return sets[:manyRoles]
}

// crm makes a workspace of the whole CRM, or takes it as it was left.
func (g *Ground) crm(ctx context.Context, slug string, out io.Writer) error {
	v, err := g.catalog.Current(ctx, slug)
	if trellis.CodeOf(err) == trellis.CodeNotFound {
		v, err = g.catalog.CreateWorkspace(ctx, slug, "CRM")
	}
	if err != nil || len(v.Definition().Roles) > 0 {
		return err
	}
	def, problems := metadata.Read(apps.CRM())
	if len(problems) > 0 {
		return problems
	}
	fmt.Fprintf(out, "making the %d objects of the CRM\n", len(def.Objects))
	_, err = g.catalog.Apply(ctx, slug, catalog.Packages(def), catalog.Options{Summary: "the CRM"})
	return err
}
