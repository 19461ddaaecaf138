package sync

import (
	"context"
	"fmt"

	"github.com/trellishq/trellis/core/catalog"
	"github.com/trellishq/trellis/metadata"
)

// UseMapping is the kind of metadata.Use of a stored mapping.
const UseMapping = "mapping"

// Uses tells which mappings of stored connections name an object or a field. A
// mapping that cannot be read any more names nothing. It is a catalog.Uses.
func (s *Service) Uses(ctx context.Context, v *catalog.View, object, field string) ([]metadata.Use, error) {
	list, err := s.List(ctx, v.Slug)
	if err != nil {
		return nil, err
	}
	var uses []metadata.Use
	for _, c := range list {
		m, err := ParseMapping(c.Mapping, v.Snapshot)
		if err != nil {
			continue // it was broken by an earlier change, and the connection says so
		}
		for i, sm := range m.Streams {
			if sm.object.Name != object {
				continue
			}
			path := fmt.Sprintf("connections.%s.streams[%d]", c.Name, i)
			uses = append(uses, sm.uses(path, field)...)
		}
	}
	return uses, nil
}

// uses are the places of one stream that name the field; the stream itself for
// "".
func (sm *StreamMapping) uses(path, field string) []metadata.Use {
	if field == "" {
		return []metadata.Use{{Kind: UseMapping, Path: path + ".to"}}
	}
	var uses []metadata.Use
	if sm.Match == field {
		uses = append(uses, metadata.Use{Kind: UseMapping, Path: path + ".match"})
	}
	for _, f := range sm.fields {
		if f.field.Name == field {
			uses = append(uses, metadata.Use{Kind: UseMapping, Path: path + ".fields." + field, Text: f.value.text})
		}
	}
	for _, l := range sm.links {
		if l.field.Name == field {
			uses = append(uses, metadata.Use{Kind: UseMapping, Path: path + ".links." + field, Text: l.key.text})
		}
	}
	return uses
}
