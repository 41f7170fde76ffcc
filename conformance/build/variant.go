//go:build !v4

package build

// Variant is the folder for the programs of this Cannon.
const Variant = "bin"

// flags choose the version of Cannon.
var flags []string
