// Command generate writes the chain registry and the upgrade transactions of tribunal-rollup from the OP Stack's
// release that go.mod names:
//
//	cd conformance/generate && go run .
//
// To take a newer release, change its version in go.mod first. `go test ./...` fails when the files in the repository
// are not those that the generator makes.
package main

import (
	"context"
	"log"

	"tribunal/conformance/generate/chains"
	"tribunal/conformance/generate/generated"
	"tribunal/conformance/generate/upgrades"
)

func main() {
	for _, part := range []struct {
		generate func(context.Context) (generated.Files, error)
		pattern  string
	}{{chains.Generate, chains.Pattern}, {upgrades.Generate, upgrades.Pattern}} {
		files, err := part.generate(context.Background())
		if err == nil {
			err = files.Write(part.pattern)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}
