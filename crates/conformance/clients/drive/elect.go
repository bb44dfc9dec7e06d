package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	typedcore "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"

	corev1 "k8s.io/api/core/v1"
)

// elect lets one candidate lead, leave, and another take over; both tell so in events.
func elect(ctx context.Context, _ []string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcore.EventSinkImpl{Interface: c.typed.CoreV1().Events("")})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "drive"})
	led := make(chan string, 2)
	candidate := func(ctx context.Context, name string) error {
		lock := &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: "drive", Namespace: "default"},
			Client:     c.typed.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name, EventRecorder: recorder},
		}
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: lock, ReleaseOnCancel: true,
			LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { led <- name },
				OnStoppedLeading: func() {},
			},
		})
		if err == nil {
			go elector.Run(ctx)
		}
		return err
	}
	wait := func(wanted string) error {
		select {
		case leader := <-led:
			if leader != wanted {
				return fmt.Errorf("%s leads instead of %s", leader, wanted)
			}
			fmt.Println(wanted, "leads")
			return nil
		case <-time.After(patience):
			return fmt.Errorf("%s does not lead", wanted)
		}
	}
	first, leave := context.WithCancel(ctx)
	defer leave()
	if err := candidate(first, "first"); err != nil {
		return err
	}
	if err := wait("first"); err != nil {
		return err
	}
	if err := candidate(ctx, "second"); err != nil {
		return err
	}
	leave()
	if err := wait("second"); err != nil {
		return err
	}
	return eventually(ctx, "the change is told of", func() error {
		events, err := c.typed.CoreV1().Events("default").List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=drive,reason=LeaderElection"})
		if err == nil && len(events.Items) < 2 {
			err = fmt.Errorf("%d events", len(events.Items))
		}
		return err
	})
}
