/** Two-way links of tasks and issues, and everything else that waits for a person. */
import { call } from './api'
import type { HaltedPair, Link, Trouble } from './api_types'

export type {
  Dispute,
  Failure,
  HaltedPair,
  Link,
  Trouble,
} from './api_types'

export type Side = 'tracker' | 'portal'

const path = (key: string, act: string) => `links/${encodeURIComponent(key)}/${act}`

export const linkApi = {
  trouble: () => call<Trouble>('GET', 'trouble'),
  ofTask: (task: number) => call<{ links: Link[] }>('GET', `task/${task}/links`),
  resume: (key: string) => call<Link>('POST', path(key, 'resume'), {}),
  resumePair: ({ connection, pair }: HaltedPair) =>
    call<{ retried: number }>('POST', 'pairs/resume', { connection, pair }),
  pause: (key: string) => call<Link>('POST', path(key, 'pause'), {}),
  unlink: (key: string) => call<Link>('POST', path(key, 'unlink'), {}),
  link: (task: number, issue: string) => call<{ links: Link[] }>('POST', `task/${task}/link`, { issue }),
  retry: (key: string) => call<Link>('POST', path(key, 'retry'), {}),
  decide: (key: string, field: string, winner: Side) =>
    call<Link>('POST', path(key, 'decide'), { field, winner }),
}
