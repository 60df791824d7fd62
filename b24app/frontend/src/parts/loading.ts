/** Something that is loaded: its value, or its error, and whether it is on its way. */
import { ref, type Ref } from 'vue'

/** `first`: a value that is there already; it is loaded when somebody asks for it anew.
 *
 * The last question counts: what is answered to an earlier one says how things were. `put` takes a
 * value that came in another way, and is later than whatever is on its way.
 */
export function loading<T>(load: () => Promise<T>, first: T | null = null) {
  const value = ref(first) as Ref<T | null>
  const error = ref<unknown>(null)
  const busy = ref(false)
  let asked = 0
  async function reload(): Promise<void> {
    const number = ++asked
    busy.value = true
    error.value = null
    try {
      const answer = await load()
      if (number === asked) value.value = answer
    } catch (caught) {
      if (number === asked) error.value = caught
    } finally {
      if (number === asked) busy.value = false
    }
  }
  function put(newer: T): void {
    asked++
    busy.value = false
    value.value = newer
  }
  if (first === null) void reload()
  return { value, error, busy, reload, put }
}
