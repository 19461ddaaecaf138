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
	{Name: "id", Kind: KindID, Column: "id", Label: Texts{"en": "ID", "zh": "编号"}.Label()},
	{Name: "createdAt", Kind: KindDateTime, Column: "created_at", Label: Texts{"en": "Created at", "zh": "创建时间"}.Label()},
	{Name: "createdBy", Kind: KindPrincipal, Column: "created_by", Label: Texts{"en": "Created by", "zh": "创建者"}.Label()},
	{Name: "updatedAt", Kind: KindDateTime, Column: "updated_at", Label: Texts{"en": "Updated at", "zh": "更新时间"}.Label()},
	{Name: "updatedBy", Kind: KindPrincipal, Column: "updated_by", Label: Texts{"en": "Updated by", "zh": "更新者"}.Label()},
	{Name: "owner", Kind: KindUser, Target: "user", Column: "owner_id", Label: Texts{"en": "Owner", "zh": "负责人"}.Label()},
	{Name: "team", Kind: KindLookup, Target: "team", Column: "team_id", Label: Texts{"en": "Team", "zh": "团队"}.Label()},
	{Name: "version", Kind: KindInteger, Column: "version", Label: Texts{"en": "Version", "zh": "版本"}.Label()},
	{Name: "deletedAt", Kind: KindDateTime, Column: "deleted_at", Label: Texts{"en": "Deleted at", "zh": "删除时间"}.Label()},
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
			Label: Texts{"en": "User", "zh": "用户"}.Label(), PluralLabel: Texts{"en": "Users", "zh": "用户"}.Label(),
			Fields: []*Field{
				{Name: "name", Kind: KindText, Column: "name", Package: "system", Required: true, Searchable: true, Label: Texts{"en": "Name", "zh": "姓名"}.Label()},
				{Name: "email", Kind: KindEmail, Column: "email", Package: "system", Required: true, Unique: true, Label: Texts{"en": "E-mail", "zh": "邮箱"}.Label()},
				{Name: "active", Kind: KindBoolean, Column: "active", Package: "system", Required: true, Default: "true", Label: Texts{"en": "Active", "zh": "启用"}.Label()},
				{Name: "manager", Kind: KindUser, Target: "user", Inverse: "reports", Column: "manager_id", Package: "system", Label: Texts{"en": "Manager", "zh": "上级"}.Label()},
			},
		},
		{
			Name: "team", Plural: "teams", Package: "system", Title: "name", Unowned: true, Table: "team",
			Label: Texts{"en": "Team", "zh": "团队"}.Label(), PluralLabel: Texts{"en": "Teams", "zh": "团队"}.Label(),
			Fields: []*Field{
				{Name: "name", Kind: KindText, Column: "name", Package: "system", Required: true, Unique: true, Searchable: true, Label: Texts{"en": "Name", "zh": "名称"}.Label()},
			},
		},
	}
}
