/** A change of the settings by a form: whether it is being saved, and what came of it. */
import { ref } from 'vue'
import type { SettingsCheck } from '../../api_settings'

/** `changed` reads the page anew: another document is in force, this one, or somebody else's.
 *
 * Until it has been read the form is busy: it would change a document that is over.
 */
export function patching(changed: () => Promise<void>) {
  const busy = ref(false)
  const error = ref<unknown>(null)
  const outcome = ref<SettingsCheck | null>(null)
  /** Returns whether it was done; else `error` or `outcome` says why not. A check changes nothing. */
  async function run(change: () => Promise<SettingsCheck>, saves = true): Promise<boolean> {
    busy.value = true
    error.value = outcome.value = null
    try {
      const answer = await change()
      const over = answer.outcome
      if ((over === 'ok' && saves) || over === 'overtaken') await changed()
      outcome.value = answer // only now: it offers to save anew, on the document that is in force
      return over === 'ok'
    } catch (caught) {
      error.value = caught
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, error, outcome, run }
}
