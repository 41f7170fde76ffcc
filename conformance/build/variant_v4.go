//go:build v4

package build

// variant is where the programs of this Cannon go, which knows state version multithreaded64-4.
const variant = "bin-v4"

// flags choose the version of Cannon.
var flags = []string{"-modfile=v4.mod", "-tags=v4"}
