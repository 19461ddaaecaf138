import { DateInput, DateTimePicker, DatesProvider } from '@mantine/dates'
import '@mantine/dates/styles.css'
import type { ReactNode } from 'react'
import { useLanguage } from '../../i18n/use'

type Popover = { withinPortal?: boolean }

/** Calendars in the language in use; weeks begin on Monday. */
function Calendar({ children }: { children: ReactNode }) {
  const { language } = useLanguage()
  return <DatesProvider settings={{ locale: language === 'zh' ? 'zh-cn' : 'en', firstDayOfWeek: 1 }}>{children}</DatesProvider>
}

type Props = {
  id?: string
  label?: string
  /** YYYY-MM-DD, or an instant in RFC 3339 for InstantInput; empty for none. */
  value: string
  onChange: (value: string) => void
  error?: boolean
  required?: boolean
  popover?: Popover
  'aria-describedby'?: string | undefined
}

/** A day, typed or chosen, as YYYY-MM-DD in every language. */
export function DayInput({ label, value, onChange, popover, ...rest }: Props) {
  return (
    <Calendar>
      <DateInput
        {...rest}
        aria-label={label}
        placeholder="YYYY-MM-DD"
        valueFormat="YYYY-MM-DD"
        value={value === '' ? null : value}
        onChange={(day) => onChange(day ?? '')}
        clearable
        {...(popover ? { popoverProps: popover } : {})}
      />
    </Calendar>
  )
}

function toLocal(instant: string): Date | null {
  const date = new Date(instant)
  return instant === '' || Number.isNaN(date.getTime()) ? null : date
}

/** An instant, chosen in the reader's own zone. */
export function InstantInput({ label, value, onChange, popover, ...rest }: Props) {
  return (
    <Calendar>
      <DateTimePicker
        {...rest}
        aria-label={label}
        placeholder="YYYY-MM-DD HH:mm"
        valueFormat="YYYY-MM-DD HH:mm"
        value={toLocal(value)}
        onChange={(text) => onChange(text === null ? '' : new Date(text.replace(' ', 'T')).toISOString())}
        clearable
        {...(popover ? { popoverProps: popover } : {})}
      />
    </Calendar>
  )
}
