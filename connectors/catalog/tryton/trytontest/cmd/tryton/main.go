// Command tryton runs a Tryton with sample data until it is interrupted, to try
// a connection with.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/trellishq/trellis/connectors/catalog/tryton/trytontest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8613", "address, on loopback")
	parties := flag.Int("parties", 200, "how many parties to make")
	products := flag.Int("products", 50, "how many products to make")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *parties, *products); err != nil {
		fmt.Fprintln(os.Stderr, "tryton:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen string, parties, products int) error {
	s, err := trytontest.Start(ctx, trytontest.Options{Listen: listen, Progress: os.Stderr})
	if err != nil {
		return err
	}
	defer s.Stop()
	if _, err := s.CreateParties(ctx, trytontest.GenerateParties(1, parties)); err != nil {
		return err
	}
	if _, err := s.CreateProducts(ctx, trytontest.GenerateProducts(1, products)); err != nil {
		return err
	}
	fmt.Printf("url: %s\ndatabase: %s\nuser: %s\npassword: %s\n", s.URL, s.Database, s.User, s.Password)
	<-ctx.Done()
	return nil
}
