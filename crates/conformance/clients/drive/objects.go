package main

import (
	"context"
	"fmt"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	aggregation "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// allTypes has every type of the reference that a server sends.
func allTypes() *runtime.Scheme {
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiextensions.AddToScheme, aggregation.AddToScheme} {
		if err := add(all); err != nil {
			panic(err)
		}
	}
	return all
}

// objects lists whatever is there of each built-in kind in protobuf and in JSON, and decodes both with the
// reference's types: they must be the same. What is sent is strict, so a field that is not known is an error.
func objects(ctx context.Context, _ []string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	_, lists, err := c.typed.Discovery().ServerGroupsAndResources()
	if err != nil {
		return err
	}
	all := allTypes()
	codecs := serializer.NewCodecFactory(all, serializer.EnableStrict)
	kinds, seen := 0, 0
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return err
		}
		for _, resource := range list.APIResources {
			if strings.Contains(resource.Name, "/") || !strings.Contains(resource.Verbs.String(), "list") || !all.IsVersionRegistered(version) {
				continue
			}
			items, err := c.compareForms(ctx, codecs, version, resource)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", resource.Name, version, err)
			}
			kinds++
			seen += items
		}
	}
	if kinds < 60 || seen < 200 {
		return fmt.Errorf("only %d kinds with %d objects", kinds, seen)
	}
	fmt.Println("objects: the same in JSON and protobuf")
	return nil
}

func (c *cluster) compareForms(ctx context.Context, codecs serializer.CodecFactory, version schema.GroupVersion, resource metav1.APIResource) (int, error) {
	config := rest.CopyConfig(c.config)
	config.GroupVersion = &version
	config.APIPath = "/apis"
	if version.Group == "" {
		config.APIPath = "/api"
	}
	config.NegotiatedSerializer = codecs.WithoutConversion()
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return 0, err
	}
	var decoded [2]runtime.Object
	options := metav1.ListOptions{}
	for form, accept := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		request := client.Get().Resource(resource.Name).VersionedParams(&options, metav1.ParameterCodec)
		answer := request.SetHeader("Accept", accept).Do(ctx)
		body, err := answer.Raw()
		if err != nil {
			return 0, err
		}
		var received string
		answer.ContentType(&received)
		if received != accept {
			return 0, fmt.Errorf("asked for %s, got %s", accept, received)
		}
		decoded[form], _, err = codecs.UniversalDeserializer().Decode(body, nil, nil)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", accept, err)
		}
		accessor, err := meta.ListAccessor(decoded[form])
		if err != nil {
			return 0, err
		}
		// The second reads what the first has read, whatever was written meanwhile.
		if options.ResourceVersion = accessor.GetResourceVersion(); options.ResourceVersion != "" {
			options.ResourceVersionMatch = metav1.ResourceVersionMatchExact
		}
	}
	if !equality.Semantic.DeepEqual(decoded[0], decoded[1]) {
		return 0, fmt.Errorf("JSON says %v, protobuf %v", decoded[0], decoded[1])
	}
	return meta.LenList(decoded[0]), nil
}
