package file

import (
	"context"
	"io/fs"
	"path"

	"github.com/trellishq/trellis/connectors"
)

const (
	formatCSV   = "csv"
	formatJSONL = "jsonl"
	automatic   = "auto"

	maxFiles = 500
	// maxRow bounds one record of a file.
	maxRow = 1 << 20
	// maxBatchBytes ends a batch before it has its number of records.
	maxBatchBytes = 8 << 20
)

// delimiters by their names in the setting.
var delimiters = map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|'}

// Connector is the entry of the catalogue.
type Connector struct{}

var _ connectors.Connector = Connector{}

// Spec describes the settings.
func (Connector) Spec() connectors.Spec {
	type text = connectors.Text
	option := func(value, en, zh string) connectors.Option {
		return connectors.Option{Value: value, Label: text{EN: en, ZH: zh}}
	}
	found := option(automatic, "Find out", "自动识别")
	return connectors.Spec{
		Name:  "file",
		Label: text{EN: "CSV and JSON Lines", ZH: "CSV 与 JSON Lines 文件"},
		About: text{EN: "Reads files from a folder that the administrator allows.", ZH: "从管理员允许的文件夹读取文件。"},
		Files: true,
		Settings: []connectors.Setting{
			{Name: "pattern", Kind: connectors.SettingText, Required: true, Label: text{EN: "Files", ZH: "文件"},
				Help: text{EN: "Within the allowed folder; * stands for any part of a name: customers/*.csv", ZH: "相对于允许的文件夹；* 代表名称的任意部分，例如 customers/*.csv"}},
			{Name: "stream", Kind: connectors.SettingText, Default: "rows", Label: text{EN: "Name of the stream", ZH: "数据流名称"}},
			{Name: "key", Kind: connectors.SettingList, Required: true, Label: text{EN: "Key columns", ZH: "主键列"},
				Help: text{EN: "The columns that together name a record", ZH: "共同标识一条记录的列"}},
			{Name: "format", Kind: connectors.SettingSelect, Default: automatic, Label: text{EN: "Format", ZH: "格式"},
				Help:    text{EN: "Found out by the ending: .jsonl and .ndjson, else CSV", ZH: "自动识别时按扩展名：.jsonl、.ndjson，其余为 CSV"},
				Options: []connectors.Option{found, option(formatCSV, "CSV", "CSV"), option(formatJSONL, "JSON Lines", "JSON Lines")}},
			{Name: "encoding", Kind: connectors.SettingSelect, Default: automatic, Label: text{EN: "Encoding", ZH: "编码"},
				Options: []connectors.Option{found, option("utf-8", "UTF-8", "UTF-8"), option("gb18030", "GB18030 (GBK)", "GB18030（GBK）")}},
			{Name: "delimiter", Kind: connectors.SettingSelect, Default: automatic, Label: text{EN: "Delimiter", ZH: "分隔符"},
				Options: []connectors.Option{found, option("comma", "Comma", "逗号"), option("semicolon", "Semicolon", "分号"), option("tab", "Tab", "制表符"), option("pipe", "Vertical bar", "竖线")}},
			{Name: "emptyAsNull", Kind: connectors.SettingBoolean, Default: false, Label: text{EN: "An empty cell clears the field", ZH: "空单元格清空字段"}},
			{Name: "batchSize", Kind: connectors.SettingInteger, Default: int64(500), Min: 1, Max: connectors.MaxBatch, Label: text{EN: "Records per batch", ZH: "每批记录数"}},
		},
	}
}

// Open checks the pattern. It opens no file.
func (Connector) Open(_ context.Context, cfg connectors.Config) (connectors.Connection, error) {
	v := cfg.Values
	if cfg.Files == nil {
		return nil, connectors.ConfigError("", "the administrator has allowed no folder to read files from")
	}
	pattern := v.Text("pattern")
	if _, err := path.Match(pattern, ""); err != nil || !fs.ValidPath(pattern) {
		return nil, connectors.ConfigError("pattern", "%.80q is not a pattern of files within the allowed folder", pattern)
	}
	keys := v.List("key")
	if len(keys) == 0 {
		return nil, connectors.ConfigError("key", "name at least one column as the key")
	}
	return &connection{
		files: cfg.Files, pattern: pattern, stream: v.Text("stream"), batch: int(v.Int("batchSize")),
		options: options{
			keys: keys, format: v.Text("format"), encoding: v.Text("encoding"),
			delimiter: delimiters[v.Text("delimiter")], emptyAsNull: v.Bool("emptyAsNull"),
		},
	}, nil
}
