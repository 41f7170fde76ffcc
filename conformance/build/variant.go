//go:build !v4

package build

// Variant is where the programs of this Cannon go.
const Variant = "bin"

// flags choose the version of Cannon.
var flags []string
