// Every sentence of the explorer, in both languages; the two have the same keys.
export const TEXTS = {
  en: {
    title: 'Cellgate explorer',
    parties: {},
    language: '中文',
    languageLabel: '切换到中文',
    party: 'Ask as',
    token: 'Access token',
    tokenHint: 'Paste an access token, then press Enter. It stays in this page and is forgotten with it.',
    use: 'Use',
    forget: 'Forget it',
    noToken: 'No token yet: choose a party, or paste an access token.',
    noTokenPaste: 'No token yet: paste an access token.',
    notAToken: 'This is not a token of this gateway: it has to be a JWT, three parts with dots between.',
    demoFailed: 'The demonstration gave no token for this party',
    purpose: 'purpose',
    roles: 'roles',
    until: 'valid until',
    expired: 'This token has expired.',
    beside: 'Beside the answer',
    withheld: 'Withheld',
    plan: 'Plan',
    view: 'View',
    label: 'Scan a label',
    unanswered: 'Run an operation (Ctrl-Enter), and what was withheld from the answer stands here.',
    nothingWithheld: 'Nothing was withheld from this answer.',
    fieldsClosed: 'Fields outside of this view',
    valuesClosed: 'Values withheld in rows',
    otherErrors: 'Errors',
    where: 'where',
    why: 'why',
    policy: 'policy',
    noPlan: 'This answer came without its plan. A client sees plans when its registration says so (scope gateway:plan).',
    cost: 'Cost',
    noPlanYet: 'Run an operation, and the plan of its fetches stands here, where the client may see it.',
    scopes: 'Scopes of this token. The documentation and the completion know these parts of the graph and no others.',
    reasons: {
      CATEGORY_CLOSED: 'the caller stands in no relation to this battery that opens the category',
    },
  },
  zh: {
    title: 'Cellgate 查询台',
    parties: {
      'battery-maker': '电池生产企业',
      automaker: '汽车生产企业',
      'swap-operator': '换电运营企业',
      'repair-firm': '维修企业',
      dismantler: '报废车拆解企业',
      recycler: '综合利用企业',
      province: '省级主管部门',
      miit: '工业和信息化部',
      mee: '生态环境部门',
      samr: '市场监管部门',
      public: '公众',
    },
    language: 'English',
    languageLabel: 'Switch to English',
    party: '查询身份',
    token: '访问令牌',
    tokenHint: '粘贴访问令牌后按回车。令牌只保存在本页面中，关闭页面即清除。',
    use: '使用',
    forget: '清除',
    noToken: '尚无令牌：请选择一个身份，或粘贴访问令牌。',
    noTokenPaste: '尚无令牌：请粘贴访问令牌。',
    notAToken: '这不是本网关的令牌：应为 JWT，即以点号分隔的三段。',
    demoFailed: '演示环境未给出该身份的令牌',
    purpose: '用途',
    roles: '角色',
    until: '有效期至',
    expired: '该令牌已过期。',
    beside: '查询结果说明',
    withheld: '未披露内容',
    plan: '执行计划',
    view: '可见范围',
    label: '扫描标签',
    unanswered: '执行查询（Ctrl-Enter）后，此处列出结果中未披露的内容。',
    nothingWithheld: '本次结果没有未披露的内容。',
    fieldsClosed: '不在可见范围内的字段',
    valuesClosed: '逐行未披露的值',
    otherErrors: '错误',
    where: '位置',
    why: '原因',
    policy: '规则',
    noPlan: '本次结果未附执行计划。客户端经登记许可（scope gateway:plan）方可查看。',
    cost: '代价',
    noPlanYet: '执行查询后，若客户端有权查看，此处显示各次取数的执行计划。',
    scopes: '该令牌的 scope。文档与补全只包含图中的这些部分。',
    reasons: {
      CATEGORY_CLOSED: '查询方与该电池之间没有可开放此类数据的关系',
    },
  },
}

const KEPT = 'cellgate.language'

export function firstLanguage() {
  const kept = window.localStorage.getItem(KEPT)
  if (kept in TEXTS) return kept
  return navigator.languages.some((each) => each.toLowerCase().startsWith('zh')) ? 'zh' : 'en'
}

export function keepLanguage(language) {
  window.localStorage.setItem(KEPT, language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}
