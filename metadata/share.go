package metadata

import "reflect"

// Share lets the components of a definition share equal texts, and gives back
// the room that decoding left in its lists. It is for a definition that was just
// decoded from storage, where nothing is shared. Afterwards its components may
// only be changed in copies (Own, Clone), as those of any snapshot.
func Share(d *Definition) {
	s := sharer{texts: map[string]string{}}
	s.walk(reflect.ValueOf(d).Elem())
}

type sharer struct{ texts map[string]string }

func (s *sharer) walk(v reflect.Value) {
	if !v.CanSet() {
		return
	}
	switch v.Kind() { //nolint:exhaustive // nothing else holds texts
	case reflect.Pointer:
		if !v.IsNil() {
			s.walk(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			s.walk(v.Field(i))
		}
	case reflect.Slice:
		s.slice(v)
	case reflect.String:
		v.SetString(s.text(v.String()))
	}
}

// slice also gives back the room that decoding left at the end.
func (s *sharer) slice(v reflect.Value) {
	if n := v.Len(); v.Cap() > n {
		exact := reflect.MakeSlice(v.Type(), n, n)
		reflect.Copy(exact, v)
		v.Set(exact)
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return
	}
	for i := range v.Len() {
		s.walk(v.Index(i))
	}
}

func (s *sharer) text(t string) string {
	if known, ok := s.texts[t]; ok {
		return known
	}
	s.texts[t] = t
	return t
}
