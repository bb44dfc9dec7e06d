package main

import (
	"context"
	encoding "encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/apitesting/roundtrip"
	"k8s.io/apimachinery/pkg/api/equality"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/diff"
)

// randomObjects is how many are made of each kind, beside one in which every field is set.
const randomObjects = 10

// fuzz writes objects in protobuf and in JSON, both by the reference, into the folder of the first argument:
// of each kind that the file of the second names, as VERSION KIND.
func fuzz(_ context.Context, arguments []string) error {
	all := allTypes()
	kinds, err := kindsOf(arguments[1])
	if err != nil {
		return err
	}
	random := fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(1), serializer.NewCodecFactory(all))
	for _, kind := range kinds {
		for number := range randomObjects + 1 {
			object, err := roundtrip.CompatibilityTestObject(all, kind, withoutKinds)
			if number > 0 && err == nil {
				object, err = all.New(kind)
				random.Fill(object)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			object.GetObjectKind().SetGroupVersionKind(kind)
			if err := save(all, arguments[0], fmt.Sprintf("%s-%d", nameOf(kind), number), object); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
		}
	}
	fmt.Printf("%d kinds\n", len(kinds))
	return nil
}

// withoutKinds leaves out the kinds of objects inside of others, which protobuf does not have.
var withoutKinds = map[reflect.Type]roundtrip.FillFunc{
	reflect.TypeFor[metav1.TypeMeta](): func(string, int, any) {},
}

func kindsOf(file string) ([]schema.GroupVersionKind, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var kinds []schema.GroupVersionKind
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		version, kind, _ := strings.Cut(line, " ")
		kinds = append(kinds, schema.FromAPIVersionAndKind(version, kind))
	}
	return kinds, nil
}

func nameOf(kind schema.GroupVersionKind) string {
	return fmt.Sprintf("%s-%s-%s", kind.Group, kind.Version, kind.Kind)
}

func save(all *runtime.Scheme, folder, name string, object runtime.Object) error {
	for ending, form := range forms(all) {
		file, err := os.Create(filepath.Join(folder, name+ending))
		if err != nil {
			return err
		}
		if err := form.Encode(object, file); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

func forms(all *runtime.Scheme) map[string]runtime.Serializer {
	options := json.SerializerOptions{Strict: true}
	return map[string]runtime.Serializer{
		".json":     json.NewSerializerWithOptions(json.DefaultMetaFactory, all, all, options),
		".protobuf": protobuf.NewSerializer(all, all),
	}
}

// compare decodes what we have made of the objects of fuzz, `.ours` behind their names, with the reference's
// types; both forms must be what they were.
func compare(_ context.Context, arguments []string) error {
	all := forms(allTypes())
	names, err := filepath.Glob(filepath.Join(arguments[0], "*.ours"))
	if err != nil {
		return err
	}
	wrong := 0
	for _, name := range names {
		theirs := strings.TrimSuffix(strings.TrimSuffix(name, ".ours"), filepath.Ext(strings.TrimSuffix(name, ".ours")))
		if err := same(all, theirs, name); err != nil {
			fmt.Printf("%s: %v\n", filepath.Base(name), err)
			wrong++
		}
	}
	compared := len(names)
	if wrong > 0 {
		return fmt.Errorf("%d of %d differ", wrong, compared)
	}
	fmt.Printf("%d objects are the same\n", compared)
	return nil
}

// semantic is the reference's equality, and takes embedded JSON for the same whatever the order of its keys.
var semantic = func() conversion.Equalities {
	equalities := equality.Semantic.Copy()
	err := equalities.AddFuncs(
		func(one, other runtime.RawExtension) bool { return sameJSON(one.Raw, other.Raw) },
		func(one, other apiextensions.JSON) bool { return sameJSON(one.Raw, other.Raw) },
	)
	if err != nil {
		panic(err)
	}
	return equalities
}()

func sameJSON(one, other []byte) bool {
	var values [2]any
	for side, text := range [][]byte{one, other} {
		if err := encoding.Unmarshal(text, &values[side]); err != nil && len(text) > 0 {
			return false
		}
	}
	return equality.Semantic.DeepEqual(values[0], values[1])
}

// same says whether both are the same object. What the reference has written is read from JSON, which knows no
// difference between a time that is null and none.
func same(all map[string]runtime.Serializer, theirs, ours string) error {
	var decoded [2]runtime.Object
	for side, file := range []string{theirs + ".json", ours} {
		body, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		form := all[filepath.Ext(strings.TrimSuffix(file, ".ours"))]
		if decoded[side], _, err = form.Decode(body, nil, nil); err != nil {
			return fmt.Errorf("%s: %w", filepath.Ext(file), err)
		}
	}
	if !semantic.DeepEqual(decoded[0], decoded[1]) {
		return fmt.Errorf("theirs and ours:\n%s", diff.Diff(decoded[0], decoded[1]))
	}
	return nil
}
