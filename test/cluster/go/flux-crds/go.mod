// The CRD of GitRepository: source-controller itself cannot be built from the module proxy.
module dso-gitops.dev/test/cluster/flux-crds

go 1.26.0

require github.com/fluxcd/source-controller v1.9.0
