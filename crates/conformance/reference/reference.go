//go:build reference

// Package reference pins the programs of the reference that the drop-in suite runs against.
package reference

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)
