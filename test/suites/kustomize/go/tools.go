//go:build tools

// Package tools pins the kustomize that the suite builds with: go build -mod=mod sigs.k8s.io/kustomize/kustomize/v5.
package tools

import _ "sigs.k8s.io/kustomize/kustomize/v5"
