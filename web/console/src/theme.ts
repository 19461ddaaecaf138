import { createTheme, defaultVariantColorsResolver, rem } from '@mantine/core'
import type { MantineColorsTuple, VariantColorsResolver } from '@mantine/core'

/** The green of leaves on a trellis. */
const leaf: MantineColorsTuple = [
  '#effaf5',
  '#dcf1e8',
  '#b4e2cf',
  '#8ad3b5',
  '#67c69f',
  '#46b389',
  '#2f9a74',
  '#1f7a5c',
  '#17634b',
  '#0e4a38',
]

/** Greys with a little warmth, and night colours that are not black. */
const dark: MantineColorsTuple = [
  '#d5d9d7',
  '#b3b9b6',
  '#8b938f',
  '#646d69',
  '#3b4340',
  '#2e3533',
  '#232928',
  '#1b201f',
  '#151918',
  '#0f1211',
]

const gray: MantineColorsTuple = [
  '#f8f9f8',
  '#f1f3f2',
  '#e7eae8',
  '#dbdfdd',
  '#c8cecb',
  '#a9b1ad',
  '#7f8884',
  '#565f5b',
  '#39413e',
  '#222826',
]

const family = [
  'system-ui',
  '-apple-system',
  '"Segoe UI"',
  'Roboto',
  '"PingFang SC"',
  '"Hiragino Sans GB"',
  '"Microsoft YaHei"',
  '"Noto Sans CJK SC"',
  '"Noto Sans SC"',
  'sans-serif',
].join(', ')

/** Tints are mixed from the surface below them, so that they stay soft in the dark too. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input)
  const name = (input.color ?? input.theme.primaryColor).split('.')[0] ?? ''
  if (input.variant !== 'light' || !(name in input.theme.colors)) return colors
  const filled = `var(--mantine-color-${name}-filled)`
  return {
    ...colors,
    background: `color-mix(in srgb, ${filled} 13%, transparent)`,
    hover: `color-mix(in srgb, ${filled} 20%, transparent)`,
    color: `light-dark(var(--mantine-color-${name}-9), var(--mantine-color-${name}-3))`,
  }
}

export const theme = createTheme({
  colors: { leaf, dark, gray },
  primaryColor: 'leaf',
  primaryShade: { light: 7, dark: 6 },
  variantColorResolver,
  autoContrast: true,
  fontFamily: family,
  headings: {
    fontFamily: family,
    fontWeight: '650',
    sizes: {
      h1: { fontSize: rem(24), lineHeight: '1.3' },
      h2: { fontSize: rem(18), lineHeight: '1.35' },
      h3: { fontSize: rem(15), lineHeight: '1.4' },
    },
  },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
    Modal: { defaultProps: { centered: true, radius: 'lg' } },
    Popover: { defaultProps: { shadow: 'md' } },
    Menu: { defaultProps: { shadow: 'md' } },
  },
})
