package trytontest_test

import (
	"testing"

	"github.com/trellishq/trellis/connectors/catalog/tryton/trytontest"
)

// What is seeded is what the oracle reads back.
func TestSeedAndOracle(t *testing.T) {
	t.Parallel()
	s := trytontest.New(t)
	ctx := t.Context()

	wantParties := trytontest.GenerateParties(1, 250)
	ids, err := s.CreateParties(ctx, wantParties)
	if err != nil {
		t.Fatal(err)
	}
	wantProducts := trytontest.GenerateProducts(1, 20)
	productIDs, err := s.CreateProducts(ctx, wantProducts)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []error{
		s.RenameParty(ctx, ids[0], "改名"), s.SetPartyPhone(ctx, ids[1], "12345"), s.SetPartyCity(ctx, ids[2], "Bonn", "DE"),
		s.ArchiveParty(ctx, ids[3], true), s.DeleteParty(ctx, ids[249]),
		s.SetProductPrice(ctx, productIDs[0], "0.10"), s.RenameProduct(ctx, productIDs[1], "x"), s.ArchiveProduct(ctx, productIDs[2], true),
	} {
		if change != nil {
			t.Fatal(change)
		}
	}
	wantParties[0].Name, wantParties[1].Phone, wantParties[3].Active = "改名", "12345", false
	wantParties[2].City, wantParties[2].Country = "Bonn", "DE"
	wantProducts[0].ListPrice, wantProducts[1].Name, wantProducts[2].Active = "0.10", "x", false

	s.StopTryton()
	if err := s.StartTryton(ctx); err != nil {
		t.Fatal(err)
	}
	parties, err := s.Parties(ctx)
	if err != nil || len(parties) != 249 {
		t.Fatalf("%d parties, %v", len(parties), err)
	}
	for i, p := range parties {
		if wantParties[i].ID = ids[i]; p != wantParties[i] {
			t.Errorf("party %d: %+v, want %+v", i, p, wantParties[i])
		}
	}
	products, err := s.Products(ctx)
	if err != nil || len(products) != 20 {
		t.Fatalf("%d products, %v", len(products), err)
	}
	for i, p := range products {
		wantProducts[i].ID, wantProducts[i].TemplateID = productIDs[i], p.TemplateID
		if p != wantProducts[i] {
			t.Errorf("product %d: %+v, want %+v", i, p, wantProducts[i])
		}
	}
}
