//go:build helm

// Package clients pins the clients that know nothing of us, and are driven against our binary.
package clients

import _ "helm.sh/helm/v3/cmd/helm"
