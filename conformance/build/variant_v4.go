//go:build v4

package build

// Variant is the folder for the programs of this Cannon, which has state version multithreaded64-4.
const Variant = "bin-v4"

// flags choose the version of Cannon.
var flags = []string{"-modfile=v4.mod", "-tags=v4"}
