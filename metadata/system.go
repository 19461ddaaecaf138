package metadata

// BatchColumn is a column of every table that is no field: the delete that
// trashed the record.
const BatchColumn = "deleted_batch"

// SystemFields are in front of every object's own fields, in this order.
func SystemFields(o *Object) []*Field {
	fs := make([]*Field, 0, len(systemFields)+len(o.Fields))
	for _, f := range systemFields {
		if o.Unowned && (f.Name == "owner" || f.Name == "team") {
			continue
		}
		fs = append(fs, f)
	}
	return fs
}

var systemFields = marked([]*Field{
	{Name: "id", Kind: KindID, Column: "id", Label: Label{"en": "ID", "zh": "编号"}},
	{Name: "createdAt", Kind: KindDateTime, Column: "created_at", Label: Label{"en": "Created at", "zh": "创建时间"}},
	{Name: "createdBy", Kind: KindPrincipal, Column: "created_by", Label: Label{"en": "Created by", "zh": "创建者"}},
	{Name: "updatedAt", Kind: KindDateTime, Column: "updated_at", Label: Label{"en": "Updated at", "zh": "更新时间"}},
	{Name: "updatedBy", Kind: KindPrincipal, Column: "updated_by", Label: Label{"en": "Updated by", "zh": "更新者"}},
	{Name: "owner", Kind: KindUser, Target: "user", Column: "owner_id", Label: Label{"en": "Owner", "zh": "负责人"}},
	{Name: "team", Kind: KindLookup, Target: "team", Column: "team_id", Label: Label{"en": "Team", "zh": "团队"}},
	{Name: "version", Kind: KindInteger, Column: "version", Label: Label{"en": "Version", "zh": "版本"}},
	{Name: "deletedAt", Kind: KindDateTime, Column: "deleted_at", Label: Label{"en": "Deleted at", "zh": "删除时间"}},
})

func marked(fs []*Field) []*Field {
	for _, f := range fs {
		f.system = true
	}
	return fs
}

// SystemObjects exist in every workspace. Customers add fields to them.
func SystemObjects() []*Object {
	return []*Object{
		{
			Name: "user", Plural: "users", Package: "system", Title: "name", Unowned: true, Table: "user",
			Label: Label{"en": "User", "zh": "用户"}, PluralLabel: Label{"en": "Users", "zh": "用户"},
			Fields: []*Field{
				{Name: "name", Kind: KindText, Column: "name", Package: "system", Required: true, Searchable: true, Label: Label{"en": "Name", "zh": "姓名"}},
				{Name: "email", Kind: KindEmail, Column: "email", Package: "system", Required: true, Unique: true, Label: Label{"en": "E-mail", "zh": "邮箱"}},
				{Name: "active", Kind: KindBoolean, Column: "active", Package: "system", Required: true, Default: "true", Label: Label{"en": "Active", "zh": "启用"}},
				{Name: "manager", Kind: KindUser, Target: "user", Inverse: "reports", Column: "manager_id", Package: "system", Label: Label{"en": "Manager", "zh": "上级"}},
			},
		},
		{
			Name: "team", Plural: "teams", Package: "system", Title: "name", Unowned: true, Table: "team",
			Label: Label{"en": "Team", "zh": "团队"}, PluralLabel: Label{"en": "Teams", "zh": "团队"},
			Fields: []*Field{
				{Name: "name", Kind: KindText, Column: "name", Package: "system", Required: true, Unique: true, Searchable: true, Label: Label{"en": "Name", "zh": "名称"}},
			},
		},
	}
}
