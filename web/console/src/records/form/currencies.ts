const usual = {
  en: ['USD', 'EUR', 'GBP', 'CNY', 'JPY', 'HKD', 'SGD', 'CHF', 'AUD', 'CAD'],
  zh: ['CNY', 'USD', 'EUR', 'HKD', 'JPY', 'GBP', 'SGD', 'TWD', 'KRW', 'AUD'],
}

/** Codes of ISO 4217, the usual ones of a language first. */
export function currencies(language: 'en' | 'zh'): string[] {
  return [...new Set([...usual[language], ...Intl.supportedValuesOf('currency')])]
}
