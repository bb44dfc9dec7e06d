// A small controller on client-go: each ConfigMap with the label "fleet" gets as many pods as its
// "size" says.
//
// With -bug it does what many first controllers do: it counts the pods in its cache and creates what
// is missing under random names. While the cache does not show the pods that it has just created, it
// creates them again. Without -bug each pod has a name of its own, so that the API server refuses the
// second one.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

const (
	label = "fleet"
	again = time.Second
)

type controller struct {
	client kubernetes.Interface
	fleets listers.ConfigMapLister
	pods   listers.PodLister
	queue  workqueue.TypedRateLimitingInterface[string]
	bug    bool
}

func main() {
	bug := flag.Bool("bug", false, "count pods in the cache and create them under random names")
	flag.Parse()
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		log.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = label }))
	core := factory.Core().V1()
	c := controller{
		client: client,
		fleets: core.ConfigMaps().Lister(),
		pods:   core.Pods().Lister(),
		queue:  workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]()),
		bug:    *bug,
	}
	core.ConfigMaps().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(fleet any) { c.enqueue(fleet) },
		UpdateFunc: func(_, fleet any) { c.enqueue(fleet) },
	})
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	go func() {
		<-ctx.Done()
		c.queue.ShutDown()
	}()
	for c.work(ctx) {
	}
}

func (c *controller) enqueue(fleet any) {
	if key, err := cache.MetaNamespaceKeyFunc(fleet); err == nil {
		c.queue.Add(key)
	}
}

func (c *controller) work(ctx context.Context) bool {
	key, stopped := c.queue.Get()
	if stopped {
		return false
	}
	defer c.queue.Done(key)
	if err := c.reconcile(ctx, key); err != nil {
		log.Printf("%s: %v", key, err)
		c.queue.AddRateLimited(key)
		return true
	}
	c.queue.Forget(key)
	c.queue.AddAfter(key, again)
	return true
}

func (c *controller) reconcile(ctx context.Context, key string) error {
	namespace, name, _ := cache.SplitMetaNamespaceKey(key)
	fleet, err := c.fleets.ConfigMaps(namespace).Get(name)
	if errors.IsNotFound(err) {
		return nil
	}
	size, err := strconv.Atoi(fleet.Data["size"])
	if err != nil {
		return nil // Whoever wrote it will write it again.
	}
	pods, err := c.pods.Pods(namespace).List(labels.SelectorFromSet(labels.Set{label: name}))
	if err != nil {
		return err
	}
	if c.bug {
		for range size - len(pods) {
			meta := metav1.ObjectMeta{GenerateName: name + "-"}
			if err := c.create(ctx, fleet, meta); err != nil {
				return err
			}
		}
		return nil
	}
	known := map[string]bool{}
	for _, pod := range pods {
		known[pod.Name] = true
	}
	for number := range size {
		meta := metav1.ObjectMeta{Name: fmt.Sprintf("%s-%d", name, number)}
		if known[meta.Name] {
			continue
		}
		if err := c.create(ctx, fleet, meta); err != nil && !errors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

func (c *controller) create(ctx context.Context, fleet *corev1.ConfigMap, meta metav1.ObjectMeta) error {
	meta.Labels = map[string]string{label: fleet.Name}
	meta.OwnerReferences = []metav1.OwnerReference{
		*metav1.NewControllerRef(fleet, corev1.SchemeGroupVersion.WithKind("ConfigMap")),
	}
	pod := &corev1.Pod{
		ObjectMeta: meta,
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "nginx"}}},
	}
	_, err := c.client.CoreV1().Pods(fleet.Namespace).Create(ctx, pod, metav1.CreateOptions{})
	return err
}
