//go:build tools

// Package tools names the programs that the cluster suite builds.
package tools

import (
	_ "sigs.k8s.io/kwok/cmd/kwok"
)
