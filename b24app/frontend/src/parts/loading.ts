/** Something that is loaded: its value, or its error, and whether it is on its way. */
import { ref, type Ref } from 'vue'

/** `first`: a value that is there already; it is loaded when somebody asks for it anew. */
export function loading<T>(load: () => Promise<T>, first: T | null = null) {
  const value = ref(first) as Ref<T | null>
  const error = ref<unknown>(null)
  const busy = ref(false)
  async function reload(): Promise<void> {
    busy.value = true
    error.value = null
    try {
      value.value = await load()
    } catch (caught) {
      error.value = caught
    } finally {
      busy.value = false
    }
  }
  if (first === null) void reload()
  return { value, error, busy, reload }
}
