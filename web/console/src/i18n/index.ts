import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en'
import { zh } from './zh'

export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

const storageKey = 'trellis.language'

function isLanguage(text: string | null | undefined): text is Language {
  return languages.some((language) => language === text)
}

/** What was chosen before, else the first language of the browser that we speak, else English. */
function firstLanguage(): Language {
  const chosen = localStorage.getItem(storageKey)
  if (isLanguage(chosen)) return chosen
  return navigator.languages.map((tag) => tag.split('-')[0]).find(isLanguage) ?? 'en'
}

function applyLanguage(language: string): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : language
  dayjs.locale(language === 'zh' ? 'zh-cn' : language)
}

export function startI18n(): void {
  i18next.on('languageChanged', applyLanguage)
  void i18next.use(initReactI18next).init({
    resources: { en: { console: en }, zh: { console: zh } },
    lng: firstLanguage(),
    fallbackLng: 'en',
    ns: ['console'],
    defaultNS: 'console',
    initAsync: false,
    interpolation: { escapeValue: false },
  })
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(storageKey, language)
  void i18next.changeLanguage(language)
}
