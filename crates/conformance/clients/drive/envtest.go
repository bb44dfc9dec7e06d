package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const finalizer = "drive.example/paint"

// painter gives each widget a ConfigMap of its color, tells so in the status, and cleans up by a finalizer.
type painter struct{ client.Client }

func (p painter) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	found := newWidget()
	if err := p.Get(ctx, request.NamespacedName, found); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	paint := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: found.GetNamespace(), Name: found.GetName() + "-paint"}}
	if !found.GetDeletionTimestamp().IsZero() {
		if err := client.IgnoreNotFound(p.Delete(ctx, paint)); err != nil {
			return ctrl.Result{}, err
		}
		controllerutil.RemoveFinalizer(found, finalizer)
		return ctrl.Result{}, p.Update(ctx, found)
	}
	if controllerutil.AddFinalizer(found, finalizer) {
		return ctrl.Result{}, p.Update(ctx, found)
	}
	color, _, _ := unstructured.NestedString(found.Object, "spec", "color")
	_, err := controllerutil.CreateOrUpdate(ctx, p.Client, paint, func() error {
		paint.Data = map[string]string{"color": color}
		return controllerutil.SetControllerReference(found, paint, p.Scheme())
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	before := found.DeepCopy()
	if err := unstructured.SetNestedField(found.Object, color, "status", "painted"); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, p.Status().Patch(ctx, found, client.MergeFrom(before))
}

func newWidget() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "drive.example/v1", "kind": "Widget"}}
}

// envTest starts our binaries as controller-runtime's test environment starts the reference's, and runs a
// manager with a reconciler of a kind of its own against them.
func envTest(ctx context.Context, _ []string) (failed error) {
	ctrl.SetLogger(zap.New())
	environment := &envtest.Environment{CRDs: []*apiextensions.CustomResourceDefinition{definition()}}
	config, err := environment.Start()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		if err := environment.Stop(); err != nil && failed == nil {
			failed = err
		}
	}()
	fmt.Println("started")
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Metrics:        server.Options{BindAddress: "0"},
		LeaderElection: true, LeaderElectionID: "drive", LeaderElectionNamespace: "default",
	})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).For(newWidget()).Owns(&corev1.ConfigMap{}).Named("painter").Complete(painter{manager.GetClient()})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	if err := paints(ctx, manager.GetClient()); err != nil {
		return err
	}
	user, err := environment.AddUser(envtest.User{Name: "guest", Groups: []string{"guests"}}, nil)
	if err != nil {
		return err
	}
	guest, err := client.New(user.Config(), client.Options{})
	if err != nil {
		return err
	}
	if err := guest.List(ctx, &corev1.SecretList{}); !errors.IsForbidden(err) {
		return fmt.Errorf("a guest may list secrets: %w", err)
	}
	fmt.Println("a guest may not")
	stop()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		return fmt.Errorf("the manager does not end")
	}
}

// paints follows a widget through its life.
func paints(ctx context.Context, c client.Client) error {
	made := widget("one", "red")
	if err := c.Create(ctx, made); err != nil {
		return err
	}
	key := types.NamespacedName{Namespace: "default", Name: "one"}
	for _, color := range []string{"red", "blue"} {
		err := eventually(ctx, "painted "+color, func() error {
			found, paint := newWidget(), &corev1.ConfigMap{}
			if err := c.Get(ctx, key, found); err != nil {
				return err
			}
			if err := c.Get(ctx, types.NamespacedName{Namespace: "default", Name: "one-paint"}, paint); err != nil {
				return err
			}
			painted, _, _ := unstructured.NestedString(found.Object, "status", "painted")
			if painted != color || paint.Data["color"] != color {
				return fmt.Errorf("status %q, paint %q", painted, paint.Data["color"])
			}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Println("painted", color)
		blue := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"color":"blue"}}`))
		if err := c.Patch(ctx, made, blue); err != nil {
			return err
		}
	}
	if err := c.Delete(ctx, made); err != nil {
		return err
	}
	err := eventually(ctx, "all is gone", func() error {
		for _, gone := range []client.Object{newWidget(), &corev1.ConfigMap{}} {
			name := map[bool]string{true: "one-paint", false: "one"}[gone.GetObjectKind().GroupVersionKind().Kind == ""]
			err := c.Get(ctx, types.NamespacedName{Namespace: "default", Name: name}, gone)
			if !errors.IsNotFound(err) {
				return fmt.Errorf("%s is there: %w", name, err)
			}
		}
		return nil
	})
	if err == nil {
		fmt.Println("cleaned up")
	}
	return err
}
