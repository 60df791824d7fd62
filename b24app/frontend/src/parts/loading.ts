/** Something that is loaded: its value, or its error, and whether it is on its way. */
import { ref, type Ref } from 'vue'

export function loading<T>(load: () => Promise<T>) {
  const value = ref(null) as Ref<T | null>
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
  void reload()
  return { value, error, busy, reload }
}
