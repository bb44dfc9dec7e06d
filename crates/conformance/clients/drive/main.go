// Programs of the reference's libraries that know nothing of us. Each prints a line for what it has seen;
// what it does not see within its patience ends it with an error.
package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// patience is how long anything may take that is expected at once.
const patience = 20 * time.Second

func main() {
	commands := map[string]func(context.Context, []string) error{
		"informers": informers,
		"objects":   objects,
		"writes":    writes,
		"elect":     elect,
		"fuzz":      fuzz,
		"compare":   compare,
		"envtest":   envTest,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: drive informers|objects|writes|elect|fuzz|compare|envtest")
		os.Exit(2)
	}
	ctx, stop := context.WithTimeout(context.Background(), 90*time.Second)
	defer stop()
	if err := commands[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// eventually looks until there is no error any more, or the last one has stood too long.
func eventually(ctx context.Context, what string, look func() error) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
