package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applyapps "k8s.io/client-go/applyconfigurations/apps/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	applymeta "k8s.io/client-go/applyconfigurations/meta/v1"
)

// writes does with typed clients, in protobuf, and with the dynamic one what programs do: create, apply,
// conflict, scale, status, pages, reviews, tokens, evictions, collections.
func writes(ctx context.Context, _ []string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	if err := c.defineWidgets(ctx); err != nil {
		return err
	}
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"apply", c.apply},
		{"scale", c.scale},
		{"custom resources", c.custom},
		{"pages", c.pages},
		{"reviews and tokens", c.reviews},
		{"evictions", c.evict},
	}
	for _, step := range steps {
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Println(step.name + ": as expected")
	}
	return nil
}

func deployment(replicas int32) *applyapps.DeploymentApplyConfiguration {
	labels := map[string]string{"app": "drive"}
	return applyapps.Deployment("drive", "default").WithSpec(applyapps.DeploymentSpec().
		WithReplicas(replicas).
		WithSelector(applymeta.LabelSelector().WithMatchLabels(labels)).
		WithTemplate(applycore.PodTemplateSpec().WithLabels(labels).
			WithSpec(applycore.PodSpec().WithContainers(applycore.Container().WithName("web").WithImage("nginx")))))
}

func (c *cluster) apply(ctx context.Context) error {
	deployments := c.typed.AppsV1().Deployments("default")
	made, err := deployments.Apply(ctx, deployment(2), metav1.ApplyOptions{FieldManager: "one"})
	if err != nil {
		return err
	}
	extracted, err := applyapps.ExtractDeployment(made, "one")
	if err != nil {
		return err
	}
	if extracted.Spec == nil || extracted.Spec.Replicas == nil || *extracted.Spec.Replicas != 2 || extracted.Spec.Strategy != nil {
		return fmt.Errorf("extracted %+v", extracted.Spec)
	}
	_, err = deployments.Apply(ctx, deployment(3), metav1.ApplyOptions{FieldManager: "two"})
	if !errors.IsConflict(err) || !errors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
		return fmt.Errorf("no conflict of managers: %w", err)
	}
	_, err = deployments.Apply(ctx, deployment(3), metav1.ApplyOptions{FieldManager: "two", Force: true})
	return err
}

func (c *cluster) scale(ctx context.Context) error {
	deployments := c.typed.AppsV1().Deployments("default")
	scale, err := deployments.GetScale(ctx, "drive", metav1.GetOptions{})
	if err != nil {
		return err
	}
	scale.Spec.Replicas = 1
	if _, err := deployments.UpdateScale(ctx, "drive", scale, metav1.UpdateOptions{}); err != nil {
		return err
	}
	return eventually(ctx, "one replica is ready", func() error {
		found, err := deployments.Get(ctx, "drive", metav1.GetOptions{})
		if err == nil && !rolledOut(found, 1) {
			err = fmt.Errorf("status is %+v", found.Status)
		}
		return err
	})
}

func rolledOut(found *appsv1.Deployment, replicas int32) bool {
	status := found.Status
	return status.ObservedGeneration == found.Generation && status.Replicas == replicas && status.ReadyReplicas == replicas
}

func (c *cluster) custom(ctx context.Context) error {
	own := c.untyped.Resource(widgets).Namespace("default")
	if _, err := own.Apply(ctx, "applied", widget("applied", "red"), metav1.ApplyOptions{FieldManager: "one"}); err != nil {
		return err
	}
	_, err := own.Apply(ctx, "applied", widget("applied", "blue"), metav1.ApplyOptions{FieldManager: "two"})
	if !errors.IsConflict(err) {
		return fmt.Errorf("no conflict of managers: %w", err)
	}
	status := widget("applied", "blue")
	status.Object["status"] = map[string]any{"ready": true}
	changed, err := own.ApplyStatus(ctx, "applied", status, metav1.ApplyOptions{FieldManager: "three", Force: true})
	if err != nil {
		return err
	}
	if fmt.Sprint(changed.Object["spec"], changed.Object["status"]) != "map[color:red] map[ready:true]" {
		return fmt.Errorf("spec and status are %v, %v", changed.Object["spec"], changed.Object["status"])
	}
	stale := changed.DeepCopy()
	stale.SetLabels(map[string]string{"a": "b"})
	if _, err := own.Update(ctx, stale, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if _, err := own.Update(ctx, stale, metav1.UpdateOptions{}); !errors.IsConflict(err) {
		return fmt.Errorf("a stale update: %w", err)
	}
	return own.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "a=b"})
}

func (c *cluster) pages(ctx context.Context) error {
	maps := c.typed.CoreV1().ConfigMaps("default")
	for number := range 7 {
		made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("page-%d", number), Labels: map[string]string{"page": ""}}}
		if _, err := maps.Create(ctx, made, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	options := metav1.ListOptions{LabelSelector: "page", Limit: 3}
	seen, pages := 0, 0
	for {
		page, err := maps.List(ctx, options)
		if err != nil {
			return err
		}
		seen, pages = seen+len(page.Items), pages+1
		if options.Continue = page.Continue; options.Continue == "" {
			break
		}
	}
	if seen != 7 || pages != 3 {
		return fmt.Errorf("%d objects on %d pages", seen, pages)
	}
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "page"}); err != nil {
		return err
	}
	left, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "page"})
	if err == nil && len(left.Items) != 0 {
		err = fmt.Errorf("%d are left", len(left.Items))
	}
	return err
}

func (c *cluster) reviews(ctx context.Context) error {
	asked := &authorization.SelfSubjectAccessReview{Spec: authorization.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorization.ResourceAttributes{Verb: "delete", Resource: "nodes"},
	}}
	review, err := c.typed.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, asked, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if !review.Status.Allowed {
		return fmt.Errorf("an administrator may not: %+v", review.Status)
	}
	seconds := int64(600)
	request := &authentication.TokenRequest{Spec: authentication.TokenRequestSpec{ExpirationSeconds: &seconds}}
	accounts := c.typed.CoreV1().ServiceAccounts("default")
	token, err := accounts.CreateToken(ctx, "default", request, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	question := &authentication.TokenReview{Spec: authentication.TokenReviewSpec{Token: token.Status.Token}}
	answer, err := c.typed.AuthenticationV1().TokenReviews().Create(ctx, question, metav1.CreateOptions{})
	if err == nil && answer.Status.User.Username != "system:serviceaccount:default:default" {
		err = fmt.Errorf("the token belongs to %+v", answer.Status)
	}
	return err
}

func (c *cluster) evict(ctx context.Context) error {
	pods, err := c.typed.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=drive"})
	if err != nil {
		return err
	}
	eviction := &policy.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pods.Items[0].Name, Namespace: "default"}}
	if err := c.typed.PolicyV1().Evictions("default").Evict(ctx, eviction); err != nil {
		return err
	}
	foreground := metav1.DeletePropagationForeground
	return c.typed.AppsV1().Deployments("default").Delete(ctx, "drive", metav1.DeleteOptions{PropagationPolicy: &foreground})
}
