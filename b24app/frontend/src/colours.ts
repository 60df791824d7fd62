/** Whether the page is light or dark: decided before it is painted, by the script of the page's head. */
export type Choice = 'light' | 'dark' | 'system'

declare global {
  interface Window {
    /** What the visitor has chosen; `choose` paints the page, and has the browser keep it. */
    colours: { readonly choice: Choice; choose(choice: Choice): void }
  }
}

export const { colours } = window
