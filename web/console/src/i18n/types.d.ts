import 'i18next'
import type { en } from './en'

// Keys are checked: a text that is not there does not compile.
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'console'
    resources: { console: typeof en }
  }
}
