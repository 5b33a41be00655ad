//go:build tools

// Package tools names the programs that the cluster suite builds.
package tools

import (
	_ "go.etcd.io/etcd/server/v3"
)
