import type { en } from './en'

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

/** The texts of one language. */
export type Texts = Same<typeof en>
