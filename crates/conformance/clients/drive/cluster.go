package main

import (
	"context"
	"fmt"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	definitions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

var widgets = schema.GroupVersionResource{Group: "drive.example", Version: "v1", Resource: "widgets"}

// cluster is every sort of client of one control plane.
type cluster struct {
	config   *rest.Config
	typed    kubernetes.Interface
	untyped  dynamic.Interface
	metadata metadata.Interface
	mapper   *restmapper.DeferredDiscoveryRESTMapper
}

func connect() (*cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	typedConfig := rest.CopyConfig(config)
	typedConfig.ContentType = runtime.ContentTypeProtobuf
	typed, err := kubernetes.NewForConfig(typedConfig)
	if err != nil {
		return nil, err
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	metadata, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(typed.Discovery()))
	return &cluster{config, typed, untyped, metadata, mapper}, nil
}

// definition is a kind with a status, of any content.
func definition() *apiextensions.CustomResourceDefinition {
	keep := true
	return &apiextensions.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets.drive.example"},
		Spec: apiextensions.CustomResourceDefinitionSpec{
			Group: widgets.Group,
			Scope: apiextensions.NamespaceScoped,
			Names: apiextensions.CustomResourceDefinitionNames{Plural: "widgets", Kind: "Widget"},
			Versions: []apiextensions.CustomResourceDefinitionVersion{{
				Name: "v1", Served: true, Storage: true,
				Subresources: &apiextensions.CustomResourceSubresources{Status: &apiextensions.CustomResourceSubresourceStatus{}},
				Schema: &apiextensions.CustomResourceValidation{OpenAPIV3Schema: &apiextensions.JSONSchemaProps{
					Type: "object",
					Properties: map[string]apiextensions.JSONSchemaProps{
						"spec":   {Type: "object", XPreserveUnknownFields: &keep},
						"status": {Type: "object", XPreserveUnknownFields: &keep},
					},
				}},
			}},
		},
	}
}

// defineWidgets makes a kind of its own and waits until the mapper finds it.
func (c *cluster) defineWidgets(ctx context.Context) error {
	client, err := definitions.NewForConfig(c.config)
	if err != nil {
		return err
	}
	if _, err := client.ApiextensionsV1().CustomResourceDefinitions().Create(ctx, definition(), metav1.CreateOptions{}); err != nil {
		return err
	}
	err = eventually(ctx, "the mapper finds widgets", func() error {
		c.mapper.Reset()
		mapping, err := c.mapper.RESTMapping(schema.GroupKind{Group: widgets.Group, Kind: "Widget"})
		if err == nil && (mapping.Resource != widgets || mapping.Scope.Name() != meta.RESTScopeNameNamespace) {
			return fmt.Errorf("mapped to %v in %v", mapping.Resource, mapping.Scope)
		}
		return err
	})
	if err == nil {
		fmt.Println("mapper: widgets are found")
	}
	return err
}

// widget is one of the kind, with a color.
func widget(name, color string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "drive.example/v1",
		"kind":       "Widget",
		"metadata":   map[string]any{"name": name, "namespace": "default"},
		"spec":       map[string]any{"color": color},
	}}
}
