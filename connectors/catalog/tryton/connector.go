package tryton

import (
	"context"
	"slices"
	"time"

	"github.com/trellishq/trellis/connectors"
)

// Connector is the entry of the catalogue.
type Connector struct{}

var _ connectors.Connector = Connector{}

// Spec describes the settings.
func (Connector) Spec() connectors.Spec {
	type text = connectors.Text
	return connectors.Spec{
		Name:    "tryton",
		Label:   text{EN: "Tryton", ZH: "Tryton"},
		About:   text{EN: "Reads parties, addresses, products and any other model from a Tryton ERP.", ZH: "从 Tryton ERP 读取业务伙伴、地址、产品以及任意模型。"},
		Network: true,
		Settings: []connectors.Setting{
			{Name: "url", Kind: connectors.SettingURL, Required: true, Label: text{EN: "Address", ZH: "地址"},
				Help: text{EN: "The server without the database, such as https://erp.example.com", ZH: "服务器地址，不含数据库名，例如 https://erp.example.com"}},
			{Name: "database", Kind: connectors.SettingText, Required: true, Label: text{EN: "Database", ZH: "数据库"}},
			{Name: "user", Kind: connectors.SettingText, Required: true, Label: text{EN: "User", ZH: "用户"},
				Help: text{EN: "A user of its own, with the right to read what is synchronised", ZH: "建议使用专用用户，并授予所需模型的读取权限"}},
			{Name: "password", Kind: connectors.SettingText, Required: true, Secret: true, Label: text{EN: "Password", ZH: "密码"}},
			{Name: "language", Kind: connectors.SettingText, Default: "en", Label: text{EN: "Language", ZH: "语言"},
				Help: text{EN: "Code of the language in which translated fields are read", ZH: "读取可翻译字段时使用的语言代码"}},
			{Name: "company", Kind: connectors.SettingInteger, Min: 1, Max: 1 << 31, Label: text{EN: "Company", ZH: "公司"},
				Help: text{EN: "Id of the company whose prices and properties are read", ZH: "读取其价格与属性的公司编号"}},
			{Name: "models", Kind: connectors.SettingList, Label: text{EN: "Further models", ZH: "其他模型"},
				Help: text{EN: "One a line, as model: field, relation.field, … ; for a model that is read already the fields are added",
					ZH: "每行一个：模型: 字段, 关联.字段, …；若该模型已在读取，则追加字段"}},
			{Name: "pageSize", Kind: connectors.SettingInteger, Default: int64(200), Min: 1, Max: connectors.MaxBatch, Label: text{EN: "Records per request", ZH: "每次请求的记录数"}},
			{Name: "lookBackSeconds", Kind: connectors.SettingInteger, Default: int64(300), Min: 1, Max: 86_400, Label: text{EN: "Look-back in seconds", ZH: "回看秒数"},
				Help: text{EN: "No transaction in Tryton lasts longer than this", ZH: "应长于 Tryton 中最长的事务"}},
			{Name: "fullReadHours", Kind: connectors.SettingInteger, Default: int64(24), Min: 1, Max: 8_760, Label: text{EN: "Hours between full reads", ZH: "完整读取的间隔小时数"}},
		},
	}
}

// Open checks the list of models and prepares a connection. The first call logs
// in.
func (Connector) Open(_ context.Context, cfg connectors.Config) (connectors.Connection, error) {
	v := cfg.Values
	streams, err := streamsOf(v.List("models"))
	if err != nil {
		return nil, err
	}
	if cfg.HTTP == nil {
		return nil, connectors.ConfigError("", "a Tryton connection needs the network")
	}
	rpcContext := map[string]any{"active_test": false, "language": v.Text("language")}
	if company := v.Int("company"); company != 0 {
		rpcContext["company"] = company
	}
	return &connection{
		rpc: &client{
			http: cfg.HTTP, url: v.Text("url") + "/" + pathEscape(v.Text("database")) + "/",
			user: v.Text("user"), password: v.Text("password"), language: v.Text("language"),
		},
		log: cfg.Logger(), now: time.Now,
		context:  rpcContext,
		streams:  streams,
		shapes:   map[string]*shape{},
		pageSize: int(v.Int("pageSize")),
		lookBack: time.Duration(v.Int("lookBackSeconds")) * time.Second,
		fullRead: time.Duration(v.Int("fullReadHours")) * time.Hour,
	}, nil
}

// connection reads. It is used by one goroutine at a time.
type connection struct {
	rpc      *client
	log      logger
	now      func() time.Time
	context  map[string]any // the last parameter of each call
	streams  []stream
	shapes   map[string]*shape // by stream, as Tryton described them
	pageSize int
	lookBack time.Duration
	fullRead time.Duration
}

var (
	_ connectors.Source     = (*connection)(nil)
	_ connectors.Tester     = (*connection)(nil)
	_ connectors.Discoverer = (*connection)(nil)
)

type logger interface {
	Warn(msg string, args ...any)
}

// Test logs in and reads the description and one id of the first stream.
func (c *connection) Test(ctx context.Context) error {
	st := c.streams[0]
	if _, err := c.shape(ctx, st); err != nil {
		return err
	}
	_, err := c.rpc.call(ctx, "model."+st.model+".search", []any{}, 0, 1, nil, c.context)
	return err
}

// Streams lists the streams whose models are there: an installation without
// the module product has no products.
func (c *connection) Streams(ctx context.Context) ([]connectors.Stream, error) {
	var out []connectors.Stream
	for _, st := range c.streams {
		sh, err := c.shape(ctx, st)
		if err != nil {
			if st.builtIn && isMissing(err) {
				continue
			}
			return nil, err
		}
		out = append(out, st.describe(sh))
	}
	slices.SortFunc(out, func(a, b connectors.Stream) int { return compare(a.Name, b.Name) })
	return out, nil
}

// Close logs out.
func (c *connection) Close(ctx context.Context) error { return c.rpc.logout(ctx) }
