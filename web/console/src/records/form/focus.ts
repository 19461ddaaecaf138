/** Moves to the first input that is marked as wrong, once it is on the screen. */
export function focusFirstProblem(): void {
  requestAnimationFrame(() => {
    const marked = document.querySelector<HTMLElement>('form [data-field] [aria-invalid="true"], form [data-field] [data-error]')
    if (marked) {
      marked.focus()
      return
    }
    document.querySelector('form [role="alert"]')?.scrollIntoView({ block: 'center' })
  })
}
