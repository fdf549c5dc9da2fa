package journal

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// codec turns values into plain trees of maps, lists and words, and back. A
// tree says everything that reflect sees in a value, whatever its JSON tags
// leave out for others: members that are zero are left out, all else is there,
// and floats are written with all their bits. One value has one tree.
type codec struct {
	kinds map[string]reflect.Type                         // of values behind interfaces, by name
	hide  func(t reflect.Type, field, text string) string // what is written for a word; nil: itself
}

// tree is the tree of v; nil is a zero value.
func (c codec) tree(v reflect.Value) (any, error) {
	if t, ok := v.Interface().(time.Time); ok {
		return t.Format(time.RFC3339Nano), nil
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return json.Number(strconv.FormatInt(v.Int(), 10)), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return json.Number(strconv.FormatUint(v.Uint(), 10)), nil
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), nil
	case reflect.String:
		return v.String(), nil
	case reflect.Pointer:
		return c.tree(v.Elem())
	case reflect.Slice, reflect.Array:
		return c.list(v)
	case reflect.Map:
		return c.members(v)
	case reflect.Interface:
		return c.behind(v.Elem())
	case reflect.Struct:
		return c.fields(v)
	}
	return nil, fmt.Errorf("a %s cannot be written", v.Type())
}

// absent says that a value is left out: zero, but not an empty list or map that
// is there.
func absent(v reflect.Value) bool {
	if t, ok := v.Interface().(time.Time); ok {
		return t.IsZero()
	}
	if v.Kind() == reflect.Float64 || v.Kind() == reflect.Float32 {
		return math.Float64bits(v.Float()) == 0 // -0 is something else
	}
	return v.IsZero()
}

func (c codec) fields(v reflect.Value) (any, error) {
	out := map[string]any{}
	return out, c.fieldsInto(out, v)
}

// fieldsInto adds the fields of v to out. Those of an embedded part that is
// tagged journal:"flat" are among them, and are found there again: so a struct
// can be divided without another format.
func (c codec) fieldsInto(out map[string]any, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			return fmt.Errorf("%s.%s is not exported", v.Type(), f.Name)
		}
		if f.Tag.Get("journal") == "flat" {
			if err := c.fieldsInto(out, v.Field(i)); err != nil {
				return err
			}
			continue
		}
		if absent(v.Field(i)) {
			continue
		}
		one, err := c.tree(v.Field(i))
		if err != nil {
			return err
		}
		if word, ok := one.(string); ok && f.Type.Kind() == reflect.String && c.hide != nil {
			one = c.hide(v.Type(), f.Name, word)
		}
		out[f.Name] = one
	}
	return nil
}

func (c codec) list(v reflect.Value) (any, error) {
	out := make([]any, v.Len())
	for i := range v.Len() {
		one, err := c.element(v.Index(i))
		if err != nil {
			return nil, err
		}
		out[i] = one
	}
	return out, nil
}

// element is a value in a list or map, where nil is nothing.
func (c codec) element(v reflect.Value) (any, error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface || v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.IsNil() {
		return nil, nil //nolint:nilnil // that is its tree
	}
	return c.tree(v)
}

func (c codec) members(v reflect.Value) (any, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("a map by %s cannot be written", v.Type().Key())
	}
	out := map[string]any{}
	for it := v.MapRange(); it.Next(); {
		one, err := c.element(it.Value())
		if err != nil {
			return nil, err
		}
		out[it.Key().String()] = one
	}
	return out, nil
}

// behind is a value of an interface, with the name of its type.
func (c codec) behind(v reflect.Value) (any, error) {
	name := v.Type().String()
	if c.kinds[name] != v.Type() {
		return nil, fmt.Errorf("%s is not among the kinds", name)
	}
	inner, err := c.tree(v)
	if err != nil {
		return nil, err
	}
	return map[string]any{name: inner}, nil
}

// into sets v, which is zero, to what a tree says.
func (c codec) into(v reflect.Value, tree any) error {
	switch v.Kind() {
	case reflect.Struct:
		return c.intoStruct(v, tree)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return c.into(v.Elem(), tree)
	case reflect.Slice, reflect.Array:
		return c.intoList(v, tree)
	case reflect.Map:
		return c.intoMap(v, tree)
	case reflect.Interface:
		return c.intoInterface(v, tree)
	}
	return intoWord(v, tree)
}

func intoWord(v reflect.Value, tree any) error {
	if yes, ok := tree.(bool); ok && v.Kind() == reflect.Bool {
		v.SetBool(yes)
		return nil
	}
	if word, ok := tree.(string); ok && v.Kind() == reflect.String {
		v.SetString(word)
		return nil
	}
	text := fmt.Sprint(tree)
	switch {
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(n)
		return err
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(f)
		return err
	}
	return fmt.Errorf("%.40q is no %s", text, v.Type())
}

func (c codec) intoStruct(v reflect.Value, tree any) error {
	if v.Type() == reflect.TypeFor[time.Time]() {
		t, err := time.Parse(time.RFC3339Nano, fmt.Sprint(tree))
		v.Set(reflect.ValueOf(t))
		return err
	}
	members, ok := tree.(map[string]any)
	if !ok {
		return fmt.Errorf("no object for a %s", v.Type())
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		f := v.FieldByName(name)
		if !f.IsValid() || !f.CanSet() {
			return fmt.Errorf("%s has no %q", v.Type(), name)
		}
		if err := c.into(f, members[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (c codec) intoList(v reflect.Value, tree any) error {
	list, ok := tree.([]any)
	switch {
	case !ok || v.Kind() == reflect.Array && len(list) != v.Len():
		return fmt.Errorf("no list for a %s", v.Type())
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	}
	for i, one := range list {
		if one == nil {
			continue
		}
		if err := c.into(v.Index(i), one); err != nil {
			return err
		}
	}
	return nil
}

func (c codec) intoMap(v reflect.Value, tree any) error {
	members, ok := tree.(map[string]any)
	if !ok || v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("no object for a %s", v.Type())
	}
	v.Set(reflect.MakeMap(v.Type()))
	for name, one := range members {
		value := reflect.New(v.Type().Elem()).Elem()
		if one != nil {
			if err := c.into(value, one); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
	}
	return nil
}

func (c codec) intoInterface(v reflect.Value, tree any) error {
	members, ok := tree.(map[string]any)
	if !ok || len(members) != 1 {
		return fmt.Errorf("no kind for a %s", v.Type())
	}
	for name, inner := range members {
		kind, known := c.kinds[name]
		if !known || !kind.Implements(v.Type()) {
			return fmt.Errorf("%q is no %s that is known", name, v.Type())
		}
		value := reflect.New(kind).Elem()
		if err := c.into(value, inner); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		v.Set(value)
	}
	return nil
}
