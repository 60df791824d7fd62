/** Where the focus goes when what holds it goes away, as a button does that has done its work. */

const OUTCOMES = '[role=status], [role=alert]'
const PLACES = 'li, form, section, fieldset, main'

/**
 * Keeps the focus on the page: when an element that has it is taken away, the outcome beside it
 * gets it, and where none is shown the part that held both. Else a keyboard would start at the top.
 */
export function keepFocus(page: HTMLElement): void {
  let holder: HTMLElement | null = null
  let around: HTMLElement[] = []
  page.addEventListener('focusin', (event) => {
    holder = event.target as HTMLElement
    around = placesAround(holder)
  })
  // Whoever presses beside everything leaves it; on something that takes the focus, that follows.
  page.ownerDocument.addEventListener('pointerdown', () => { holder = null })
  new MutationObserver(() => {
    if (holder === null || holder.isConnected) return
    holder = null
    if (document.activeElement === document.body) giveFocus(around.filter((place) => place.isConnected))
  }).observe(page, { childList: true, subtree: true })
}

function placesAround(element: HTMLElement): HTMLElement[] {
  const places: HTMLElement[] = []
  for (let place = element.parentElement; place; place = place.parentElement) {
    if (place.matches(PLACES)) places.push(place)
  }
  return places
}

function giveFocus(places: HTMLElement[]): void {
  const outcome = places.map(shownOutcome).find((found) => found !== undefined)
  const next = outcome ?? places[0]
  next?.setAttribute('tabindex', '-1')
  next?.focus({ preventScroll: !outcome })
}

/** The last that says something: it stands above the buttons of its part. Of a page its own. */
function shownOutcome(place: HTMLElement): HTMLElement | undefined {
  return [...place.querySelectorAll<HTMLElement>(OUTCOMES)]
    .filter((each) => each.textContent?.trim() && (!place.matches('main') || !each.closest('section')))
    .at(-1)
}
