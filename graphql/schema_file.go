package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/trellishq/trellis/core/query"
)

// fileInput is the type of what is given for a field of files.
const fileInput = "FileInput"

// fileTypes adds the file, which is the same for all objects.
func (b *builder) fileTypes() {
	d := b.define(ast.Object, "File", "A file of a record. What is in it is got from its url.")
	for _, m := range []struct{ name, typ, help string }{
		{"id", "ID", ""}, {"name", "String", ""}, {"type", "String", "The media type, as found in the content."}, {"size", "Long", "In bytes."},
		{"sha256", "String", "Of the content, in hex."}, {"added", "DateTime", ""}, {"url", "String", "On this server, in the workspace of the session or key."},
	} {
		b.output(d, m.name, m.help, named(m.typ), binding{what: fileMember, member: m.name})
	}
	in := b.define(ast.InputObject, fileInput, "A file that was uploaded to /files, or that the record has already.")
	input(in, "id", "", required("ID"))
}

// fileParts compiles what is asked of files.
func (c *compiler) fileParts(n *node, item *query.Item) {
	item.Kind, item.Field = query.FileList, n.bind.field.Name
	for _, child := range n.children {
		if child.when.holds(c.vars) {
			item.Parts = append(item.Parts, query.PartItem{Key: child.key, Member: child.bind.member, Text: child.parent})
		}
	}
}
