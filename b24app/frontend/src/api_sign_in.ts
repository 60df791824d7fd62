/** Signing in at GitLab, in a window of its own: its pages show in no frame. */
import { call, Failed } from './api'
import { signInText } from './texts_sign_in'
import type { BegunSignIn as Begun, OwnAccount, SignIn } from './api_types'

export type {
  BegunSignIn as Begun,
  OwnAccount,
  SignIn,
} from './api_types'

export const accountsApi = {
  load: () => call<{ accounts: OwnAccount[] }>('GET', 'accounts').then(answer => answer.accounts),
  disconnect: (connection: string) =>
    call<{ revoked: boolean }>('POST', `accounts/${encodeURIComponent(connection)}/disconnect`, {}),
  storeApplication: (url: string, client_id: string, client_secret: string) =>
    call<{ url: string }>('POST', 'gitlab-applications', { url, client_id, client_secret }),
}

const START = '/b24/oauth/start'
const SIZE = 'popup,width=640,height=800'
const POLL_MS = 1500

/** Resolves when our page in the window has come; only its origin is listened to. */
function ready(popup: Window): Promise<void> {
  return new Promise((resolve) => {
    function hear(event: MessageEvent): void {
      const ours = event.origin === location.origin && event.source === popup
      if (!ours || event.data?.signIn !== 'ready') return
      removeEventListener('message', hear)
      resolve()
    }
    addEventListener('message', hear)
  })
}

const pause = () => new Promise(resolve => setTimeout(resolve, POLL_MS))

/** Signs in for a connection, or for oneself; called by a click, or the browser opens no window.
 *
 * `stopped` is asked from time to time whether the person gave up. Returns whether it is connected.
 */
export async function signIn(
  connection: string, personal: boolean, stopped: () => boolean,
): Promise<boolean> {
  const popup = window.open(START, '_blank', SIZE)
  if (!popup) throw new Failed(signInText.noWindow, signInText.allowWindows, '')
  const came = ready(popup)
  try {
    const begun = await call<Begun>('POST', 'sign-ins', { connection, personal })
    await came
    popup.postMessage({ ticket: begun.ticket }, location.origin)
    const until = Date.now() + begun.seconds * 1000
    while (Date.now() < until && !stopped()) {
      await pause()
      const now = await call<SignIn>('GET', `sign-ins/${begun.id}`)
      if (now.state === 'connected') return true
      if (now.state === 'refused') throw new Failed(now.problem, now.change, '')
      if (now.state === 'over') break
    }
    return false
  } finally {
    popup.close()
  }
}
