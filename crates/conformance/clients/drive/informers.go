package main

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/dynamicinformer"
	factories "k8s.io/client-go/informers"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

// log is what an informer has told of the objects that a test made.
type log struct {
	mutex sync.Mutex
	lines []string
}

func (l *log) note(line string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lines = append(l.lines, line)
}

func (l *log) is(wanted ...string) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if fmt.Sprint(l.lines) != fmt.Sprint(wanted) {
		return fmt.Errorf("seen %v, wanted %v", l.lines, wanted)
	}
	return nil
}

func (l *log) handler() cache.ResourceEventHandler {
	name := func(object any) string {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		accessor, err := meta.Accessor(object)
		if err != nil {
			return err.Error()
		}
		if accessor.GetUID() == "" || accessor.GetResourceVersion() == "" {
			return "incomplete " + accessor.GetName()
		}
		return accessor.GetName()
	}
	note := func(verb string, object any) {
		if known := name(object); len(known) >= 5 && known[:5] == "drive" {
			l.note(verb + " " + known)
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { note("add", object) },
		UpdateFunc: func(_, object any) { note("update", object) },
		DeleteFunc: func(object any) { note("delete", object) },
	}
}

// informers follows built-in objects and custom ones in each of the three forms through their lives.
func informers(ctx context.Context, _ []string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	if err := c.defineWidgets(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	first := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "drive-first"}}
	if _, err := c.typed.CoreV1().ConfigMaps("default").Create(ctx, first, metav1.CreateOptions{}); err != nil {
		return err
	}
	if _, err := c.untyped.Resource(widgets).Namespace("default").Create(ctx, widget("drive-first", "red"), metav1.CreateOptions{}); err != nil {
		return err
	}
	logs := map[string]*log{}
	var synced []cache.InformerSynced
	follow := func(name string, informer cache.SharedIndexInformer) {
		logs[name] = &log{}
		_, err := informer.AddEventHandler(logs[name].handler())
		if err != nil {
			logs[name].note(err.Error())
		}
		synced = append(synced, informer.HasSynced)
	}
	configMaps := corev1.SchemeGroupVersion.WithResource("configmaps")
	typed := factories.NewSharedInformerFactory(c.typed, 0)
	untyped := dynamicinformer.NewDynamicSharedInformerFactory(c.untyped, 0)
	onlyMetadata := metadatainformer.NewSharedInformerFactory(c.metadata, 0)
	follow("typed configmaps", typed.Core().V1().ConfigMaps().Informer())
	follow("dynamic configmaps", untyped.ForResource(configMaps).Informer())
	follow("metadata configmaps", onlyMetadata.ForResource(configMaps).Informer())
	follow("dynamic widgets", untyped.ForResource(widgets).Informer())
	follow("metadata widgets", onlyMetadata.ForResource(widgets).Informer())
	typed.Start(ctx.Done())
	untyped.Start(ctx.Done())
	onlyMetadata.Start(ctx.Done())
	waiting, done := context.WithTimeout(ctx, patience)
	defer done()
	if !cache.WaitForCacheSync(waiting.Done(), synced...) {
		return fmt.Errorf("not all informers have synced")
	}
	if err := live(ctx, c); err != nil {
		return err
	}
	for _, name := range []string{"typed configmaps", "dynamic configmaps", "metadata configmaps", "dynamic widgets", "metadata widgets"} {
		seen := func() error {
			return logs[name].is("add drive-first", "add drive-second", "update drive-second", "delete drive-second")
		}
		if err := eventually(ctx, name, seen); err != nil {
			return err
		}
		fmt.Println(name + ": added, updated, deleted")
	}
	return nil
}

// live makes, changes and deletes one object of both kinds.
func live(ctx context.Context, c *cluster) error {
	maps := c.typed.CoreV1().ConfigMaps("default")
	second := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "drive-second"}}
	if _, err := maps.Create(ctx, second, metav1.CreateOptions{}); err != nil {
		return err
	}
	patch := []byte(`{"data":{"a":"b"}}`)
	if _, err := maps.Patch(ctx, "drive-second", types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "drive-second", metav1.DeleteOptions{}); err != nil {
		return err
	}
	own := c.untyped.Resource(widgets).Namespace("default")
	if _, err := own.Create(ctx, widget("drive-second", "red"), metav1.CreateOptions{}); err != nil {
		return err
	}
	// Custom resources know merge patches, and the metadata client may send them as well.
	label := []byte(`{"metadata":{"labels":{"a":"b"}}}`)
	if _, err := c.metadata.Resource(widgets).Namespace("default").Patch(ctx, "drive-second", types.MergePatchType, label, metav1.PatchOptions{}); err != nil {
		return err
	}
	return own.Delete(ctx, "drive-second", metav1.DeleteOptions{})
}
