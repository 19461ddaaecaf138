// Every text of the page, in each of its languages.
const words = {
  en: {
    dataApi: 'Data API', adminApi: 'Admin API', run: 'Run', tidy: 'Tidy', key: 'API key, or signed in', docs: 'Docs',
    variables: 'Variables (JSON)', search: 'Search types and fields', fields: 'Fields', inputs: 'Input fields', values: 'Values',
    args: 'Arguments', types: 'Types', start: 'Start', waiting: 'Asking …', failed: 'The server cannot be reached.',
    badVariables: 'The variables are not a JSON object.', signIn: 'Sign in to the console first, or give an API key.',
    example: '# Ctrl-Enter runs the query. The schema shows what you may see.\n',
  },
  zh: {
    dataApi: '数据接口', adminApi: '管理接口', run: '运行', tidy: '整理', key: 'API 密钥（已登录可不填）', docs: '文档',
    variables: '变量（JSON）', search: '搜索类型和字段', fields: '字段', inputs: '输入字段', values: '取值',
    args: '参数', types: '类型', start: '首页', waiting: '正在查询……', failed: '无法连接服务器。',
    badVariables: '变量不是 JSON 对象。', signIn: '请先登录控制台，或填写 API 密钥。',
    example: '# 按 Ctrl-Enter 运行。文档中只显示您可以看到的内容。\n',
  },
}

const wanted = localStorage.getItem('graphiql.language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en')

/** The language shown; setLanguage changes it. */
export let language = wanted in words ? wanted : 'en'

export function text(name) {
  return words[language][name]
}

/** Writes the texts of the language into the page. */
export function setLanguage(to) {
  language = to
  localStorage.setItem('graphiql.language', to)
  document.documentElement.lang = to
  for (const e of document.querySelectorAll('[data-text]')) e.textContent = text(e.dataset.text)
  for (const e of document.querySelectorAll('[data-placeholder]')) e.placeholder = text(e.dataset.placeholder)
}
