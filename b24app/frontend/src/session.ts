/** Who looks at this page: its token, renewed while the page stays open, and what it may do. */
import { reactive } from 'vue'
import { api, Failed } from './api'
import { config } from './config'
import { accessToken } from './frame'

export const session = reactive({ token: config.token, admin: config.admin })

const EARLY = 300 // seconds before its end that a token is renewed
const AGAIN = 60 // seconds until another try

/** Renews the token before its end, as long as the server lets this visit go on. */
export function keep(seconds: number): void {
  if (seconds > EARLY) setTimeout(() => void renew(), (seconds - EARLY) * 1000)
}

async function renew(): Promise<void> {
  try {
    const { token, admin, seconds } = await api.renew(await accessToken())
    Object.assign(session, { token, admin })
    keep(seconds)
  } catch (error) {
    if (!(error instanceof Failed && error.over)) setTimeout(() => void renew(), AGAIN * 1000)
  }
}
